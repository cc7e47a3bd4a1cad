import { describe, expect, it } from 'vitest';
import {
  chiSquaredTail,
  erfc,
  fairCoinsAtMost,
  normalCdf,
  normalQuantile,
  quantile,
  studentQuantile,
  studentTwoSided,
} from './distributions.ts';

describe('distributions', () => {
  it('erfc agrees with published values, far into the tail', () => {
    // Abramowitz and Stegun, table 7.1 (erf 0.5, 1), and the DLMF's asymptotic values.
    expect(erfc(0)).toBe(1);
    expect(erfc(0.5)).toBeCloseTo(0.4795001221869535, 14);
    expect(erfc(1)).toBeCloseTo(0.15729920705028513, 14);
    expect(erfc(-1)).toBeCloseTo(2 - 0.15729920705028513, 14);
    expect(erfc(3) / 2.209049699858544e-5).toBeCloseTo(1, 12);
    expect(erfc(10) / 2.088487583762545e-45).toBeCloseTo(1, 11);
    expect(erfc(2 - 1e-12) / erfc(2 + 1e-12)).toBeCloseTo(1, 10);
  });

  it('normal and chi-squared give the textbook critical values', () => {
    expect(normalCdf(1.959963984540054)).toBeCloseTo(0.975, 12);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(0.05)).toBeCloseTo(-1.6448536269514729, 12);
    expect(chiSquaredTail(3.841458820694124)).toBeCloseTo(0.05, 12);
    expect(chiSquaredTail(6.6348966010212145)).toBeCloseTo(0.01, 12);
    expect(chiSquaredTail(0)).toBe(1);
  });

  it("Student's t equals its closed forms for 1 and 2 degrees, and the table beyond", () => {
    // One degree is Cauchy's: P(|T| <= t) = 2/π atan t. Two: t / sqrt(2 + t²).
    expect(studentTwoSided(3, 1)).toBeCloseTo(1 - (2 / Math.PI) * Math.atan(3), 14);
    expect(studentTwoSided(3, 2)).toBeCloseTo(1 - 3 / Math.sqrt(11), 14);
    const table = [12.706204736, 4.30265273, 3.182446305, 2.776445105, 2.570581836, 2.446911851];
    table.forEach((t, i) => expect(studentQuantile(0.95, i + 1)).toBeCloseTo(t, 8));
    expect(studentQuantile(0.95, 9)).toBeCloseTo(2.262157163, 8);
    expect(studentQuantile(0.95, 100)).toBeCloseTo(1.983971519, 8);
  });

  it('fair coins count exactly', () => {
    // (C(10,0) + C(10,1) + C(10,2)) / 1024
    expect(fairCoinsAtMost(2, 10)).toBe(56 / 1024);
    expect(fairCoinsAtMost(10, 10)).toBe(1);
  });

  it('quantiles interpolate as NumPy does', () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBe(1.75);
    expect(quantile([5], 0.9)).toBe(5);
    expect(quantile([0, 10], 1)).toBe(10);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
