import { csvCells, cellIndices } from './csvReader.ts';
import { CsvScanner, guessNewline } from './csvScanner.ts';
import { CorpusError, emptyFile } from './errors.ts';
import { jsonRow, parseJsonRecord } from './jsonRow.ts';
import type { Mapping } from './mapping.ts';
import { sniffHead } from './sniff.ts';

/** Texts of a file without labels, to be labelled by a model. */
export interface TextList {
  readonly texts: readonly string[];
  /** Columns that were read; empty for plain lines. */
  readonly columns: readonly string[];
  /** Records without a text that could be read. */
  readonly skipped: number;
}

/**
 * The texts of a small file held whole: a line each (.txt), or the text columns of CSV, TSV, JSON and JSONL, guessed as for a corpus.
 * Throws as `sniffHead`, and `no-text-column`, `no-rows`.
 */
export function textList(name: string, bytes: Uint8Array): TextList {
  const body = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
  if (body.every((c) => c <= 0x20)) throw emptyFile(name);
  const sniffed = sniffHead({ name, byteLength: body.length, bytes: body, isWhole: true, gzip: false });
  const { mapping, columns } = sniffed;
  if (/\.txt$/iu.test(name)) return found(name, linesOf(new TextDecoder().decode(body)), [], 0);
  if (mapping.format !== 'csv' && mapping.format !== 'tsv' && !mapping.format.startsWith('json'))
    throw new CorpusError(
      'format-unknown',
      `${name} is of a format that is read as a corpus only.`,
      'Save the texts as .txt (a line each), .csv or .jsonl.',
    );
  const read =
    mapping.format === 'csv' || mapping.format === 'tsv'
      ? csvTexts(body, mapping, columns)
      : jsonTexts(new TextDecoder().decode(body), mapping);
  if (mapping.textColumns.length === 0)
    throw new CorpusError(
      'no-text-column',
      `${name} has no column that looks like text.`,
      'Name the column “text”, or save the texts as .txt, a line each.',
      { columns },
    );
  return found(name, read.texts, mapping.textColumns, read.skipped);
}

/** Lines with something on them, without the blanks around. */
function linesOf(text: string): string[] {
  return text
    .split(/\r\n|\r|\n/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function found(
  name: string,
  texts: readonly string[],
  columns: readonly string[],
  skipped: number,
): TextList {
  if (texts.length > 0) return { texts, columns, skipped };
  throw new CorpusError('no-rows', `${name} holds no text.`, 'Choose a file with a text in each row.');
}

function csvTexts(bytes: Uint8Array, mapping: Mapping, columns: readonly string[]) {
  const scanner = new CsvScanner(mapping.delimiter.charCodeAt(0), guessNewline(bytes, true) ?? 'lf');
  const wanted = cellIndices(columns, mapping.textColumns);
  const texts: string[] = [];
  let skipped = 0;
  let isHeader = mapping.hasHeader;
  for (let at = 0; at < bytes.length;) {
    const next = scanner.scan(bytes, at, true);
    if (next < 0) break;
    at = next;
    const cells = csvCells(bytes, scanner);
    if (cells.length === 1 && cells[0]?.trim() === '') continue;
    if (isHeader) {
      isHeader = false;
      continue;
    }
    const text = wanted
      .map((cell) => (cells[cell] ?? '').trim())
      .filter((part) => part !== '')
      .join('\n');
    if (text === '') skipped++;
    else texts.push(text);
  }
  return { texts, skipped };
}

function jsonTexts(text: string, mapping: Mapping) {
  const texts: string[] = [];
  let skipped = 0;
  for (const record of jsonRecords(text, mapping)) {
    const row = jsonRow(record, { ...mapping, labelColumns: [] });
    if ('text' in row) texts.push(row.text);
    else skipped++;
  }
  return { texts, skipped };
}

/** Records of a JSON array, or of lines; a line that is no JSON stands as null, which counts as skipped. */
function jsonRecords(text: string, { format }: Mapping): readonly unknown[] {
  if (format === 'json') {
    const whole = parsed(text);
    return Array.isArray(whole) ? (whole as readonly unknown[]) : [whole];
  }
  return linesOf(text).map(parsed);
}

function parsed(text: string): unknown {
  try {
    return parseJsonRecord(text, false);
  } catch {
    return null;
  }
}
