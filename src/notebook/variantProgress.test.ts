import { describe, expect, it } from 'vitest';
import { trainingShare, variantShare, variantsLeftMs, wholeProgress } from './variantProgress.ts';

const report = (phase: string, done: number, total: number | null) =>
  ({ phase, done, total, unit: 'rows' }) as const;

describe('progress of an experiment', () => {
  it('never goes back while phases of a variant count from zero, and leaves room for its end', () => {
    const share = variantShare();
    const told = [
      report('Reading', 0, null),
      report('Embedding', 0, 10),
      report('Embedding', 5, 10),
      report('Embedding', 10, 10),
      report('Testing', 0, 4),
      report('Testing', 2, 4),
      report('Testing', 4, 4),
    ].map(share);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told[2]).toBeCloseTo(1 / 3);
    expect(told[4]).toBe(told[3]);
    expect(told.at(-1)).toBeLessThan(1);
  });

  it('is that of the steps where a variant trains', () => {
    const share = trainingShare();
    const step = (done: number) => ({ phase: '', done, total: 100, unit: 'steps' }) as const;
    const told = [
      report('Tokenising', 10, 10),
      step(2),
      report('Evaluating', 5, 10),
      step(50),
      step(100),
    ].map(share);
    expect(told[0]).toBe(0);
    expect(told[1]).toBeCloseTo(0.019);
    expect(told[2]).toBe(told[1]);
    expect(told[4]).toBeCloseTo(0.95);
  });

  it('is of all variants: those that ended, and a part of the one under way', () => {
    expect(wholeProgress({ ended: 2, total: 8 }, 0.4, 'Variant 3 of 8')).toEqual({
      phase: 'Variant 3 of 8',
      done: 2.4,
      total: 8,
      unit: 'variants',
    });
  });

  it('says how long, by the variants that are done, else by the first where enough of it is', () => {
    expect(variantsLeftMs({ doneMs: [], waiting: 3, elapsedMs: 1000, share: 0.1 })).toBeNull();
    expect(variantsLeftMs({ doneMs: [], waiting: 3, elapsedMs: 1000, share: 0.5 })).toBe(1000 + 3 * 2000);
    expect(variantsLeftMs({ doneMs: [1000, 3000], waiting: 2, elapsedMs: 500, share: 0.25 })).toBe(
      1500 + 4000,
    );
    // Longer than the others already: what its share leaves is still to come.
    expect(variantsLeftMs({ doneMs: [1000], waiting: 0, elapsedMs: 4000, share: 0.5 })).toBe(500);
  });
});
