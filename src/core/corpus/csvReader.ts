import { countByte, CsvScanner } from './csvScanner.ts';
import { CorpusError, noTextColumn } from './errors.ts';
import type { IndexBuilder } from './indexBuilder.ts';
import type { Mapping } from './mapping.ts';
import { maxRecoveries, type ReaderState, type RecordReader } from './recordReader.ts';
import { articleHash, TextHash } from './textHash.ts';
import { lenientUtf8, strictUtf8 } from './utf8.ts';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const noLabels = new Uint32Array(0);

/** UTF-8 that throws on bad bytes and keeps a byte-order mark as the character it is. */

export interface CsvReaderOptions {
  readonly name: string;
  readonly fileId: number;
  readonly mapping: Mapping;
  readonly newline: 'lf' | 'cr';
  readonly builder: IndexBuilder;
  /** From an earlier reader's `state()`. */
  readonly resumed?: ReaderState;
}

/** Reads CSV and TSV rows into an index: cells stay bytes, only label cells are decoded. */
export class CsvReader implements RecordReader {
  readonly #options: CsvReaderOptions;
  readonly #scanner: CsvScanner;
  readonly #newline: number;
  readonly #text = new TextHash();
  readonly #article = new TextHash();
  #columns: readonly string[] | null = null;
  #textCells: readonly number[] = [];
  #labelCells: readonly number[] = [];
  #articleCell = -1;
  #line = 1;
  #recoveries = 0;
  /** Inside a record that is given up: everything up to the next line end is passed over. */
  #skipping = false;

  constructor(options: CsvReaderOptions) {
    this.#options = options;
    this.#newline = options.newline === 'cr' ? carriageReturn : lineFeed;
    this.#scanner = new CsvScanner(delimiterByte(options.mapping), options.newline);
    const { resumed } = options;
    if (!resumed) return;
    this.#line = resumed['line'] as number;
    this.#recoveries = resumed['recoveries'] as number;
    this.#skipping = resumed['skipping'] as boolean;
    if (resumed['columns']) this.#useColumns(resumed['columns'] as readonly string[]);
  }

  get columns(): readonly string[] | null {
    return this.#columns;
  }

  state(): ReaderState {
    return {
      line: this.#line,
      recoveries: this.#recoveries,
      skipping: this.#skipping,
      columns: this.#columns,
    };
  }

