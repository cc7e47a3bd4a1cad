import { describe, expect, it } from 'vitest';
import { adjust, benjaminiHochberg, holm } from './corrections.ts';

// The fifteen p-values of Benjamini and Hochberg (1995), section 3.2.
const published = [
  0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.324, 0.4262, 0.5719, 0.6528,
  0.759, 1,
];

describe('corrections for several comparisons', () => {
  it('Benjamini-Hochberg finds four in the example of the paper, Holm three', () => {
    const isFinding = (p: number) => p <= 0.05;
    expect(benjaminiHochberg(published).filter(isFinding)).toHaveLength(4);
    expect(holm(published).filter(isFinding)).toHaveLength(3);
    // 15 · 0.0095 / 4
    expect(benjaminiHochberg(published)[3]).toBeCloseTo(0.035625, 12);
  });

  it('Holm multiplies the smallest by n, the next by n - 1, and never falls', () => {
    // Sorted 0.005 · 4, 0.01 · 3, 0.03 · 2, and 0.04 · 1 raised to the one before.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((p, i) => expect(adjusted[i]).toBeCloseTo(p, 14));
    expect(holm([0.9, 0.8])).toEqual([1, 1]);
  });

  it('leave one comparison as it is, and none alone', () => {
    for (const correction of ['holm', 'benjamini-hochberg', 'none'] as const) {
      expect(adjust([0.03], correction)).toEqual([0.03]);
      expect(adjust([], correction)).toEqual([]);
    }
  });
});
