import { csvCells, delimiterByte } from './csvReader.ts';
import { CsvScanner, guessNewline } from './csvScanner.ts';
import { checkText } from './encoding.ts';
import { CorpusError, emptyFile, unknownFormat } from './errors.ts';
import { jsonColumns, jsonField, parseJsonRecord } from './jsonRow.ts';
import { JsonSplitter } from './jsonSplitter.ts';
import type { CorpusFormat, Mapping, SniffedFile } from './mapping.ts';
import { guessSchema, type ColumnSample } from './schema.ts';
import { sniffXml } from './sniffXml.ts';

export const previewRows = 20;
/** Bytes (after decompression) that a guess is made from. */
export const sniffBytes = 256 << 10;
const sampledRows = 200;
const openBrace = 0x7b;
const openBracket = 0x5b;
const lessThan = 0x3c;
const delimiters = [',', '\t', ';', '|'] as const;
const longestPreviewCell = 2000;
/** Share of rows with as many cells as the first that makes a delimiter believable. */
const fewestAlike = 0.6;

export interface Head {
  readonly name: string;
  /** Of the file as it lies on disk. */
  readonly byteLength: number;
  /** The first bytes, decompressed and in UTF-8. */
  readonly bytes: Uint8Array;
  /** True where `bytes` is the whole file. */
  readonly isWhole: boolean;
  readonly gzip: boolean;
}

interface Table {
  readonly format: CorpusFormat;
  readonly delimiter: string;
  readonly hasHeader: boolean;
  readonly columns: readonly ColumnSample[];
}

/** What the mapping panel fixed; the rest is guessed around it. */
export type GivenFormat = Partial<Pick<Mapping, 'format' | 'delimiter' | 'hasHeader' | 'rowUnit'>>;

/**
 * Guesses a file's format and mapping from its first bytes. Throws `file-empty`, `file-binary`, `file-encoding`,
 * `format-unknown`, `header-only`, `xml-entities`, `compression-unknown`.
 */
export function sniffHead(head: Head, given: GivenFormat = {}): SniffedFile {
  const { name, byteLength, gzip } = head;
  const bytes = withoutBom(head.bytes);
  if (byteLength === 0 || bytes.every((c) => c <= 0x20)) throw emptyFile(name);
  checkText(name, bytes);
  const first = bytes.find((c) => c > 0x20);
  if (first === lessThan) return sniffedXml(head, bytes, given);
  const isJson =
    given.format === undefined
      ? first === openBrace || first === openBracket
      : given.format === 'json' || given.format === 'jsonl';
  const table = (isJson ? jsonTable(head, bytes, given) : null) ?? csvTable(head, bytes, given);
  const { recognised, notes, ...guess } = guessSchema(table.columns);
  const mapping: Mapping = {
    ...guess,
    format: table.format,
    gzip,
    delimiter: table.delimiter,
    hasHeader: table.hasHeader,
  };
  const rows = Math.min(previewRows, table.columns[0]?.cells.length ?? 0);
  return {
    name,
    byteLength,
    mapping,
    recognised,
    columns: table.columns.map((column) => column.name),
    preview: Array.from({ length: rows }, (_, row) => table.columns.map((column) => column.cells[row] ?? '')),
    notes,
  };
}

function sniffedXml(
  { name, byteLength, gzip, isWhole }: Head,
  bytes: Uint8Array,
  given: GivenFormat,
): SniffedFile {
  const table = sniffXml(name, bytes, isWhole, given.rowUnit ?? null, previewRows);
  const { rowUnit } = table;
  return {
    name,
    byteLength,
    mapping: {
      format: 'mediawiki',
      schema: 'mediawiki',
      gzip,
      textColumns: rowUnit === 'record' ? ['text'] : rowUnit === 'method' ? ['method', 'steps'] : ['step'],
      labelColumns: ['categories'],
      labelSeparator: null,
      delimiter: '',
      hasHeader: false,
      rowUnit,
    },
    // What a row is made of is a choice that no file makes: the panel asks.
    recognised: false,
    columns: table.columns,
    preview: table.rows.map((row) => row.map((cell) => cell.slice(0, longestPreviewCell))),
    notes: table.notes,
  };
}

