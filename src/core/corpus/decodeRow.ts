import { cellIndices, csvCells, delimiterByte } from './csvReader.ts';
import { CsvScanner } from './csvScanner.ts';
import { jsonRow, parseJsonRecord } from './jsonRow.ts';
import type { Mapping } from './mapping.ts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const openBrace = 0x7b;
const openBracket = 0x5b;
const quote = 0x22;

/** Gives the text of a record that the index pass accepted, from its bytes alone. */
export type RowDecoder = (record: Uint8Array) => string;

/** The decoder of one file. `columns`: its header, or `#0`, `#1`, ...; needed for CSV and TSV only. */
export function rowDecoder(mapping: Mapping, columns: readonly string[], newline: 'lf' | 'cr'): RowDecoder {
  if (mapping.format === 'json' || mapping.format === 'jsonl')
    return (record) => {
      const row = jsonRow(parseJsonRecord(utf8.decode(record), isMember(record)), mapping);
      return 'text' in row ? row.text : '';
    };
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
