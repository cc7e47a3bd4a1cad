// The words in which files, rows and bad rows are spoken of; services/corpus/contract.ts passes them on to the page.

export type CorpusFormat = 'csv' | 'tsv' | 'json' | 'jsonl' | 'mediawiki' | 'parquet';
export type SchemaName =
  | 'howsumm-step'
  | 'howsumm-method'
  | 'wikihow-all'
  | 'wikihow-sep'
  | 'mediawiki'
  | 'text-labels'
  /** No rows: a table of topics and the topics above them. */
  | 'topic-tree'
  | 'unknown';

/**
 * What one row is made of: a whole record, one method of an article (MediaWiki), or one step: of an article, or one entry of the
 * first text column that is a list (JSON, Parquet).
 */
export type RowUnit = 'record' | 'method' | 'step';

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
  /** `record` where it is missing. */
  readonly rowUnit?: RowUnit | undefined;
  /** Rows with the same value here belong together, as the steps of an article do; missing where nothing says so. */
  readonly articleColumn?: string | undefined;
  /** The path inside a zip archive that is read; missing where the file itself is. */
  readonly member?: string | undefined;
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

/** Why a row was skipped (or, for the last ones, why a file was read only in part). */
export type BadRowCode =
  | 'ragged-row'
  | 'stray-quote'
  | 'unterminated-quote'
  | 'record-too-long'
  | 'invalid-utf8'
  | 'no-text'
  | 'text-not-string'
  | 'labels-not-a-list'
  | 'json-syntax'
  | 'row-not-an-object'
  | 'json-truncated'
  | 'json-trailing'
  | 'xml-syntax'
  | 'xml-truncated'
  | 'zip-invalid'
  | 'parquet-invalid'
  | 'gzip-truncated'
  | 'gzip-invalid';
