import { describe, expect, it } from 'vitest';
import { random } from '../base/random.ts';
import { planEpoch, planEvaluation, type PackingOptions } from './packing.ts';

/** Rows of wikiHow-like lengths: mostly tens of tokens, a tail up to 512. */
function table(rowCount: number, seed: number): Uint32Array {
  const stream = random(seed);
  const offsets = new Uint32Array(rowCount + 1);
  for (let i = 0; i < rowCount; i++)
    offsets[i + 1] = (offsets[i] as number) + Math.min(512, 4 + Math.floor(20 * Math.exp(stream.normal())));
  return offsets;
}

const options = (rowCount: number, batchSize: number, budgetTokens = 1024): PackingOptions => ({
  rows: Uint32Array.from({ length: rowCount }, (_, i) => rowCount - 1 - i),
  offsets: table(rowCount, 7),
  batchSize,
  budgetTokens,
  maxSequences: 64,
  seed: 5,
});

describe('planEpoch', () => {
  it.each([
    [1, 48],
    [47, 48],
    [48, 48],
    [1003, 48],
    [500, 1],
    [2000, 7],
  ])(
    '%i rows in batches of %i: every row exactly once, exact batches, budgets kept',
    (rowCount, batchSize) => {
      const o = options(rowCount, batchSize);
      const { steps, statistics } = planEpoch(o, 3);
      const seen = steps.flatMap((step) => step.microBatches.flat());
      expect([...seen].sort((a, b) => a - b)).toEqual([...o.rows].sort((a, b) => a - b));
      expect(steps.length).toBe(Math.ceil(rowCount / batchSize));
      expect(steps.filter((step) => step.rowCount !== batchSize).length).toBe(
        rowCount % batchSize === 0 ? 0 : 1,
      );
      for (const step of steps)
        for (const batch of step.microBatches) {
          const tokens = batch.reduce(
            (sum, r) => sum + (o.offsets[r + 1] as number) - (o.offsets[r] as number),
            0,
          );
          expect(tokens).toBeLessThanOrEqual(o.budgetTokens);
          expect(batch.length).toBeLessThanOrEqual(o.maxSequences);
          expect(batch.length).toBeGreaterThan(0);
        }
      expect(statistics.tokens).toBe(o.offsets[rowCount]);
    },
  );

  it('is a function of seed and epoch alone', () => {
    const o = options(300, 16);
    expect(planEpoch(o, 2)).toEqual(planEpoch({ ...o }, 2));
    expect(planEpoch(o, 2).steps).not.toEqual(planEpoch(o, 1).steps);
    expect(planEpoch(o, 2).steps).not.toEqual(planEpoch({ ...o, seed: 6 }, 2).steps);
  });

  it('sorts by length inside windows: steps need far less padding than random batches would', () => {
    const o = options(4000, 48);
    const sorted = planEpoch(o, 0).statistics;
    const unsorted = planEpoch({ ...o, windowBatches: 1 }, 0).statistics;
    expect(sorted.paddedTokens).toBeLessThan(0.5 * unsorted.paddedTokens);
  });

  it('puts long and short steps in mixed order', () => {
    const { steps } = planEpoch(options(4000, 48), 0);
    const half = Math.floor(steps.length / 2);
    const sum = (part: typeof steps) => part.reduce((total, step) => total + step.tokenCount, 0);
    expect(sum(steps.slice(0, half)) / sum(steps.slice(-half))).toBeGreaterThan(0.5);
    expect(sum(steps.slice(0, half)) / sum(steps.slice(-half))).toBeLessThan(2);
  });

  it('mixes lengths only where that saves a micro-batch', () => {
    // 6, 6, 4, 4 in a budget of 10: in order it takes three passes, fitted two.
    const offsets = Uint32Array.from([0, 6, 12, 16, 20]);
    const rows = Uint32Array.from([0, 1, 2, 3]);
    const plan = planEpoch({ rows, offsets, batchSize: 4, budgetTokens: 10, maxSequences: 8, seed: 1 }, 0);
    expect(plan.steps[0]?.microBatches.length).toBe(2);
    expect(plan.statistics.efficiency).toBe(1);
  });

  it('refuses a row that alone exceeds the budget', () => {
    const o = { ...options(1, 1), offsets: Uint32Array.from([0, 2000]) };
    expect(() => planEpoch(o, 0)).toThrow(expect.objectContaining({ code: 'budget-below-length' }));
  });
});

describe('planEvaluation', () => {
  it('covers every position once under the limits, whatever rows are asked', () => {
    const offsets = table(800, 11);
    const rows = Uint32Array.from({ length: 400 }, (_, i) => 2 * i + 1);
    const batches = planEvaluation(rows, offsets, { budgetTokens: 600, maxSequences: 20 });
    expect(batches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i));
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(20);
      const tokens = batch.reduce((sum, at) => {
        const row = rows[at] as number;
        return sum + (offsets[row + 1] as number) - (offsets[row] as number);
      }, 0);
      expect(tokens).toBeLessThanOrEqual(600);
    }
  });

  it('of nothing is nothing', () => {
    expect(
      planEvaluation(new Uint32Array(0), Uint32Array.of(0), { budgetTokens: 8, maxSequences: 8 }),
    ).toEqual([]);
  });
});
