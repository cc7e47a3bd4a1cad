import { describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import type { Steps } from '../../../base/steps.ts';
import { kmeans } from '../../clustering/kmeans.ts';
import { cosine, type Vectors } from '../vectors.ts';
import { clusterWeights, compression } from './compression.ts';
import { contrast } from './contrast.ts';
import { correlationSteps, slicedWasserstein, wasserstein1 } from './correlation.ts';
import { tripletMiner } from './hardNegatives.ts';
import { neighbourSteps } from './neighbours.ts';
import { coverage, nearestToCentroids, randomCoverage } from './selection.ts';

function drain<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

function normals(count: number, width: number, seed: number, shift = 0): Vectors {
  const r = random(seed);
  return { count, width, values: Float32Array.from({ length: count * width }, () => r.normal() + shift) };
}

describe('nearest neighbours', () => {
  const set = normals(301, 7, 1);
  const queries = normals(45, 7, 2);

  it('are those that sorting all cosines gives', () => {
    const { rows, scores } = drain(neighbourSteps(queries, set, { k: 4 }));
    for (const query of [0, 31, 32, 44]) {
      const all = Array.from({ length: 301 }, (_, row) => ({ row, score: cosine(queries, query, set, row) }));
      const best = all.sort((a, b) => b.score - a.score).slice(0, 4);
      expect([...rows.subarray(query * 4, query * 4 + 4)]).toEqual(best.map(({ row }) => row));
      best.forEach(({ score }, i) => expect(scores[query * 4 + i]).toBeCloseTo(score, 12));
    }
  });

  it('leave the row itself out on demand, and put equals in order', () => {
    const twins: Vectors = { count: 4, width: 2, values: Float32Array.of(1, 0, 2, 0, 3, 0, 0, 1) };
    expect(drain(neighbourSteps(twins, twins, { k: 2, excludeSelf: true })).rows.subarray(0, 4)).toEqual(
      Uint32Array.of(1, 2, 0, 2),
    );
    expect(() => drain(neighbourSteps(twins, twins, { k: 4, excludeSelf: true }))).toThrowError(
      expect.objectContaining({ code: 'embedding-empty' }),
    );
    expect(() => drain(neighbourSteps(normals(2, 3, 1), twins, { k: 1 }))).toThrowError(
      expect.objectContaining({ code: 'embedding-shape' }),
    );
  });
});

describe('data selection', () => {
  it('covers rare categories that random rows miss', async () => {
    // Nine large categories and one of six rows.
    const r = random(3);
    const categories = Array.from({ length: 300 }, (_, row) => (row < 6 ? 9 : row % 9));
    const values = Float32Array.from({ length: 900 }, (_, i) => {
      const category = categories[Math.floor(i / 3)] as number;
      return 5 * Math.cos(category * (1 + (i % 3))) + 0.2 * r.normal();
    });
    const result = await kmeans({ count: 300, width: 3, values }, { k: 10, seed: 1, runs: 5 });
    const chosen = nearestToCentroids(result);
    expect(chosen).toHaveLength(10);
    const selected = coverage(categories, chosen);
    const { mean, deviation } = randomCoverage(categories, 10, [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(selected.categories).toBe(1);
    expect(selected.entropyBits).toBeCloseTo(Math.log2(10), 12);
    expect(mean.categories).toBeLessThan(0.8);
    expect(deviation.categories).toBeGreaterThan(0);
    expect(coverage(categories, [...categories.keys()])).toMatchObject({ categories: 1, distance: 0 });
  });

  it('takes the nearest rows of each cluster, as many as there are', () => {
    const result = { clusters: Uint32Array.of(0, 0, 1, 0), squaredDistances: Float64Array.of(3, 1, 0, 1) };
    expect([...nearestToCentroids(result)]).toEqual([1, 2]);
    expect([...nearestToCentroids(result, 2)]).toEqual([1, 2, 3]);
  });
});

describe('benchmark compression', () => {
  it('lets a row speak for its cluster', () => {
    const clusters = [0, 0, 0, 1];
    const scores = [
      [1, 1, 1, 0],
      [0, 0, 0, 1],
    ];
    const rows = [0, 3];
    expect(compression(scores, rows).meanError).toBe(0.25);
    const weighted = compression(scores, rows, clusterWeights(clusters, rows));
    expect(weighted).toMatchObject({ meanError: 0, rankCorrelation: 1 });
    expect(compression([[1, 2]], [0]).rankCorrelation).toBeNull();
  });
});

describe('task correlation', () => {
  it('measures distance on a line as the area between two distributions', () => {
    const of = (a: number[], b: number[]) => wasserstein1(Float64Array.from(a), Float64Array.from(b));
    expect(of([0, 1, 3], [5, 6, 8])).toBe(5);
    // Sizes differ: half of the mass moves by one.
    expect(of([0], [0, 1])).toBe(0.5);
    expect(of([3, 1, 2], [2, 3, 1])).toBe(0);
  });

  it('is 1 and 0 for a set with itself, and tells near from far', () => {
    const [a, near, far] = [normals(80, 6, 1, 1), normals(90, 6, 2, 1), normals(70, 6, 3, -1)];
    expect(slicedWasserstein(a, a, 16, 1)).toBe(0);
    const { maxCosine, wasserstein } = drain(correlationSteps([a, near, far], { seed: 1 }));
    expect([maxCosine[0], maxCosine[4], wasserstein[0]]).toEqual([1, 1, 0]);
    expect(maxCosine[1]).toBeGreaterThan((maxCosine[2] as number) + 0.2);
    expect(wasserstein[1]).toBeLessThan((wasserstein[2] as number) / 3);
    expect(wasserstein[1]).toBe(wasserstein[3]);
  });
});

describe('alignment and uniformity', () => {
  it('are those of a square, by hand', () => {
    const square: Vectors = { count: 4, width: 2, values: Float32Array.of(1, 0, 0, 2, -3, 0, 0, -1) };
    const { alignment, uniformity } = contrast(square, [
      [0, 1],
      [0, 2],
    ]);
    expect(alignment).toBeCloseTo(3, 12);
    expect(uniformity).toBeCloseTo(Math.log((4 * Math.exp(-4) + 2 * Math.exp(-8)) / 6), 12);
    expect(contrast(square, []).alignment).toBeNull();
  });
});

describe('hard negatives', () => {
  const row = (pair: string, category = pair) => ({ pair, category });
  const rows = [
    row('write|poem'),
    row('write|poem'),
    row('write|essay'),
    row('read|poem'),
    // Merged: neither is a negative of the other.
    row('fix|error', 'fix|error##fix|mistake'),
    row('fix|mistake', 'fix|error##fix|mistake'),
    row('spot|mistake'),
    // Shares nothing with anyone.
    row('bake|cake'),
  ];
  const mine = tripletMiner(rows);
  const draws = (anchor: number) => Array.from({ length: 60 }, (_, seed) => mine(anchor, random(seed)));

  it('share verb or noun, and never the category', () => {
    const seen = draws(0);
    expect(new Set(seen.map(({ negative }) => negative))).toEqual(new Set([2, 3]));
    expect(seen.every(({ positive, source }) => positive === 1 && source === 'anchor')).toBe(true);
  });

  it("fall back to the positive's, which then changes place with the anchor", () => {
    for (const { anchor, positive, negative, source } of draws(4))
      expect([anchor, positive, negative, source]).toEqual([5, 4, 6, 'positive']);
  });

  it('fall back to any other category, and a lone row is its own positive', () => {
    const seen = draws(7);
    expect(seen.every(({ source, positive }) => source === 'random' && positive === 7)).toBe(true);
    expect(seen.some(({ negative }) => negative === 7)).toBe(false);
    expect(new Set(seen.map(({ negative }) => negative)).size).toBeGreaterThan(3);
    expect(() => tripletMiner(rows.slice(0, 2))).toThrowError(
      expect.objectContaining({ code: 'triplets-one-category' }),
    );
  });
});
