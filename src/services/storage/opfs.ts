import {
  binFolder,
  deleteTree,
  directory,
  orNull,
  parts,
  rename,
  splitPath,
  StorageError,
} from './handles.ts';
import { finishMoves, inTurn, movesFolder, moveTree, settle } from './moves.ts';

export { binFolder, StorageError } from './handles.ts';
export type { StorageErrorCode } from './handles.ts';

// The origin private file system behind one small surface. Paths are relative (`runs/abc/state.json`), folders are made
// as they are needed, and every failure of the browser's is turned into a typed error with a remedy.

export interface StoredEntry {
  readonly name: string;
  /** Relative to the root, usable with every function here. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** 0 for a folder. */
  readonly byteLength: number;
  /** Milliseconds since 1970; 0 for a folder. */
  readonly lastModified: number;
}

export type FileContent =
  | string
  | Uint8Array
  | Blob
  | Iterable<Uint8Array>
  | AsyncIterable<Uint8Array>
  | ReadableStream<Uint8Array>;

const hiddenFolders: ReadonlySet<string> = new Set([binFolder, movesFolder]);
const temporarySuffix = '.part~';
/** Larger writes overrun Chrome's pipe: out of room, they may then report the broken pipe instead of the quota. */
const pipeBytes = 64 << 10;

/** Whether this context has an origin private file system at all. */
export function isOpfsAvailable(): boolean {
  return typeof navigator !== 'undefined' && typeof navigator.storage?.getDirectory === 'function';
}

/** Bytes used by and granted to this origin; null where the browser does not say. */
export async function estimate(): Promise<{ usedBytes: number; quotaBytes: number } | null> {
  if (typeof navigator === 'undefined' || typeof navigator.storage?.estimate !== 'function') return null;
  const { usage, quota } = await navigator.storage.estimate();
  return usage === undefined || quota === undefined ? null : { usedBytes: usage, quotaBytes: quota };
}

/** Asks the browser not to evict this origin's files when the disk runs full; true when granted. */
export async function persist(): Promise<boolean> {
  if (typeof navigator === 'undefined' || typeof navigator.storage?.persist !== 'function') return false;
  return navigator.storage.persist();
}

/**
 * Writes a whole file so that a crash leaves either the old content or the new: a temporary file, flush, then rename.
 * Returns the bytes written. Throws `quota-exceeded` (the old file stays), `storage-locked`, `opfs-unavailable`.
 */
export async function writeFileAtomic(path: string, content: FileContent): Promise<number> {
  const { folders, name } = splitPath(path);
  return guarded(path, async () => {
    const folder = await directory(folders, true);
    const temporary = `${name}.${crypto.randomUUID().slice(0, 8)}${temporarySuffix}`;
    try {
      const written = await writeWhole(folder, temporary, content);
      await rename(await folder.getFileHandle(temporary), folder, name);
      return written;
    } catch (error) {
      await folder.removeEntry(temporary).catch(() => undefined);
      throw error;
    }
  });
}

/** The stored file, its bytes still on disk; null where there is none. */
export async function readFile(path: string): Promise<File | null> {
  const { folders, name } = splitPath(path);
  return guarded(path, () =>
    orNull(async () => (await (await directory(folders, false)).getFileHandle(name)).getFile()),
  );
}

/** The file's text; null where there is none. */
export async function readText(path: string): Promise<string | null> {
  const file = await readFile(path);
  return file && (await file.text());
}

/** The file's bytes; null where there is none. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer> | null> {
  const file = await readFile(path);
  return file && new Uint8Array(await file.arrayBuffer());
}

/**
 * A handle for reading and writing in place; workers only, exclusive until `close()`. The file is made where absent.
 * Throws `storage-locked` while another handle is open. Wrap writes in `guardedWrite` for a typed quota error.
 */
export async function openSyncAccess(path: string): Promise<FileSystemSyncAccessHandle> {
  const { folders, name } = splitPath(path);
  return guarded(path, async () => {
    const handle = await (await directory(folders, true)).getFileHandle(name, { create: true });
    if (typeof handle.createSyncAccessHandle !== 'function')
      throw unavailable('Synchronous file access exists in workers only.');
    return handle.createSyncAccessHandle();
  });
}

/** Writes all of `bytes` at `at`; a short write or the browser's quota error becomes `quota-exceeded`. */
export function guardedWrite(handle: FileSystemSyncAccessHandle, bytes: Uint8Array, at: number): void {
  try {
    let done = 0;
    while (done < bytes.byteLength) {
      const written = handle.write(bytes.subarray(done) as Uint8Array<ArrayBuffer>, { at: at + done });
      if (written <= 0) throw new DOMException('Short write.', 'QuotaExceededError');
      done += written;
    }
  } catch (error) {
    throw translated(error, 'a file being written');
  }
}

