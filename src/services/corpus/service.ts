import { throwIfAborted, type Progress } from '../../base/progress.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import type { GivenFormat } from '../../core/corpus/sniff.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';
import { transfer } from '../rpc.ts';
import { isOpfsAvailable, list, remove, removeForever, restore } from '../storage/opfs.ts';
import { badRowsCsv } from './badRowsCsv.ts';
import type {
  BadRow,
  CorpusRow,
  CorpusService,
  CorpusSummary,
  DuplicateGroup,
  Inspection,
  KeptCopy,
  Mapping,
  OpenOptions,
  SniffedFile,
} from './contract.ts';
import { indexPass } from './indexPass.ts';
import { inspectFiles, sniffSource } from './inspect.ts';
import { forgetOldJournals } from './journal.ts';
import { keepCorpus, keptFolder, listKept, restoreCorpus } from './kept.ts';
import type { OpenCorpus } from './openCorpus.ts';

const scratchRoot = 'corpus/scratch';

/** The corpus service: one open corpus, replaced whole when another was indexed. Runs in workers/corpus.ts. */
export class Corpus implements CorpusService {
  #open: OpenCorpus | null = null;
  #scratchFolders: string[] = [];
  #housekeeping: Promise<void> | null = null;
  #mergeRequests = 0;

  async sniff(file: File, given?: GivenFormat, member?: string): Promise<SniffedFile> {
    return sniffSource(file, member, given);
  }

