import type { Progress } from '../../base/progress.ts';
import type { BadRow, CorpusFormat, Mapping, SchemaName, SniffedFile } from '../../core/corpus/mapping.ts';
import type { TopicReport } from '../../core/corpus/topicTree.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';

// What the page may ask of the corpus worker. Signals and callbacks are top-level arguments, so that rpc.ts carries them.

export type { BadRow, CorpusFormat, Mapping, SchemaName, SniffedFile };

export interface CorpusSummary {
  /** Content hash over all files and their mappings (hex): the provenance id of the data. */
  readonly dataHash: string;
  readonly files: readonly {
    readonly name: string;
    readonly byteLength: number;
    readonly rows: number;
    readonly mapping: Mapping;
  }[];
  /** Of all files; `files` sums up those beyond two hundred in its last entry. */
  readonly fileCount?: number;
  readonly rowCount: number;
  readonly labelCount: number;
  readonly badRowCount: number;
  readonly badRowsByCode: Readonly<Record<string, number>>;
  /** Rows whose normalised text stood before. */
  readonly duplicateRows: number;
  /** Articles that the rows are from, before duplicates are merged; missing where nothing tells them apart. */
  readonly articles?: number;
  /** Entries of label lists that were null, NaN or blank: left out, their rows kept. */
  readonly droppedLabelEntries?: number;
  /** What the reader found worth saying, e.g. that a file carries no labels. */
  readonly notes?: readonly string[];
  /** Records passed over on purpose (redirects, other namespaces), by reason. */
  readonly skipped?: Readonly<Record<string, number>>;
  /** What the topics above the labels added; missing where none were asked for. */
  readonly topics?: TopicReport | undefined;
  /** True once duplicates are merged: labels are joined onto the first occurrence. */
  readonly merged: boolean;
  /** Characters: minimum, median, 95th percentile, maximum. */
  readonly textLength: {
    readonly min: number;
    readonly median: number;
    readonly p95: number;
    readonly max: number;
  };
  readonly elapsedMs: number;
  readonly storedInOpfs: boolean;
}

export interface CorpusRow {
  readonly row: number;
  readonly file: string;
  readonly line: number;
  readonly text: string;
  readonly labels: readonly string[];
}

export interface DuplicateGroup {
  readonly rows: readonly number[];
  readonly text: string;
}

/** A corpus copied into the browser's storage. */
export interface KeptCopy {
  /** Of the unmerged rows: what `removeKept` and `restoreKept` take. */
  readonly baseHash: string;
  readonly fileNames: readonly string[];
  /** On disk: texts and index. */
  readonly byteLength: number;
  /** Milliseconds since 1970. */
  readonly keptAt: number;
  /** The corpus open in this tab reads from it. */
  readonly isOpen: boolean;
}

/** A file that is left out, and why. */
export interface SkippedFile {
  readonly name: string;
  /** An error code, or `other-kind` where its name promises no data. */
  readonly code: string;
  readonly reason: string;
}

/** What was found in files, folders and archives that were dropped together. */
export interface Inspection {
  /** `fileIndex`: which of the files; a zip archive comes once for each member (`mapping.member`). */
  readonly entries: readonly { readonly fileIndex: number; readonly sniffed: SniffedFile }[];
  /** The first thousand. */
  readonly skipped: readonly SkippedFile[];
  readonly skippedCount: number;
}

export interface OpenOptions {
  /** How many levels of topics above a label become labels too; 0 for none. */
  readonly topicDepth?: number;
}

/** One corpus is open at a time; opening another replaces it only after its index pass succeeded. */
export interface CorpusService {
  /** `given`: what the mapping panel fixed; columns and preview follow it. */
  sniff(
    file: File,
    given?: Partial<Pick<Mapping, 'format' | 'delimiter' | 'hasHeader' | 'rowUnit'>>,
    member?: string,
  ): Promise<SniffedFile>;
  /** Looks into everything that was dropped: folders, archives, many files. Throws `aborted`, or the error of a file alone. */
  inspect(
    files: readonly File[],
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<Inspection>;
  /**
   * Index pass over all files; `files` and `mappings` go in pairs, an archive once for each member. An abort keeps the corpus that was open before. A pass cut off by a reload resumes from
   * its last saved position when the same files (name, size, modification time) are opened again.
   */
  open(
    files: readonly File[],
    mappings: readonly Mapping[],
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
    options?: OpenOptions,
  ): Promise<CorpusSummary>;
  /** Copies the files into OPFS so that a reload finds them. Typed error `quota-exceeded` where there is no room. */
  keep(onProgress: (p: Progress) => void, signal: AbortSignal): Promise<CorpusSummary>;
  /** Opens the kept copy with this hash; null where there is none. */
  restore(dataHash: string): Promise<CorpusSummary | null>;
  /** All kept copies, the newest first. */
  kept(): Promise<KeptCopy[]>;
  /** Moves a kept copy to the bin; false where there is none. Throws `copy-in-use` for the one that is open. */
  removeKept(baseHash: string): Promise<boolean>;
  /** Brings a removed copy back from the bin; false where the bin was emptied. */
  restoreKept(baseHash: string): Promise<boolean>;
  labelTable(): Promise<LabelTable>;
  /** Decoded lazily, in the order asked. */
  texts(rows: Uint32Array): Promise<string[]>;
  rows(rows: Uint32Array): Promise<CorpusRow[]>;
  badRows(offset: number, limit: number): Promise<BadRow[]>;
  /** All bad rows as CSV. */
  badRowsCsv(): Promise<Blob>;
  /** The texts that stand in most rows. Throws `aborted`. */
  duplicates(
    limit: number,
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<DuplicateGroup[]>;
  /** A group id for each of the rows, equal where their normalised texts are: what keeps copies in one part of a split. */
  textGroups(rows: Uint32Array): Promise<Uint32Array>;
  /**
   * A group id for each of the rows, equal where they are no independent evidence: rows of one article (by the mapping's article
   * column, or parts of one record), or where no articles are known, copies of one text.
   */
  articleGroups(rows: Uint32Array): Promise<Uint32Array>;
  /**
   * Merges or unmerges; row numbers change, so everything downstream becomes stale. An abort leaves the rows as they were; a
   * later call takes the place of one under way, which then throws `aborted` too.
   * Throws `aborted`, `corpus-replaced` (another was opened meanwhile).
   */
  setMerged(merged: boolean, onProgress: (p: Progress) => void, signal: AbortSignal): Promise<CorpusSummary>;
}
