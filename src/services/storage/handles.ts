import { VerbenaError } from '../../base/errors.ts';

// Paths, folders and files of the OPFS as its handles have them, for the files beside this one.

export type StorageErrorCode = 'opfs-unavailable' | 'quota-exceeded' | 'storage-locked' | 'storage-failed';

export class StorageError extends VerbenaError<StorageErrorCode> {}

export const binFolder = '.bin';
// `move` is shipped by browsers for files of the OPFS but is not in TypeScript's library yet.
type MovableFile = FileSystemFileHandle & {
  move?: (parent: FileSystemDirectoryHandle, name: string) => Promise<void>;
};

export async function directory(
  folders: readonly string[],
  create: boolean,
): Promise<FileSystemDirectoryHandle> {
  let handle = await navigator.storage.getDirectory();
  for (const folder of folders) handle = await handle.getDirectoryHandle(folder, { create });
  return handle;
}

export function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

export function splitPath(path: string): { folders: string[]; name: string } {
  const folders = parts(path);
  const name = folders.pop();
  if (name === undefined || folders.includes('..') || name === '..')
    throw new StorageError(
      'storage-failed',
      `'${path}' is not a path in storage.`,
      'Report this with the details.',
      {
        path,
      },
    );
  return { folders, name };
}

export async function orNull<T>(read: () => Promise<T>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (
      error instanceof DOMException &&
      (error.name === 'NotFoundError' || error.name === 'TypeMismatchError')
    )
      return null;
    throw error;
  }
}

export async function deleteTree(path: string): Promise<void> {
  const { folders, name } = splitPath(path);
  await orNull(async () => (await directory(folders, false)).removeEntry(name, { recursive: true }));
}

export async function rename(
  file: MovableFile,
  folder: FileSystemDirectoryHandle,
  name: string,
): Promise<void> {
  if (file.move) return file.move(folder, name);
  // Without `move`, a writable stream is the browser's own atomic swap: it replaces the target when it closes.
  const target = await folder.getFileHandle(name, { create: true });
  await (await file.getFile()).stream().pipeTo(await target.createWritable());
  await (file as { remove?: () => Promise<void> }).remove?.();
}
