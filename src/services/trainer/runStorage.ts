import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { runsFolder } from '../storage/folders.ts';
import * as opfs from '../storage/opfs.ts';
import { memoryFolders, opfsFolders, type StoredFolders } from '../storage/storedFolders.ts';

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

const folderOf = (runId: string) => `${runsFolder}/${runId}`;

/** Runs in the origin private file system: they outlive the tab. */
export function opfsRunStorage(): RunStorage {
  return {
    ...runsIn(opfsFolders),
    sweep: (runId) => opfs.sweep(folderOf(runId)),
    async freeBytes() {
      const estimate = await opfs.estimate();
      return estimate && Math.max(0, estimate.quotaBytes - estimate.usedBytes);
    },
  };
}

/** Runs in memory, for contexts without a file system: they train and can be read, and are gone with the tab. */
export function memoryRunStorage(): RunStorage {
  return { ...runsIn(memoryFolders()), sweep: async () => undefined, freeBytes: async () => null };
}

function runsIn(stored: StoredFolders): Omit<RunStorage, 'sweep' | 'freeBytes'> {
  return {
    files: (runId) => stored.files(folderOf(runId)),
    runIds: () => stored.folders(runsFolder),
    remove: (runId) => stored.remove(folderOf(runId)),
    restore: (runId) => stored.restore(folderOf(runId)),
    discard: (runId) => stored.discard(folderOf(runId)),
  };
}
