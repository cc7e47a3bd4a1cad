import { expect, it } from 'vitest';
import { lengthHistogram } from './lengths.ts';

it('counts rows in round bins and what truncation would cut off', () => {
  const lengths = Uint32Array.from({ length: 100 }, (_, i) => i + 1);
  const histogram = lengthHistogram(lengths, 90, 20);
  expect(histogram).toMatchObject({
    binWidth: 10,
    median: 50,
    p95: 95,
    max: 100,
    mean: 50.5,
    truncatedRows: 10,
  });
  expect(histogram.lostTokens).toBe(55);
  expect(histogram.counts).toHaveLength(11);
  expect(histogram.counts.reduce((a, b) => a + b, 0)).toBe(100);
  expect(histogram.counts[0]).toBe(9);
});

it('is empty for no rows, and has one bin for equal rows', () => {
  expect(lengthHistogram(new Uint32Array(), 512)).toMatchObject({
    counts: [],
    max: 0,
    truncatedRows: 0,
    lostTokens: 0,
    mean: 0,
  });
  const same = lengthHistogram(Uint32Array.of(512, 512), 512);
  expect(same.truncatedRows).toBe(0);
  expect(same.counts.at(-1)).toBe(2);
});