  async inspect(
    files: readonly File[],
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<Inspection> {
    return inspectFiles(files, onProgress, signal);
  }

  async open(
    files: readonly File[],
    mappings: readonly Mapping[],
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
    options: OpenOptions = {},
  ): Promise<CorpusSummary> {
    await (this.#housekeeping ??= this.#keepHouse());
    const scratchFolder = await this.#newScratchFolder();
    const opened = await indexPass({
      files,
      mappings,
      scratchFolder,
      onProgress,
      signal,
      topicDepth: options.topicDepth ?? 0,
    });
    this.#replace(opened);
    await this.#dropScratch(scratchFolder);
    return opened.summary();
  }

  async keep(onProgress: (p: Progress) => void, signal: AbortSignal): Promise<CorpusSummary> {
    const corpus = this.#corpus();
    const kept = await keepCorpus(corpus, onProgress, signal);
    // Another corpus may have been opened, or this one merged, while the copy was made.
    if (this.#open?.index !== corpus.index) return kept.summary();
    this.#open = kept.with({ view: this.#open.view });
    return this.#open.summary();
  }

  async restore(dataHash: string): Promise<CorpusSummary | null> {
    if (!isOpfsAvailable()) return null;
    const restored = await restoreCorpus(dataHash);
    if (!restored) return null;
    this.#replace(restored);
    return restored.summary();
  }

  async kept(): Promise<KeptCopy[]> {
    if (!isOpfsAvailable()) return [];
    return listKept((baseHash) => this.#readsFrom(baseHash));
  }

  async removeKept(baseHash: string): Promise<boolean> {
    if (this.#readsFrom(baseHash))
      throw new CorpusError(
        'copy-in-use',
        'This copy is what the open data is read from.',
        'Open other data first, then remove it.',
      );
    return remove(keptFolder(baseHash));
  }

  restoreKept(baseHash: string): Promise<boolean> {
    return restore(keptFolder(baseHash));
  }

  #readsFrom(baseHash: string): boolean {
    return this.#open !== null && this.#open.storedInOpfs && this.#open.baseHash === baseHash;
  }

  async labelTable(): Promise<LabelTable> {
    const { index, view } = this.#corpus();
    const table = index.labelTable(view);
    return transfer(table, [table.rowOffsets.buffer, table.labelIds.buffer] as Transferable[]);
  }

  async texts(rows: Uint32Array): Promise<string[]> {
    const corpus = this.#corpus();
    return corpus.texts(this.#sourceRows(corpus, rows));
  }

  async rows(rows: Uint32Array): Promise<CorpusRow[]> {
    const corpus = this.#corpus();
    const { builder } = corpus.index;
    const { rowOffsets, labelIds } = corpus.view;
    const sources = this.#sourceRows(corpus, rows);
    const texts = await corpus.texts(sources);
    return Array.from(rows, (row, i) => {
      const source = sources[i] as number;
      const ids = labelIds.subarray(rowOffsets[row] as number, rowOffsets[row + 1] as number);
      return {
        row,
        file: corpus.files[builder.fileIds.at(source)]?.name ?? '',
        line: builder.lines.at(source),
        text: texts[i] ?? '',
        labels: Array.from(ids, (id) => builder.labels[id] ?? ''),
      };
    });
  }

  async badRows(offset: number, limit: number): Promise<BadRow[]> {
    return this.#corpus().badRows(Math.max(0, offset), offset + limit);
  }

  async badRowsCsv(): Promise<Blob> {
    return badRowsCsv(this.#corpus());
  }

  async duplicates(
    limit: number,
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<DuplicateGroup[]> {
    const corpus = this.#corpus();
    const groups = await corpus.index.duplicateGroups(limit, { onProgress, signal });
    const texts = await corpus.texts(groups.map((rows) => rows[0] ?? 0));
    return groups.map((rows, i) => ({ rows, text: texts[i] ?? '' }));
  }

  async textGroups(rows: Uint32Array): Promise<Uint32Array> {
    const corpus = this.#corpus();
    const { firstRows } = corpus.index;
    return this.#sourceRows(corpus, rows).map((row) => firstRows[row] as number);
  }

  async articleGroups(rows: Uint32Array): Promise<Uint32Array> {
    const corpus = this.#corpus();
    return corpus.index.articleGroups(this.#sourceRows(corpus, rows));
  }

  async setMerged(
    merged: boolean,
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<CorpusSummary> {
    const { index } = this.#corpus();
    const request = ++this.#mergeRequests;
    const view = await index.view(merged, { onProgress, signal });
    // Merging takes longer than taking it back: what was asked last counts, not what is done last.
    if (request !== this.#mergeRequests) throwIfAborted(AbortSignal.abort());
    // Another corpus may have been opened meanwhile: then this answer is of one that is gone.
    const corpus = this.#corpus();
    if (corpus.index !== index)
      throw new CorpusError(
        'corpus-replaced',
        'Other data was opened while duplicates were merged.',
        'Merge again if you want it for the data that is open now.',
      );
    this.#open = corpus.with({ view });
    return this.#open.summary();
  }

  #corpus(): OpenCorpus {
    if (this.#open) return this.#open;
    throw new CorpusError('no-corpus', 'No corpus is open.', 'Open a file first.');
  }

  #sourceRows(corpus: OpenCorpus, rows: Uint32Array): Uint32Array {
    const { rowCount, sourceRows } = corpus.view;
    for (const row of rows)
      if (row >= rowCount)
        throw new RangeError(
          `Row ${row} does not exist: the corpus has ${rowCount}; it may have been replaced.`,
        );
    return sourceRows ? rows.map((row) => sourceRows[row] as number) : rows;
  }

  #replace(corpus: OpenCorpus): void {
    this.#open = corpus;
  }

  /** A folder for decompressed text, under a lock that this worker holds while it lives: others can tell it from litter. */
  async #newScratchFolder(): Promise<string> {
    const folder = `${scratchRoot}/${crypto.randomUUID()}`;
    // Node, where tests run the service itself, has no locks and no tabs.
    if (typeof navigator === 'object' && typeof navigator.locks?.request === 'function')
      await new Promise<void>((held) => {
        void navigator.locks.request(`verbena/${folder}`, () => {
          held();
          return new Promise(() => undefined);
        });
      });
    this.#scratchFolders.push(folder);
    return folder;
  }

  /** Deletes the scratch of corpora opened earlier; the one just opened still reads from its own. */
  async #dropScratch(current: string): Promise<void> {
    const old = this.#scratchFolders.filter((folder) => folder !== current);
    this.#scratchFolders = [current];
    if (isOpfsAvailable()) for (const folder of old) await removeForever(folder).catch(() => undefined);
  }

  /** Once a worker: takes away what crashed or closed tabs left behind. Failure costs disk space only. */
  async #keepHouse(): Promise<void> {
    if (!isOpfsAvailable() || typeof navigator.locks?.query !== 'function') return;
    try {
      await forgetOldJournals();
      const { held = [] } = await navigator.locks.query();
      const alive = new Set(held.map((lock) => lock.name));
      for (const folder of await list(scratchRoot))
        if (!alive.has(`verbena/${folder.path}`)) await removeForever(folder.path);
    } catch {
      // Another tab may be tidying up at the same time.
    }
  }
}
