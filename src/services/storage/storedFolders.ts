import { memoryFileStore, type FileStore } from '../../training/checkpoints/fileStore.ts';
import * as opfs from './opfs.ts';

/** Folders of files, and a bin. */
export interface StoredFolders {
  files(folder: string): FileStore;
  /** Names of the folders in one. */
  folders(root: string): Promise<string[]>;
  /** Moves a folder to the bin; false where there is none. */
  remove(folder: string): Promise<boolean>;
  /** Brings a folder back from the bin; false where the bin has none. */
  restore(folder: string): Promise<boolean>;
  /** Deletes a folder for good. */
  discard(folder: string): Promise<void>;
}

/** Folders in the origin private file system: they outlive the tab. */
export const opfsFolders: StoredFolders = {
  files(folder) {
    const path = (name: string) => `${folder}/${name}`;
    return {
      write: (name, content) => opfs.writeFileAtomic(path(name), content),
      read: (name) => opfs.readFile(path(name)),
      list: () => namesOf(folder, 'file'),
      remove: (name) => opfs.removeForever(path(name)),
      makeRoom: opfs.emptyBin,
    };
  },
  folders: (root) => namesOf(root, 'directory'),
  remove: opfs.remove,
  restore: opfs.restore,
  discard: opfs.removeForever,
};

async function namesOf(folder: string, wanted: opfs.StoredEntry['kind']): Promise<string[]> {
  const entries = await opfs.list(folder);
  return entries.filter(({ kind }) => kind === wanted).map(({ name }) => name);
}

/** Folders in memory, for contexts without a file system: gone with the tab. Also what tests use. */
export function memoryFolders(): StoredFolders {
  const kept = new Map<string, Map<string, Blob>>();
  const bin = new Map<string, Map<string, Blob>>();
  const move = (from: typeof kept, to: typeof kept, folder: string) => {
    const files = from.get(folder);
    if (!files) return false;
    to.set(folder, files);
    return from.delete(folder);
  };
  return {
    files(folder) {
      const store = () => memoryFileStore(kept.get(folder) ?? new Map<string, Blob>());
      return {
        write(name, content) {
          if (!kept.has(folder)) kept.set(folder, new Map());
          return store().write(name, content);
        },
        read: (name) => store().read(name),
        list: () => store().list(),
        remove: (name) => store().remove(name),
      };
    },
    folders: async (root) =>
      [...kept.keys()]
        .filter((path) => path.startsWith(`${root}/`))
        .map((path) => path.slice(root.length + 1)),
    remove: async (folder) => move(kept, bin, folder),
    restore: async (folder) => move(bin, kept, folder),
    discard: async (folder) => void kept.delete(folder),
  };
}
