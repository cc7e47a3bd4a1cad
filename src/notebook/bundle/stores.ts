import type { MinerStorage } from '../../services/miner/storage.ts';
import type { DocumentStorage } from '../autosave.ts';

/** Files in folders that outlive the tab: the OPFS in the page, a map in tests. */
export interface StoredFiles {
  /** What stands in a folder; empty where there is none. */
  list(
    folder: string,
  ): Promise<
    readonly { readonly name: string; readonly kind: 'file' | 'directory'; readonly byteLength: number }[]
  >;
  /** The file, its bytes still on disk; null where there is none. */
  read(path: string): Promise<Blob | null>;
  /** Writes a whole file: all of it or nothing. */
  write(path: string, content: AsyncIterable<Uint8Array>): Promise<unknown>;
  /** Deletes a file or folder for good. */
  remove(path: string): Promise<void>;
  freeBytes(): Promise<number | null>;
}

/** Everywhere that something a notebook has made may lie. */
export interface BundleStores {
  readonly values: DocumentStorage;
  readonly classifiers: MinerStorage;
  /** Null where this browser context has no file system. */
  readonly files: StoredFiles | null;
}
