import { describe, expect, it } from 'vitest';
import { mcnemar, mcnemarCounts } from './mcnemar.ts';

describe('McNemar', () => {
  it('is the exact binomial below 25 discordant rows', () => {
    // b = 6, c = 16: 2 · Σ_{i<=6} C(22, i) / 2²² = 2 · 110,056 / 4,194,304.
    const { pValue, method, statistic } = mcnemarCounts(6, 16);
    expect(pValue).toBeCloseTo((2 * (1 + 22 + 231 + 1540 + 7315 + 26334 + 74613)) / 2 ** 22, 12);
    expect(pValue).toBeCloseTo(0.0525, 4);
    expect([method, statistic]).toEqual(['exact-binomial', null]);
  });

  it('is chi-squared with continuity correction from 25 on', () => {
    // b = 121, c = 59: (62 - 1)² / 180.
    const { statistic, pValue, method } = mcnemarCounts(121, 59);
    expect(statistic).toBeCloseTo(3721 / 180, 12);
    expect(method).toBe('chi-squared-corrected');
    expect(pValue / 5.45e-6).toBeCloseTo(1, 2);
    expect(mcnemarCounts(12, 13)).toMatchObject({ statistic: 0, pValue: 1 });
    expect(mcnemarCounts(12, 12).method).toBe('exact-binomial');
  });

  it('counts rows that one model alone gets right, and does not take sides', () => {
    const first = [1, 1, 1, 0, 0, 1];
    const second = [1, 0, 0, 1, 0, 0];
    expect(mcnemar(first, second)).toMatchObject({ onlyFirst: 3, onlySecond: 1, pValue: 10 / 16 });
    expect(mcnemar(second, first).pValue).toBe(10 / 16);
    expect(mcnemar(first, first).pValue).toBe(1);
  });
});
