import { describe, expect, it } from 'vitest';
import { joinArticles, joinSplit, joinTexts, poolByArticle } from './articleRows.ts';

// Five rows of three articles: rows 10 and 13, rows 11 and 12, row 14.
const selection = {
  labels: ['a', 'b', 'c'],
  rowIds: Uint32Array.of(10, 11, 12, 13, 14),
  targetOffsets: Uint32Array.of(0, 1, 2, 4, 6, 7),
  targetIds: Uint32Array.of(2, 1, 0, 1, 0, 2, 1),
};
const groups = [7, 3, 3, 7, 9];

describe('rows joined to articles', () => {
  it('carry every label and text of their rows, under the first row', () => {
    const { selection: joined, members } = joinArticles(selection, groups);
    expect(joined).toEqual({
      labels: ['a', 'b', 'c'],
      rowIds: Uint32Array.of(10, 11, 14),
      targetOffsets: Uint32Array.of(0, 2, 4, 5),
      targetIds: Uint32Array.of(0, 2, 0, 1, 1),
    });
    expect(joinTexts(['p', 'q', 'r', 's', 't'], members)).toEqual(['p\ns', 'q\nr', 't']);
    const split = { train: Uint32Array.of(1, 2), validation: Uint32Array.of(4), test: Uint32Array.of(0, 3) };
    expect(joinSplit(split, members)).toEqual({
      train: Uint32Array.of(1),
      validation: Uint32Array.of(2),
      test: Uint32Array.of(0),
    });
  });

  it('are answered by the mean of the answers on their rows', () => {
    const pooled = poolByArticle(
      {
        labels: ['a', 'b'],
        rowIds: Uint32Array.of(13, 11, 10),
        logits: Float32Array.of(1, -2, 5, 5, 3, -4),
        targets: Uint8Array.of(1, 0, 0, 1, 0, 0),
      },
      [7, 3, 7],
    );
    expect(pooled).toEqual({
      labels: ['a', 'b'],
      rowIds: Uint32Array.of(10, 11),
      logits: Float32Array.of(2, -3, 5, 5),
      targets: Uint8Array.of(1, 0, 0, 1),
    });
  });
});
