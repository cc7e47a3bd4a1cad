import { describe, expect, it } from 'vitest';
import type { RowEdit } from '../core/labels/edits.ts';
import { readCorrections, writeCorrections } from './corrections.ts';

const open = { dataHash: 'ab12', rowCount: 10 };
const rows: RowEdit[] = [
  { row: 3, kind: 'exclude' },
  { row: 7, kind: 'relabel', add: ['Pets; and "more"\n', 'Été'], remove: [] },
];

describe('corrections as a file', () => {
  it('come back as they were', () => {
    const text = writeCorrections({ dataHash: 'ab12', rows });
    expect(text.split('\n').length).toBe(3);
    expect(readCorrections(`${text}\n\n`, open)).toEqual(rows);
    // The last word on a row counts.
    expect(readCorrections(`${text}{"data":"ab12","row":7,"correction":"exclude"}`, open)).toEqual([
      rows[0],
      { row: 7, kind: 'exclude' },
    ]);
  });

  it('of other data, of rows that are not there, or none at all are refused with their line', () => {
    const text = writeCorrections({ dataHash: 'ab12', rows });
    const code = (written: string, where = open) => {
      try {
        readCorrections(written, where);
        return 'read';
      } catch (error) {
        const { code, details } = error as { code: string; details: { line: number } };
        return `${code} ${details.line}`;
      }
    };
    expect(code(text, { ...open, dataHash: 'cd34' })).toBe('corrections-other-data 1');
    expect(code(text, { ...open, rowCount: 7 })).toBe('corrections-invalid 2');
    expect(code('')).toBe('corrections-invalid 1');
    expect(code(`${text}row,add\n`)).toBe('corrections-invalid 3');
    expect(code('{"data":"ab12","row":-1,"correction":"exclude"}')).toBe('corrections-invalid 1');
    expect(code('{"data":"ab12","row":1,"correction":"delete"}')).toBe('corrections-invalid 1');
    expect(code('{"data":"ab12","row":1,"correction":"relabel","add":"x","remove":[]}')).toBe(
      'corrections-invalid 1',
    );
  });
});