  read(bytes: Uint8Array, base: number, last: boolean): number {
    let at = 0;
    if (base === 0 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
    if (this.#skipping) {
      const end = bytes.indexOf(this.#newline, at);
      if (end < 0) return bytes.length;
      this.#skipping = false;
      this.#line++;
      at = end + 1;
    }
    const scanner = this.#scanner;
    while (at < bytes.length) {
      const next = scanner.scan(bytes, at, last);
      if (next < 0) {
        if (!last) return at;
        at = this.#recover(bytes, at, base, 'A quote opens here and is never closed.');
        continue;
      }
      const isBlankLine = scanner.cellCount === 1 && scanner.ends[0] === scanner.starts[0] && next - at <= 2;
      if (!isBlankLine) this.#record(bytes, at, next, base);
      this.#line += scanner.lines;
      at = next;
    }
    return at;
  }

  overflow(bytes: Uint8Array, base: number): number {
    if (this.#scanner.isQuoteOpen)
      return this.#recover(
        bytes,
        0,
        base,
        `A quote opens here and is not closed within ${bytes.length} bytes.`,
      );
    this.#bad(0, bytes.length, base, 'record-too-long', `The row exceeds ${bytes.length} bytes.`);
    this.#skipping = true;
    return bytes.length;
  }

  /** Gives up one line of a record whose quote never closes, so that the lines behind it are still read. */
  #recover(bytes: Uint8Array, at: number, base: number, reason: string): number {
    const end = bytes.indexOf(this.#newline, at);
    if (end < 0 || ++this.#recoveries > maxRecoveries) {
      this.#bad(at, bytes.length, base, 'unterminated-quote', `${reason} The rest is passed over.`);
      this.#line += countByte(bytes, at, bytes.length, this.#newline);
      this.#skipping = true;
      return bytes.length;
    }
    this.#bad(at, end, base, 'unterminated-quote', reason);
    this.#line++;
    return end + 1;
  }

  #record(bytes: Uint8Array, start: number, next: number, base: number): void {
    const { mapping, builder, fileId } = this.#options;
    const scanner = this.#scanner;
    if (!this.#columns) {
      const cells = csvCells(bytes, scanner).map((cell) => cell.trim());
      this.#useColumns(mapping.hasHeader ? cells : cells.map((_, index) => `#${index}`));
      if (mapping.hasHeader) return;
    }
    const expected = this.#columns?.length ?? 0;
    if (scanner.cellCount !== expected) {
      const reason = `${scanner.cellCount} cells where ${expected} are expected`;
      if (scanner.hasStrayQuote)
        this.#bad(start, next, base, 'stray-quote', `${reason}; a quote inside a cell is not doubled.`);
      else this.#bad(start, next, base, 'ragged-row', `${reason}.`);
      return;
    }
    const text = this.#text;
    text.begin();
    for (const cell of this.#textCells)
      text.add(
        bytes,
        scanner.starts[cell] as number,
        scanner.ends[cell] as number,
        scanner.doubled[cell] === 1,
      );
    if (!text.valid)
      return this.#bad(start, next, base, 'invalid-utf8', 'The text holds bytes that are not UTF-8.');
    if (text.blank) return this.#bad(start, next, base, 'no-text', 'The text is blank.');
    let labelIds: Uint32Array = noLabels;
    let dropped = 0;
    for (const cell of this.#labelCells) {
      const decoded = decodeCell(bytes, scanner, cell, strictUtf8);
      if (decoded === null)
        return this.#bad(start, next, base, 'invalid-utf8', 'The label cell holds bytes that are not UTF-8.');
      const parsed = builder.cell(decoded, mapping.labelSeparator);
      if ('reason' in parsed) return this.#bad(start, next, base, 'labels-not-a-list', parsed.reason);
      dropped += parsed.dropped;
      labelIds = labelIds.length === 0 ? parsed.ids : union(labelIds, parsed.ids);
    }
    text.end();
    builder.droppedLabelEntries += dropped;
    const article = this.#articleOf(bytes);
    builder.addRow(fileId, base + start, next - start, this.#line, text, labelIds, 0, article);
  }

  #articleOf(bytes: Uint8Array): number {
    const cell = this.#articleCell;
    if (cell < 0) return 0;
    const { starts, ends, doubled } = this.#scanner;
    const hash = this.#article;
    hash.begin();
    hash.add(bytes, starts[cell] as number, ends[cell] as number, doubled[cell] === 1);
    hash.end();
    return articleHash(hash);
  }

  #useColumns(columns: readonly string[]): void {
    const { mapping, name } = this.#options;
    this.#columns = columns;
    this.#textCells = cellIndices(columns, mapping.textColumns);
    this.#labelCells = cellIndices(columns, mapping.labelColumns);
    this.#articleCell =
      mapping.articleColumn === undefined ? -1 : columnIndex(columns, mapping.articleColumn);
    if (this.#textCells.length === 0 || this.#textCells.length < mapping.textColumns.length)
      throw noTextColumn(name, mapping.textColumns, columns);
    if (this.#labelCells.length < mapping.labelColumns.length)
      throw new CorpusError(
        'no-label-column',
        `${name} has no column ${mapping.labelColumns.filter((c) => columnIndex(columns, c) < 0).join(', ')}.`,
        `Choose the label columns in the mapping panel; the file has ${columns.slice(0, 20).join(', ')}.`,
        { wanted: mapping.labelColumns, found: columns },
      );
  }

  #bad(
    start: number,
    end: number,
    base: number,
    code: Parameters<IndexBuilder['bad']['add']>[4],
    reason: string,
  ): void {
    const { builder, fileId } = this.#options;
    builder.bad.add(fileId, this.#line, base + start, end - start, code, reason);
  }
}

/** The cells of the record that `scanner` stands on, decoded; bad bytes become U+FFFD. */
export function csvCells(bytes: Uint8Array, scanner: CsvScanner): string[] {
  return Array.from(
    { length: scanner.cellCount },
    (_, cell) => decodeCell(bytes, scanner, cell, lenientUtf8) ?? '',
  );
}

/** Position of a column by name, or by number as `#3`; -1 where there is none. */
function columnIndex(columns: readonly string[], column: string): number {
  const named = columns.indexOf(column);
  if (named >= 0 || !/^#\d+$/u.test(column)) return named;
  const index = Number(column.slice(1));
  return index < columns.length ? index : -1;
}

export function cellIndices(columns: readonly string[], wanted: readonly string[]): number[] {
  return wanted.map((column) => columnIndex(columns, column)).filter((index) => index >= 0);
}

export function delimiterByte(mapping: Pick<Mapping, 'format' | 'delimiter'>): number {
  const delimiter = mapping.delimiter === '' ? (mapping.format === 'tsv' ? '\t' : ',') : mapping.delimiter;
  const code = delimiter.charCodeAt(0);
  if (delimiter.length !== 1 || code >= 0x80 || delimiter === '"' || delimiter === '\n' || delimiter === '\r')
    throw new CorpusError(
      'mapping-invalid',
      `'${delimiter}' cannot separate columns.`,
      'Use one ASCII character: a comma, tab, semicolon or bar.',
    );
  return code;
}

function decodeCell(
  bytes: Uint8Array,
  scanner: CsvScanner,
  cell: number,
  decoder: TextDecoder,
): string | null {
  try {
    const text = decoder.decode(bytes.subarray(scanner.starts[cell] as number, scanner.ends[cell] as number));
    return scanner.doubled[cell] === 1 ? text.replaceAll('""', '"') : text;
  } catch {
    return null;
  }
}

function union(a: Uint32Array, b: Uint32Array): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(new Set([...a, ...b])).sort();
}