/** What stands in a folder, by name; empty where the folder is missing. Half-written temporaries, the bin and notes of moves are left out. */
export async function list(path: string): Promise<StoredEntry[]> {
  const folders = parts(path);
  return guarded(path, async () => {
    const folder = await orNull(() => directory(folders, false));
    if (!folder) return [];
    const entries: StoredEntry[] = [];
    for await (const [name, handle] of folder.entries()) {
      if (name.endsWith(temporarySuffix) || (folders.length === 0 && hiddenFolders.has(name))) continue;
      const file = handle.kind === 'file' ? await (handle as FileSystemFileHandle).getFile() : null;
      entries.push({
        name,
        path: [...folders, name].join('/'),
        kind: handle.kind,
        byteLength: file?.size ?? 0,
        lastModified: file?.lastModified ?? 0,
      });
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}

/** Bytes of everything in a folder (the root for `''`, the bin for `binFolder`); half-written temporaries count too. */
export async function folderBytes(path: string): Promise<number> {
  const folders = parts(path);
  return guarded(path, async () => {
    const folder = await orNull(() => directory(folders, false));
    return folder ? treeBytes(folder) : 0;
  });
}

async function treeBytes(folder: FileSystemDirectoryHandle): Promise<number> {
  let sum = 0;
  for await (const handle of folder.values()) {
    if (handle.kind === 'directory') sum += await treeBytes(handle as FileSystemDirectoryHandle);
    else
      // A temporary may be renamed between being listed and being measured.
      sum += (await orNull(() => (handle as FileSystemFileHandle).getFile()))?.size ?? 0;
  }
  return sum;
}

/**
 * Moves a file or a whole folder to the bin, replacing what was binned under the same path; `restore` brings it back. False, and the bin
 * as it was, where there is none.
 */
export async function remove(path: string): Promise<boolean> {
  return guarded(path, () => inTurn(() => moveTree(path, 'bin')));
}

/** Brings a removed file or folder back to where it was; false where the bin has none. */
export async function restore(path: string): Promise<boolean> {
  return guarded(path, () => inTurn(() => moveTree(path, 'place')));
}

/** Deletes a file or folder for good: for scratch files and the bin, never for what a user made. */
export async function removeForever(path: string): Promise<void> {
  await guarded(path, () => deleteTree(path));
}

/** Deletes what writes that a crash cut off left in a folder, a checkpoint's gigabytes perhaps; for the folder's owner only. */
export async function sweep(path: string): Promise<void> {
  await guarded(path, async () => {
    const folder = await orNull(() => directory(parts(path), false));
    if (!folder) return;
    const left: string[] = [];
    for await (const name of folder.keys()) if (name.endsWith(temporarySuffix)) left.push(name);
    for (const name of left) await folder.removeEntry(name).catch(() => undefined);
  });
}

/** Deletes everything that was removed; called by the user's hand, or when there is no room left. */
export async function emptyBin(): Promise<void> {
  await guarded(binFolder, () =>
    inTurn(async () => {
      // Half of a folder in the bin is the other half of one that is not.
      await finishMoves();
      await deleteTree(binFolder);
    }),
  );
}

async function writeWhole(
  folder: FileSystemDirectoryHandle,
  name: string,
  content: FileContent,
): Promise<number> {
  const file = await folder.getFileHandle(name, { create: true });
  let written = 0;
  if (typeof file.createSyncAccessHandle === 'function') {
    const handle = await file.createSyncAccessHandle();
    try {
      for await (const chunk of chunksOf(content)) {
        guardedWrite(handle, chunk, written);
        written += chunk.byteLength;
      }
      handle.flush();
    } finally {
      handle.close();
    }
    return written;
  }
  const stream = await file.createWritable();
  try {
    for await (const chunk of chunksOf(content))
      for (let at = 0; at < chunk.byteLength; at += pipeBytes) {
        const piece = chunk.subarray(at, at + pipeBytes) as Uint8Array<ArrayBuffer>;
        await stream.write(piece);
        written += piece.byteLength;
      }
    await stream.close();
  } catch (error) {
    await stream.abort().catch(() => undefined);
    throw error;
  }
  return written;
}

async function* chunksOf(content: FileContent): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield new TextEncoder().encode(content);
  else if (content instanceof Uint8Array) yield content;
  else if (content instanceof Blob) {
    const block = 4 << 20;
    for (let at = 0; at < content.size; at += block)
      yield new Uint8Array(await content.slice(at, at + block).arrayBuffer());
  } else yield* content as AsyncIterable<Uint8Array>;
}

async function guarded<T>(path: string, work: () => Promise<T>): Promise<T> {
  if (!isOpfsAvailable()) throw unavailable('This browser context has no origin private file system.');
  try {
    await settle();
    return await work();
  } catch (error) {
    throw translated(error, path);
  }
}

function unavailable(message: string): StorageError {
  return new StorageError(
    'opfs-unavailable',
    message,
    'Use a current Chrome outside private browsing; without storage nothing survives a reload.',
  );
}

/** Turns the browser's storage failures into typed ones; anything else passes through unchanged. */
export function translated(error: unknown, path: string): unknown {
  if (!(error instanceof DOMException)) return error;
  const details = { path, browser: error.message };
  if (error.name === 'QuotaExceededError')
    return new StorageError(
      'quota-exceeded',
      `There is no room left to store ${path}.`,
      'Free disk space, or remove old runs and kept data, then try again. What was stored before is unchanged.',
      details,
      error,
    );
  if (error.name === 'NoModificationAllowedError' || error.name === 'InvalidStateError')
    return new StorageError(
      'storage-locked',
      `${path} is in use.`,
      'Close other tabs with this notebook, then try again.',
      details,
      error,
    );
  if (error.name === 'SecurityError') return unavailable('The browser refuses storage to this page.');
  return new StorageError(
    'storage-failed',
    `${path} could not be stored or read: ${error.message}`,
    'Reload the page and try again.',
    details,
    error,
  );
}
