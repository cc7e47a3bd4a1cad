import type { Progress } from '../../base/progress.ts';
import type { LabelTable } from '../../core/labels/labelTable.ts';

// What the page may ask of the corpus worker. Signals and callbacks are top-level arguments, so that rpc.ts carries them.

export type CorpusFormat = 'csv' | 'tsv' | 'json' | 'jsonl';
export type SchemaName =
  | 'howsumm-step'
  | 'howsumm-method'
  | 'wikihow-all'
  | 'wikihow-sep'
  | 'text-labels'
  | 'unknown';

/** Where text and labels stand in a file. Columns are header names, or `#0`, `#1`, ... where there is no header. */
export interface Mapping {
  readonly format: CorpusFormat;
  readonly schema: SchemaName;
  readonly gzip: boolean;
  /** Joined by a newline, in this order. */
  readonly textColumns: readonly string[];
  readonly labelColumns: readonly string[];
  /** Splits one label cell into labels; null where a cell is a JSON array or a single label. */
  readonly labelSeparator: string | null;
  readonly delimiter: string;
  readonly hasHeader: boolean;
}

/** The first rows of a file and the guess made from them. */
export interface SniffedFile {
  readonly name: string;
  readonly byteLength: number;
  readonly mapping: Mapping;
  /** False: show the mapping panel before indexing. */
  readonly recognised: boolean;
  readonly columns: readonly string[];
  /** Up to 20 rows, a cell a column, as text. */
  readonly preview: readonly (readonly string[])[];
  readonly notes: readonly string[];
}

export interface BadRow {
  readonly file: string;
  /** 1-based physical line where the row begins. */
  readonly line: number;
  readonly byteOffset: number;
  readonly code: string;
  readonly reason: string;
  /** At most 200 characters of the row. */
  readonly excerpt: string;
}

export interface CorpusSummary {
  /** Content hash over all files and their mappings (hex): the provenance id of the data. */
  readonly dataHash: string;
  readonly files: readonly {
    readonly name: string;
    readonly byteLength: number;
    readonly rows: number;
    readonly mapping: Mapping;
  }[];
  readonly rowCount: number;
  readonly labelCount: number;
  readonly badRowCount: number;
  readonly badRowsByCode: Readonly<Record<string, number>>;
  /** Rows whose normalised text stood before. */
  readonly duplicateRows: number;
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

/** One corpus is open at a time; opening another replaces it only after its index pass succeeded. */
export interface CorpusService {
  sniff(file: File): Promise<SniffedFile>;
  /**
   * Index pass over all files. An abort keeps the corpus that was open before. A pass cut off by a reload resumes from
   * its last saved position when the same files (name, size, modification time) are opened again.
   */
  open(
    files: readonly File[],
    mappings: readonly Mapping[],
    onProgress: (p: Progress) => void,
    signal: AbortSignal,
  ): Promise<CorpusSummary>;
  /** Copies the files into OPFS so that a reload finds them. Typed error `quota-exceeded` where there is no room. */
  keep(onProgress: (p: Progress) => void, signal: AbortSignal): Promise<CorpusSummary>;
  /** Opens the kept copy with this hash; null where there is none. */
  restore(dataHash: string): Promise<CorpusSummary | null>;
  labelTable(): Promise<LabelTable>;
  /** Decoded lazily, in the order asked. */
  texts(rows: Uint32Array): Promise<string[]>;
  rows(rows: Uint32Array): Promise<CorpusRow[]>;
  badRows(offset: number, limit: number): Promise<BadRow[]>;
  /** All bad rows as CSV. */
  badRowsCsv(): Promise<Blob>;
  duplicates(limit: number): Promise<DuplicateGroup[]>;
  /** Merges or unmerges; row numbers change, so everything downstream becomes stale. */
  setMerged(merged: boolean): Promise<CorpusSummary>;
}
