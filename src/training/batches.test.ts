import { expect, it } from 'vitest';
import { longestStep } from './batches.ts';
import { planEpoch } from './packing.ts';
import { quickHyperparameters, syntheticRows } from './testing/rows.ts';

const data = syntheticRows({ rows: 300, labels: 4, seed: 9 });
const lengthOf = (row: number) =>
  (data.tokens.offsets[row + 1] as number) - (data.tokens.offsets[row] as number);

it('the longest step is that of the longest training rows, and no epoch has a longer one', () => {
  for (const batchSize of [1, 7, 48, 1000]) {
    const most = longestStep({ ...quickHyperparameters, batchSize }, data);
    const lengths = [...data.split.train].map(lengthOf).sort((a, b) => b - a);
    expect(most).toBe(lengths.slice(0, batchSize).reduce((sum, length) => sum + length, 0));
    const packing = {
      rows: data.split.train,
      offsets: data.tokens.offsets,
      batchSize,
      budgetTokens: most,
      maxSequences: 1000,
    };
    for (const seed of [1, 2, 3])
      for (const step of planEpoch({ ...packing, seed }, seed).steps)
        expect(step.microBatches).toHaveLength(1);
  }
});

it('a text that is read in pieces counts as one', () => {
  const h = { ...quickHyperparameters, batchSize: 10, maxLength: 512 };
  expect(longestStep({ ...h, longTexts: 'windows', segmentLength: 8 }, data)).toBe(80);
  expect(longestStep({ ...h, longTexts: 'recurrence', segmentLength: 16 }, data)).toBe(160);
});
