import { describe, expect, test } from 'vitest';
import { packedFeed } from '../testing/packed.ts';
import { GraphBuilder } from '../graph/builder.ts';
import { groupSequences, sequencesOf, type Sequence } from './paddedSequences.ts';

const blocks = new GraphBuilder().input('blocks', ['K', 4], 'u32');

function packed(lengths: readonly number[]): Sequence[] {
  return sequencesOf(packedFeed({ lengths }), blocks);
}

const lengthsOf = (sequences: readonly Sequence[]) => sequences.map(({ start, end }) => end - start);
const paddedPairs = (lengths: readonly number[]) =>
  groupSequences(packed(lengths)).reduce((sum, { count, length }) => sum + count * length * length, 0);

test('sequences are read back from their row blocks, long ones of several blocks once', () => {
  expect(packed([3, 40, 1, 16, 17]).map(({ start, end }) => [start, end])).toEqual([
    [0, 3],
    [3, 43],
    [43, 44],
    [44, 60],
    [60, 77],
  ]);
});

describe('grouping', () => {
  test('keeps every sequence once', () => {
    const sequences = packed([5, 60, 7, 7, 3, 58, 6]);
    const grouped = groupSequences(sequences).flatMap((group) => group.sequences);
    expect(grouped.toSorted((a, b) => a.start - b.start)).toEqual(sequences);
  });

  test('pads a long text apart from short ones', () => {
    const [long, short] = groupSequences(packed([9, 500, 8, 10]));
    expect(lengthsOf(long?.sequences ?? [])).toEqual([500]);
    expect(lengthsOf(short?.sequences ?? [])).toEqual([10, 9, 8]);
    expect(paddedPairs([500, ...Array.from({ length: 60 }, () => 10)])).toBe(500 * 500 + 60 * 10 * 10);
  });

  test('leaves like lengths together; the second group is one empty row', () => {
    const [all, none] = groupSequences(packed([16, 15, 17, 16]));
    expect(all?.count).toBe(4);
    expect(none).toEqual({ sequences: [], count: 1, length: 1 });
    expect(groupSequences(packed([1]))[0]).toMatchObject({ count: 1, length: 1 });
  });
});