function withoutBom(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function jsonTable(head: Head, bytes: Uint8Array, given: GivenFormat): Table | null {
  const lines = given.format === 'json' ? null : jsonLines(bytes, head.isWhole);
  const format = lines ? 'jsonl' : 'json';
  const records = lines ?? jsonRecords(bytes, head.isWhole);
  if (records.length === 0) {
    // A sample that ends inside its first record says nothing; an array that closes at once is empty.
    if (/^\s*(?:\[\s*\]|\{\s*\})\s*$/u.test(new TextDecoder().decode(bytes.subarray(0, 1000))))
      throw new CorpusError(
        'header-only',
        `${head.name} holds no records.`,
        'Choose a file with rows in it.',
      );
    if (
      given.format === undefined &&
      bytes[0] === openBracket &&
      !/^\[\s*[[{"\d]/u.test(new TextDecoder().decode(bytes.subarray(0, 200)))
    )
      return null;
    throw unknownFormat(head.name, 'JSON without records that can be told apart');
  }
  const names = new Map<string, number>();
  for (const record of records)
    for (const column of jsonColumns(record)) names.set(column, (names.get(column) ?? 0) + 1);
  // Objects used as dictionaries have a column a key: a panel of the first 200 is enough.
  const columns = [...names.keys()].slice(0, 200).map((name) => {
    const values = records.map((record) => jsonField(record, name));
    return { name, cells: values.map(cellText), isList: values.some((value) => Array.isArray(value)) };
  });
  return { format, delimiter: '', hasHeader: false, columns };
}

/** Records of a JSON Lines sample; null where it is one JSON value over several lines, or an array. */
function jsonLines(bytes: Uint8Array, isWhole: boolean): unknown[] | null {
  const lines = new TextDecoder().decode(bytes).split('\n');
  if (!isWhole && lines.length > 1) lines.pop();
  const filled = lines.filter((line) => line.trim() !== '');
  const records = filled.slice(0, sampledRows).flatMap((line) => {
    const record = tryParse(line.trim());
    return typeof record === 'object' && record !== null ? [record] : [];
  });
  if (filled.length === 1) {
    const only = records[0];
    return only !== undefined && !Array.isArray(only) && !isTableOfRows(only) ? records : null;
  }
  return records.length > 0 && records.length >= Math.min(filled.length, sampledRows) * 0.3 ? records : null;
}

/** A single object that is a data set (`{"data": [{...}]}`, `{"step": "goal", ...}`) rather than one row. */
function isTableOfRows(record: object): boolean {
  const values = Object.values(record) as unknown[];
  return values.some((value) => Array.isArray(value) && typeof value[0] === 'object' && value[0] !== null);
}

function jsonRecords(bytes: Uint8Array, isWhole: boolean): unknown[] {
  const splitter = new JsonSplitter();
  const records: unknown[] = [];
  for (let at = 0; records.length < sampledRows; at = splitter.end) {
    const token = splitter.next(bytes, at, isWhole);
    if (token === 'more' || token === 'done' || token === 'unclosed' || token === 'trailing') break;
    if (token === 'junk') continue;
    const text = new TextDecoder().decode(bytes.subarray(splitter.start, splitter.end));
    const record = tryParse(text, token === 'member');
    if (record !== undefined) records.push(record);
  }
  return records;
}

function tryParse(text: string, member = false): unknown {
  try {
    return parseJsonRecord(text, member);
  } catch {
    return undefined;
  }
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.slice(0, longestPreviewCell);
}

function csvTable(head: Head, bytes: Uint8Array, given: GivenFormat): Table {
  const delimiter =
    given.delimiter || (given.format === 'tsv' ? '\t' : guessDelimiter(head.name, bytes, head.isWhole));
  delimiterByte({ format: 'csv', delimiter });
  const rows = csvRows(bytes, delimiter, head.isWhole, sampledRows);
  const first = rows[0] ?? [];
  const hasHeader = given.hasHeader ?? looksLikeHeader(first, rows.slice(1));
  const body = hasHeader ? rows.slice(1) : rows;
  if (head.isWhole && body.length === 0)
    throw new CorpusError(
      'header-only',
      `${head.name} has a header and no rows.`,
      'Choose a file with rows in it.',
    );
  const names = first.map((cell, index) => (hasHeader && cell.trim() !== '' ? cell.trim() : `#${index}`));
  const columns = names.map((name, index) => ({
    name: names.indexOf(name) === index ? name : `#${index}`,
    cells: body.map((row) => (row[index] ?? '').slice(0, longestPreviewCell)),
    isList: false,
  }));
  return { format: delimiter === '\t' ? 'tsv' : 'csv', delimiter, hasHeader, columns };
}

function csvRows(bytes: Uint8Array, delimiter: string, isWhole: boolean, limit: number): string[][] {
  const scanner = new CsvScanner(delimiter.charCodeAt(0), guessNewline(bytes, true) ?? 'lf');
  const rows: string[][] = [];
  let at = 0;
  while (at < bytes.length && rows.length < limit) {
    const next = scanner.scan(bytes, at, isWhole);
    if (next < 0) break;
    const cells = csvCells(bytes, scanner);
    if (cells.length > 1 || cells[0]?.trim() !== '') rows.push(cells);
    at = next;
  }
  // A sample of one endless row still shows its begin.
  if (rows.length === 0) {
    const line =
      new TextDecoder().decode(bytes.subarray(0, longestPreviewCell)).split(/\r\n|\r|\n/u)[0] ?? '';
    rows.push(line.split(delimiter));
  }
  return rows;
}

/** The delimiter under which most rows have the same number of cells, more than one; a tab, one column, for plain lines. */
function guessDelimiter(name: string, bytes: Uint8Array, isWhole: boolean): string {
  let best: string = /\.csv(?:\.gz)?$/iu.test(name) ? ',' : '\t';
  let bestScore = fewestAlike;
  for (const delimiter of delimiters) {
    const counts = csvRows(bytes, delimiter, isWhole, 60).map((row) => row.length);
    const width = counts[0] ?? 0;
    if (width < 2) continue;
    const alike = counts.filter((count) => count === width).length / counts.length;
    const score = alike * (1 + Math.min(width, 10) / 100);
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}

const knownColumns =
  /^(?:id|index|url|text|title|headline|overview|sectionlabel|step|steps|method|label|labels|category|categories|tag|tags|topic|topics|class|intent|sentence|paragraph|instruction|content|source|sources|split|name|description|result|question|answer|query|summary|target-summary|date|author)$/iu;

/** A first row of short, distinct words over rows that are not: names. */
function looksLikeHeader(first: readonly string[], body: readonly (readonly string[])[]): boolean {
  const cells = first.map((cell) => cell.trim());
  if (cells.some((cell) => knownColumns.test(cell)) && cells.every((cell) => cell.length <= 60)) return true;
  if (new Set(cells).size < cells.length || cells.some((cell) => cell === '' || cell.length > 40))
    return false;
  if (cells.some((cell) => /^[-+]?\d/u.test(cell)) || body.length === 0) return false;
  // A class that comes again further down is a value, not a name.
  if (cells.some((cell, index) => body.some((row) => row[index]?.trim() === cell))) return false;
  const bodyLength = body.reduce((sum, row) => sum + row.join('').length, 0) / body.length;
  return bodyLength > 2 * cells.join('').length || cells.every((cell) => /^[\w.\- ]{1,24}$/u.test(cell));
}
