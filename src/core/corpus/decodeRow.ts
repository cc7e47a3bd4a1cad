import { cellIndices, csvCells, delimiterByte } from './csvReader.ts';
import { CsvScanner } from './csvScanner.ts';
import { jsonRow, parseJsonRecord } from './jsonRow.ts';
import { articleText } from './mediaWikiRow.ts';
import { parsePage } from './mediaWikiPage.ts';
import type { Mapping } from './mapping.ts';
import { wikiArticle } from './wikiArticle.ts';
import { lenientUtf8 } from './utf8.ts';

const openBrace = 0x7b;
const openBracket = 0x5b;
const quote = 0x22;

/** Gives the text of a row that the index pass accepted, from the bytes of its record alone; `part`: which of its rows. */
export type RowDecoder = (record: Uint8Array, part: number) => string;

/**
 * The decoder of one file. `columns`: its header, or `#0`, `#1`, ...; of a MediaWiki export, what its wiki calls categories;
 * empty for JSON.
 */
export function rowDecoder(mapping: Mapping, columns: readonly string[], newline: 'lf' | 'cr'): RowDecoder {
  if (mapping.format === 'mediawiki') {
    const article = remembered((xml) => wikiArticle(parsePage(xml), columns));
    return (record, part) => articleText(article(record), mapping, part);
  }
  if (mapping.format === 'json' || mapping.format === 'jsonl' || mapping.format === 'parquet') {
    const value = remembered((text, record) => parseJsonRecord(text, isMember(record)));
    return (record, part) => {
      const row = jsonRow(value(record), mapping, part);
      return 'text' in row ? row.text : '';
    };
  }
  const scanner = new CsvScanner(delimiterByte(mapping), newline);
  const textCells = cellIndices(columns, mapping.textColumns);
  return (record) => {
    scanner.scan(record, 0, true);
    const cells = csvCells(record, scanner);
    return textCells
      .map((cell) => (cells[cell] ?? '').trim())
      .filter((text) => text !== '')
      .join('\n');
  };
}

/** Parses a record unless it is the one before: the steps of an article are asked for one after another. */
function remembered<T>(parse: (text: string, record: Uint8Array) => T): (record: Uint8Array) => T {
  let last: { readonly text: string; readonly value: T } | null = null;
  return (record) => {
    const text = lenientUtf8.decode(record);
    if (last?.text !== text) last = { text, value: parse(text, record) };
    return last.value;
  };
}

/** Whether a record is `"key": value`: it begins with a text and something follows that text. */
function isMember(record: Uint8Array): boolean {
  const first = record[0];
  if (first === openBrace || first === openBracket || first !== quote) return false;
  for (let i = 1; i < record.length; i++) {
    if (record[i] === 0x5c) i++;
    else if (record[i] === quote) return i < record.length - 1;
  }
  return false;
}
