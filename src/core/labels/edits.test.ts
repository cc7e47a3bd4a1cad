import { describe, expect, it } from 'vitest';
import { applyEdits, noEdits, resolveMerge } from './edits.ts';
import type { LabelTable } from './labelTable.ts';

// a: rows 0 1 3, b: rows 0 2, c: rows 1 2, d: row 3; row 4 has none.
const table: LabelTable = {
  rowCount: 5,
  labels: ['a', 'b', 'c', 'd'],
  rowOffsets: Uint32Array.of(0, 2, 4, 6, 8, 8),
  labelIds: Uint32Array.of(0, 1, 0, 2, 1, 2, 0, 3),
};

function namesOf(t: LabelTable): string[][] {
  return Array.from({ length: t.rowCount }, (_, row) =>
    Array.from(t.labelIds.subarray(t.rowOffsets[row], t.rowOffsets[row + 1]), (id) => t.labels[id] as string),
  );
}

describe('label edits', () => {
  it('leaves the table alone without edits', () => {
    const edited = applyEdits(table, noEdits);
    expect(edited.table).toBe(table);
    expect([...edited.force]).toEqual([0, 0, 0, 0]);
    expect([...edited.idOfOriginal]).toEqual([0, 1, 2, 3]);
  });

  it('follows chains of merges and keeps a label once a row, ids ascending', () => {
    const edited = applyEdits(table, { ...noEdits, merges: { a: 'b', b: 'c' } });
    expect(edited.table.labels).toEqual(['c', 'd']);
    expect(namesOf(edited.table)).toEqual([['c'], ['c'], ['c'], ['c', 'd'], []]);
    expect([...edited.idOfOriginal]).toEqual([0, 0, 0, 1]);
  });

  it('sorts ids where a merge changes their order', () => {
    const edited = applyEdits(table, { ...noEdits, merges: { a: 'd' } });
    expect(edited.table.labels).toEqual(['d', 'b', 'c']);
    expect(namesOf(edited.table)).toEqual([['d', 'b'], ['d', 'c'], ['b', 'c'], ['d'], []]);
    for (let row = 0; row < 5; row++) {
      const ids = edited.table.labelIds.slice(edited.table.rowOffsets[row], edited.table.rowOffsets[row + 1]);
      expect([...ids]).toEqual([...ids].sort((x, y) => x - y));
    }
  });

  it('merges into a name that the data does not have', () => {
    const edited = applyEdits(table, { ...noEdits, merges: { c: 'new', d: 'new' } });
    expect(edited.table.labels).toEqual(['a', 'b', 'new']);
  });

  it('ignores edits of labels that are not there, also those called like properties of an object', () => {
    const odd = { ...table, labels: ['constructor', 'toString', '__proto__', 'd'] };
    const edits = { pinned: ['x'], excluded: ['y'], merges: { z: 'd' } };
    expect(applyEdits(odd, edits).table).toBe(odd);
  });

  it('lets exclusion win over a pin, and both act on merge targets', () => {
    const edited = applyEdits(table, { pinned: ['b', 'd', 'a'], excluded: ['d'], merges: { a: 'b' } });
    expect(edited.table.labels).toEqual(['b', 'c', 'd']);
    expect([...edited.force]).toEqual([1, 0, -1]);
  });

  it('names a circle of merges instead of hanging', () => {
    expect(() => resolveMerge('a', { a: 'b', b: 'c', c: 'b' })).toThrowError(
      expect.objectContaining({ code: 'label-merge-cycle', message: expect.stringContaining('b → c → b') }),
    );
    expect(resolveMerge('a', { a: 'a' })).toBe('a');
  });

  it('lays corrected rows over the data, after the merges, and leaves the data alone', () => {
    const before = table.labelIds.slice();
    const edited = applyEdits(table, {
      ...noEdits,
      merges: { d: 'c' },
      rows: [
        { row: 0, kind: 'exclude' },
        { row: 1, kind: 'relabel', add: ['b', 'nobody'], remove: ['a'] },
        { row: 3, kind: 'relabel', add: ['a'], remove: ['c'] },
        { row: 4, kind: 'relabel', add: ['c'], remove: [] },
        { row: 99, kind: 'exclude' },
      ],
    });
    expect(namesOf(edited.table)).toEqual([[], ['b', 'c'], ['b', 'c'], ['a'], ['c']]);
    expect(edited.table.rowCount).toBe(5);
    expect(table.labelIds).toEqual(before);
  });
});
