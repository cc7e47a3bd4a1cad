import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { matrixLimitBytes, mostMatrixRows, distanceMatrix } from './distanceMatrix.ts';
import { geometry } from './geometry.ts';
import type { DensePoints } from './points.ts';
import { hdbscanSteps } from './hdbscan/hdbscan.ts';
import { hierarchySteps, mergeSteps } from './hierarchy.ts';

function drain<T>(steps: Generator<number, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** Three clusters of 25 rows in turn, each wider than the last, and 15 rows strewn about. */
function fixed(): DensePoints {
  const r = random(22);
  const [count, width] = [90, 3];
  const values = new Float32Array(count * width);
  for (let i = 0; i < count; i++)
    for (let j = 0; j < width; j++)
      values[i * width + j] =
        i < 75 ? 4 * ((i + j) % 3) + (0.5 + 0.3 * (i % 3)) * r.normal() : 16 * r.next() - 4;
  return { count, width, values };
}

const points = geometry(fixed());
const letters = (clusters: ArrayLike<number>) =>
  Array.from(clusters, (c) => (c < 0 ? '.' : String.fromCodePoint(97 + c))).join('');
const turns = (three: string) => three.repeat(25);

describe('hierarchical clustering', () => {
  // scikit-learn 1.9.1's AgglomerativeClustering at k = 7, renumbered by first rows; scipy's last three heights.
  it.each([
    [
      'ward',
      'abcabcabcabcabcabcabcabdabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcddceaebebfdggee',
      [28.64904336, 47.87273152, 53.33256834],
    ],
    [
      'average',
      'abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabccbcdadbdefcggdd',
      [10.14584814, 12.30791126, 12.95739118],
    ],
    [
      'complete',
      'abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcccadadbdefcggdd',
      [13.57795006, 15.43858535, 21.58965126],
    ],
  ] as const)('equals scikit-learn’s: %s', (linkage, expected, heights) => {
    const clusters = drain(hierarchySteps(points, linkage, 7));
    expect(letters(clusters)).toBe(expected);
    const merges = drain(mergeSteps(drain(distanceMatrix(points, 'test')), 90, linkage));
    expect(merges).toHaveLength(89);
    merges.slice(-3).forEach(({ height }, i) => expect(height / (heights[i] as number)).toBeCloseTo(1, 4));
  });

  it('goes from one cluster to one a row', () => {
    expect(new Set(drain(hierarchySteps(points, 'ward', 1))).size).toBe(1);
    expect(new Set(drain(hierarchySteps(points, 'ward', 90))).size).toBe(90);
  });

  it('merges copies first, at height 0', () => {
    const copies = geometry({
      count: 6,
      width: 2,
      values: Float32Array.of(1, 2, 9, 9, 1, 2, 9, 9, 1, 2, 5, 0),
    });
    expect(letters(drain(hierarchySteps(copies, 'average', 3)))).toBe('ababac');
  });

  it('refuses more rows than a matrix of distances may take, before it allocates', () => {
    const count = mostMatrixRows + 1;
    const many = geometry({ count, width: 1, values: Float32Array.from({ length: count }, (_, i) => i) });
    expect(count * count * 4).toBeGreaterThan(matrixLimitBytes);
    for (const steps of [hierarchySteps(many, 'ward', 9), hdbscanSteps(many, { minClusterSize: 5 })])
      expect(() => steps.next()).toThrow(expect.objectContaining({ code: 'points-too-many' }));
    expect(() => hierarchySteps(points, 'ward', 91).next()).toThrow(
      expect.objectContaining({ code: 'clusters-too-many' }),
    );
  });
});

describe('HDBSCAN', () => {
  // scikit-learn 1.9.1's HDBSCAN: labels, and the sum of its probabilities.
  it.each([
    [5, 5, 'bb..a.c...b....', 57.52778096377171],
    [8, 3, 'bb.aaaca..b..aa', 64.16456523965755],
    [20, 2, 'bb.aaaca..b..aa', 74.66608613413507],
  ])('equals scikit-learn’s: smallest cluster %i, %i samples', (minClusterSize, minSamples, strewn, sum) => {
    const found = drain(hdbscanSteps(points, { minClusterSize, minSamples }));
    expect(letters(found.clusters)).toBe(`${turns('acb')}${strewn}`);
    expect(found.k).toBe(3);
    expect(found.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(sum, 3);
  });

  it('calls everything noise where nothing is dense, and takes copies', () => {
    const r = random(3);
    const values = Float32Array.from({ length: 40 }, () => r.next());
    const flat = drain(hdbscanSteps(geometry({ count: 20, width: 2, values }), { minClusterSize: 15 }));
    expect(flat.k).toBe(0);
    expect([...flat.clusters].every((cluster) => cluster === -1)).toBe(true);
    const copies = Float32Array.from({ length: 40 }, (_, i) =>
      i < 10 ? 0 : i < 20 ? 5 : 50 * r.next() - 90,
    );
    const found = drain(
      hdbscanSteps(geometry({ count: 40, width: 1, values: copies }), { minClusterSize: 6 }),
    );
    expect(new Set(found.clusters.slice(0, 10)).size).toBe(1);
    expect(found.clusters[0]).not.toBe(found.clusters[10]);
    expect([...found.probabilities].every((p) => p >= 0 && p <= 1)).toBe(true);
    expect(() => drain(hdbscanSteps(points, { minClusterSize: 1 }))).toThrow(
      expect.objectContaining({ code: 'cluster-size-too-small' }),
    );
  });
});
