import { describe, expect, it } from 'vitest';
import { noEdits } from './edits.ts';
import { denseTargets, selectLabels, selectionScore } from './selection.ts';
import { tableOf } from './testTables.ts';

const table = tableOf([['rare', 'a'], ['a', 'b'], [], ['b', 'a', 'c'], ['c'], ['odd']]);

describe('label selection (Algorithm 1)', () => {
  it('keeps a label that is observed exactly as often as the threshold', () => {
    expect(selectionScore(500, 500)).toBe(1);
    expect(selectLabels(table, noEdits, 2).labels).toEqual(['a', 'b', 'c']);
    expect(selectLabels(table, noEdits, 2.5).labels).toEqual(['a']);
  });

  it('drops records left without a label and renumbers targets by frequency, ascending in a row', () => {
    const selected = selectLabels(table, noEdits, 2);
    expect([...selected.rowIds]).toEqual([0, 1, 3, 4]);
    expect([...selected.targetOffsets]).toEqual([0, 1, 3, 6, 7]);
    expect([...selected.targetIds]).toEqual([0, 0, 1, 0, 1, 2, 2]);
    expect([...denseTargets(selected, 3)]).toEqual([1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1]);
    expect([...denseTargets(selected, 3, Uint32Array.of(3, 0))]).toEqual([0, 0, 1, 1, 0, 0]);
  });

  it('honours pins, exclusions and merges', () => {
    const edits = { pinned: ['odd'], excluded: ['a'], merges: { rare: 'c' } };
    const selected = selectLabels(table, edits, 2);
    expect(selected.labels).toEqual(['c', 'b', 'odd']);
    expect([...selected.rowIds]).toEqual([0, 1, 3, 4, 5]);
  });

  it('breaks ties by name, whatever the order of the file', () => {
    const one = selectLabels(tableOf([['x', 'y', 'z']]), noEdits, 1).labels;
    expect(selectLabels(tableOf([['z', 'x', 'y']]), noEdits, 1).labels).toEqual(one);
  });

  it('says so where no label is left', () => {
    expect(() => selectLabels(table, noEdits, 100)).toThrowError(
      expect.objectContaining({ code: 'no-labels-kept', details: { threshold: 100, mostFrequent: 3 } }),
    );
  });
});
