import { binFolder, deleteTree, directory, orNull, rename, splitPath } from './handles.ts';

// Folders cannot be renamed in the OPFS, so their files move one by one, and a crash may leave half on either side. A note that stands
// from before the first file moves until after the last tells such a half from what was binned before, and where it was going.

/** Notes of folders on their way into the bin or back: what finishes a move that a crash cut off. */
export const movesFolder = '.moves';

const destinations = ['bin', 'place'] as const;
export type Destination = (typeof destinations)[number];

interface Note {
  readonly path: string;
  readonly destination: Destination;
}

/**
 * Moves a file or folder between its place and the bin; false where there is none. What goes into the bin replaces what was binned under the
 * same path, unless that is the half of it which has moved already.
 */
export async function moveTree(path: string, destination: Destination): Promise<boolean> {
  const binned = `${binFolder}/${path}`;
  const [from, to] = destination === 'bin' ? [path, binned] : [binned, path];
  const [source, target] = [splitPath(from), splitPath(to)];
  const isUnfinished = (await notes()).some((note) => note.path === path);
  const folder = await orNull(() => directory(source.folders, false));
  const file = folder && (await orNull(() => folder.getFileHandle(source.name)));
  const tree = folder && !file && (await orNull(() => folder.getDirectoryHandle(source.name)));
  if ((file || tree) && destination === 'bin' && !isUnfinished) await deleteTree(binned);
  if (file) await rename(file, await directory(target.folders, true), target.name);
  else if (folder && tree) {
    await writeNote(path, destination);
    await moveFiles(tree, [...target.folders, target.name]);
    await folder.removeEntry(source.name, { recursive: true });
  }
  if (tree || isUnfinished) await deleteNotes(path);
  return Boolean(file || tree);
}

async function moveFiles(folder: FileSystemDirectoryHandle, target: readonly string[]): Promise<void> {
  const into = await directory(target, true);
  const handles: (FileSystemFileHandle | FileSystemDirectoryHandle)[] = [];
  for await (const handle of folder.values())
    handles.push(handle as FileSystemFileHandle | FileSystemDirectoryHandle);
  for (const handle of handles) {
    if (handle.kind === 'file') await rename(handle, into, handle.name);
    else await moveFiles(handle, [...target, handle.name]);
  }
}

const nameOf = (path: string, destination: Destination) => `${destination}-${encodeURIComponent(path)}`;

/** A note is a file without content: it is there or not. */
async function writeNote(path: string, destination: Destination): Promise<void> {
  const folder = await directory([movesFolder], true);
  await folder.getFileHandle(nameOf(path, destination), { create: true });
  await deleteNote(path, destination === 'bin' ? 'place' : 'bin');
}

const deleteNote = (path: string, destination: Destination) =>
  deleteTree(`${movesFolder}/${nameOf(path, destination)}`);

async function deleteNotes(path: string): Promise<void> {
  for (const destination of destinations) await deleteNote(path, destination);
}

/** Folders whose move was cut off, and where they were going. */
async function notes(): Promise<Note[]> {
  const folder = await orNull(() => directory([movesFolder], false));
  const found: Note[] = [];
  if (folder)
    for await (const name of folder.keys())
      for (const destination of destinations)
        if (name.startsWith(`${destination}-`))
          found.push({ path: decodeURIComponent(name.slice(destination.length + 1)), destination });
  return found;
}

export async function finishMoves(): Promise<void> {
  for (const { path, destination } of await notes()) await moveTree(path, destination);
}

/** One move at a time, in all tabs and workers. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  return typeof navigator.locks?.request === 'function'
    ? navigator.locks.request('verbena/moves', work)
    : work();
}

let settled: Promise<void> | null = null;

/** Before anything is read or written here for the first time, what a crash cut off is finished: nobody finds half a folder. */
export function settle(): Promise<void> {
  return (settled ??= (async () => {
    if ((await notes()).length > 0) await inTurn(finishMoves);
    // A file in use stays where it is: `remove` and `restore` know of the note as well.
  })().catch(() => undefined));
}
