import { ContentHash } from '../../core/corpus/contentHash.ts';
import {
  appendIndex,
  encodeIndex,
  indexStart,
  markIndex,
  type IndexMark,
} from '../../core/corpus/indexCodec.ts';
import { IndexBuilder } from '../../core/corpus/indexBuilder.ts';
import type { FilePosition, IndexedFile } from '../../core/corpus/indexFile.ts';
import type { Mapping } from '../../core/corpus/mapping.ts';
import { isOpfsAvailable, list, readBytes, removeForever, writeFileAtomic } from '../storage/opfs.ts';

const root = 'corpus/resume';
/** Journals of passes that nobody came back to. */
const forgottenMs = 7 * 24 * 3600 * 1000;

/** How long a journal held elsewhere is waited for before the pass runs without one. */
const lockWaitMs = 3000;

/** Where a pass over several files stands. */
export interface PassPosition {
  readonly finished: readonly IndexedFile[];
  /** Inside file number `finished.length`; null at its begin. */
  readonly position: FilePosition | null;
}

/** What an earlier pass saved: the rows up to `at`. */
export interface SavedPass {
  readonly builder: IndexBuilder;
  readonly at: PassPosition;
}

/**
 * The saved state of an index pass: a folder of parts, each what was added since the part before, so that saving costs
 * what was read and not what was read so far. Storage failures never fail the pass; they only end the saving.
 */
export class Journal {
  readonly #folder: string;
  #mark: IndexMark = indexStart;
  #parts = 0;
  #broken = false;
  #release: (() => void) | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the journal of these files and settings; null without OPFS, or while another tab is indexing the same. */
  static async open(files: readonly File[], mappings: readonly Mapping[]): Promise<Journal | null> {
    if (!isOpfsAvailable()) return null;
    const hash = new ContentHash();
    for (const [i, file] of files.entries())
      hash.updateText(JSON.stringify([file.name, file.size, file.lastModified, mappings[i]]));
    const journal = new Journal(`${root}/${hash.digest()}`);
    return (await journal.#lock()) ? journal : null;
  }

  /** Reads what an earlier pass saved into a new builder; null where there is nothing usable. */
  async restore(): Promise<SavedPass | null> {
    const builder = new IndexBuilder();
    let at: PassPosition | null = null;
    try {
      for (;;) {
        const bytes = await readBytes(`${this.#folder}/${this.#parts}`);
        const read = bytes && appendIndex(builder, bytes);
        if (!read) break;
        at = read.extra as PassPosition;
        this.#parts++;
      }
    } catch {
      return null;
    }
    this.#mark = markIndex(builder);
    return at && { builder, at };
  }

  async save(builder: IndexBuilder, at: PassPosition): Promise<void> {
    if (this.#broken) return;
    try {
      await writeFileAtomic(`${this.#folder}/${this.#parts}`, encodeIndex(builder, this.#mark, at));
      this.#parts++;
      this.#mark = markIndex(builder);
    } catch {
      this.#broken = true;
    }
  }

  /** Forgets what an earlier pass saved. */
  async clear(): Promise<void> {
    this.#mark = indexStart;
    this.#parts = 0;
    await removeForever(this.#folder).catch(() => undefined);
  }

  close(): void {
    this.#release?.();
    this.#release = null;
  }

  // Two tabs that index the same file must not write into one another's journal. After a reload the old worker may take a
  // moment to let go.
  async #lock(): Promise<boolean> {
    if (typeof navigator.locks?.request !== 'function') return true;
    return new Promise((resolve) => {
      navigator.locks
        .request(`verbena/${this.#folder}`, { signal: AbortSignal.timeout(lockWaitMs) }, () => {
          resolve(true);
          return new Promise<void>((release) => (this.#release = release));
        })
        .catch(() => resolve(false));
    });
  }
}

/** Deletes journals that nobody came back to for a week. */
export async function forgetOldJournals(now = Date.now()): Promise<void> {
  if (!isOpfsAvailable()) return;
  for (const folder of await list(root)) {
    const parts = await list(folder.path);
    if (parts.every((part) => now - part.lastModified > forgottenMs)) await removeForever(folder.path);
  }
}
