import { memoryFileStore, type FileStore } from '../../training/checkpoints/fileStore.ts';
import { runsFolder } from '../storage/folders.ts';
import * as opfs from '../storage/opfs.ts';

/** Where runs live: a folder of files each, and a bin. */
export interface RunStorage {
  files(runId: string): FileStore;
  runIds(): Promise<string[]>;
  /** Moves a run to the bin; false where there is none. */
  remove(runId: string): Promise<boolean>;
  /** Brings a run back from the bin; false where the bin has none. */
  restore(runId: string): Promise<boolean>;
  /** Deletes for good a run that never began. */
  discard(runId: string): Promise<void>;
  /** Deletes what writes that a crash cut off left behind; called by the run's owner only. */
  sweep(runId: string): Promise<void>;
  /** Bytes still free; null where that is not known. */
  freeBytes(): Promise<number | null>;
}

/** Runs in the origin private file system: they outlive the tab. */
export function opfsRunStorage(): RunStorage {
  return {
    files: (runId) => {
      const path = (name: string) => `${runsFolder}/${runId}/${name}`;
      return {
        write: (name, content) => opfs.writeFileAtomic(path(name), content),
        read: (name) => opfs.readFile(path(name)),
        list: async () =>
          (await opfs.list(`${runsFolder}/${runId}`))
            .filter(({ kind }) => kind === 'file')
            .map(({ name }) => name),
        remove: (name) => opfs.removeForever(path(name)),
        makeRoom: opfs.emptyBin,
      };
    },
    runIds: async () =>
      (await opfs.list(runsFolder)).filter(({ kind }) => kind === 'directory').map(({ name }) => name),
    remove: (runId) => opfs.remove(`${runsFolder}/${runId}`),
    restore: (runId) => opfs.restore(`${runsFolder}/${runId}`),
    discard: (runId) => opfs.removeForever(`${runsFolder}/${runId}`),
    async sweep(runId) {
      // opfs.list leaves temporaries out on purpose, so they are looked for here; a checkpoint's may be gigabytes.
      const folder = await (
        await navigator.storage.getDirectory()
      )
        .getDirectoryHandle(runsFolder)
        .then((runs) => runs.getDirectoryHandle(runId))
        .catch(() => null);
      if (!folder) return;
      const left: string[] = [];
      for await (const name of folder.keys()) if (name.endsWith('.part~')) left.push(name);
      for (const name of left) await folder.removeEntry(name).catch(() => undefined);
    },
    async freeBytes() {
      const estimate = await opfs.estimate();
      return estimate && Math.max(0, estimate.quotaBytes - estimate.usedBytes);
    },
  };
}

/** Runs in memory, for contexts without a file system: they train and can be read, and are gone with the tab. */
export function memoryRunStorage(): RunStorage {
  const runs = new Map<string, Map<string, Blob>>();
  const bin = new Map<string, Map<string, Blob>>();
  const move = (from: typeof runs, to: typeof runs, runId: string) => {
    const run = from.get(runId);
    if (!run) return false;
    to.set(runId, run);
    return from.delete(runId);
  };
  return {
    files(runId) {
      const store = () => memoryFileStore(runs.get(runId) ?? new Map<string, Blob>());
      return {
        write(name, content) {
          if (!runs.has(runId)) runs.set(runId, new Map());
          return store().write(name, content);
        },
        read: (name) => store().read(name),
        list: () => store().list(),
        remove: (name) => store().remove(name),
      };
    },
    runIds: async () => [...runs.keys()],
    remove: async (runId) => move(runs, bin, runId),
    restore: async (runId) => move(bin, runs, runId),
    discard: async (runId) => void runs.delete(runId),
    sweep: async () => undefined,
    freeBytes: async () => null,
  };
}
