import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clusterAgreement, silhouette, spearman } from './clustering.ts';

interface Goldens {
  readonly clustering: {
    readonly y: number[];
    readonly c: number[];
    readonly X: number[][];
    readonly ari: number;
    readonly purity: number;
    readonly homogeneity: number;
    readonly silhouette: number;
  }[];
  readonly spearman: { readonly a: number[]; readonly b: number[]; readonly rho: number }[];
}

// Values computed by scikit-learn 1.2.1: third-party data beside the repository, skipped where it is absent.
const goldenPath = '../shared/data/ieb/sklearn_golden.json';
describe.skipIf(!existsSync(goldenPath))('against scikit-learn', () => {
  const goldens = existsSync(goldenPath)
    ? (JSON.parse(readFileSync(goldenPath, 'utf8')) as Goldens)
    : { clustering: [], spearman: [] };

  it.each(goldens.clustering.map((golden, i) => [i, golden] as const))('clustering case %i', (_, golden) => {
    expect(clusterAgreement(golden.y, golden.c)).toEqual({
      ari: expect.closeTo(golden.ari, 9) as number,
      purity: expect.closeTo(golden.purity, 9) as number,
      homogeneity: expect.closeTo(golden.homogeneity, 9) as number,
    });
    // The golden silhouette is of the predicted clusters, as PIE's protocol has it.
    expect(silhouette(Float64Array.from(golden.X.flat()), golden.c)).toBeCloseTo(golden.silhouette, 9);
  });

  it.each(goldens.spearman.map((golden, i) => [i, golden] as const))('Spearman case %i', (_, golden) => {
    expect(spearman(golden.a, golden.b)).toBeCloseTo(golden.rho, 9);
  });
});

describe('clustering by hand', () => {
  it('does not care what clusters are called', () => {
    const same = { ari: 1, purity: 1, homogeneity: expect.closeTo(1, 12) as number };
    expect(clusterAgreement([0, 0, 1, 1, 2], [7, 7, -3, -3, 9])).toEqual(same);
    expect(clusterAgreement([0, 0, 0], [1, 1, 1])).toEqual(same);
  });

  it('gives one cluster of two classes no credit but its majority', () => {
    const one = clusterAgreement([0, 0, 0, 1], [5, 5, 5, 5]);
    expect(one.ari).toBe(0);
    expect(one.purity).toBe(0.75);
    expect(one.homogeneity).toBeCloseTo(0, 12);
  });

  it('scores far pairs near 1, lone items 0, and copies in two clusters 0', () => {
    expect(silhouette(Float32Array.of(0, 1, 100, 101), [0, 0, 1, 1])).toBeCloseTo(1 - 1 / 100, 3);
    expect(silhouette(Float32Array.of(0, 2, 10), [0, 0, 1])).toBeCloseTo((8 / 10 + 6 / 8) / 3, 12);
    expect(silhouette(new Float32Array(8), [0, 0, 1, 1])).toBe(0);
    for (const clusters of [
      [0, 0, 0],
      [0, 1, 2],
    ])
      expect(() => silhouette(new Float32Array(3), clusters)).toThrowError(
        expect.objectContaining({ code: 'silhouette-undefined' }),
      );
  });

  it('correlates ranks, not values, and says where there are none', () => {
    expect(spearman([1, 2, 3, 4], [1, 8, 27, 1e9])).toBe(1);
    expect(spearman([1, 2, 3], [3, 2, 1])).toBe(-1);
    expect(spearman([1, 1, 1], [3, 2, 1])).toBeNull();
    expect(() => spearman([1], [1, 2])).toThrowError(
      expect.objectContaining({ code: 'clustering-shape-mismatch' }),
    );
  });
});
