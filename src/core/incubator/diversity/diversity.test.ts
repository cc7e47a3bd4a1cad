import { describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import { fitTfidf } from '../../baseline/tfidf.ts';
import type { Geometry, Points } from '../../clustering/points.ts';
import { geometry } from '../../clustering/geometry.ts';
import { symmetricEigen } from '../../embedding/eigen.ts';
import { symmetricEigenvalues } from '../../embedding/eigenvalues.ts';
import type { GeneratedSet } from '../types.ts';
import { diversify, takeObjects, type DiversifyOptions } from './diversify.ts';
import { diversityOf } from './diversity.ts';
import { selfBleu } from './selfBleu.ts';
import { unitTexts } from './units.ts';
import { vendiScore } from './vendi.ts';

const dense = (rows: readonly (readonly number[])[]): Points => ({
  count: rows.length,
  width: rows[0]?.length ?? 0,
  values: Float32Array.from(rows.flat()),
});

describe('self-BLEU', () => {
  it('is 1 for copies and about 0 for texts without a common word', () => {
    expect(selfBleu(['a b c d e', 'a b c d e', 'a b c d e'])?.[4]).toBeCloseTo(1, 12);
    const apart = selfBleu(['a b c d', 'e f g h']);
    // No match at any order: every precision is smoothed to 0.1 / n-grams.
    expect(apart?.[1]).toBeCloseTo(0.1 / 4, 12);
    expect(apart?.[2]).toBeCloseTo(Math.sqrt((0.1 / 4) * (0.1 / 3)), 12);
  });

  it('agrees with a case worked by hand: clipping, brevity, closest reference', () => {
    // "the the cat": the is clipped at 1 (once in the other), cat 1: p1 = 2/3; bigrams "the the" no, "the cat" yes: p2 = 1/2.
    // Its length 3 against 4: brevity exp(1 - 4/3). "the cat sat down": p1 = 2/4, p2 = 1/3, no brevity penalty.
    const found = selfBleu(['the the cat', 'the cat sat down']);
    const brevity = Math.exp(1 - 4 / 3);
    expect(found?.[1]).toBeCloseTo((brevity * (2 / 3) + 2 / 4) / 2, 12);
    expect(found?.[2]).toBeCloseTo(
      (brevity * Math.sqrt((2 / 3) * (1 / 2)) + Math.sqrt((2 / 4) * (1 / 3))) / 2,
      12,
    );
  });

  it('takes the largest count among the others, not its own', () => {
    // Only the first has x three times: it is clipped at the second largest, 2.
    const found = selfBleu(['x x x', 'x x y', 'x z z']);
    const first = 2 / 3;
    const second = 2 / 3;
    const third = 1 / 3;
    expect(found?.[1]).toBeCloseTo((first + second + third) / 3, 12);
  });

  it('has no value below two texts', () => {
    expect(selfBleu(['alone', ''])).toBeNull();
  });
});

describe('eigenvalues without vectors', () => {
  it('agree with Jacobi on random, diagonal and singular matrices', () => {
    const r = random(5);
    for (const [n, rank] of [
      [1, 1],
      [2, 2],
      [7, 7],
      [24, 5],
      [40, 40],
    ] as const) {
      const rows = Array.from({ length: rank }, () => Array.from({ length: n }, () => r.normal()));
      const matrix = Float64Array.from({ length: n * n }, (_, at) =>
        rows.reduce((sum, row) => sum + (row[Math.floor(at / n)] ?? 0) * (row[at % n] ?? 0), 0),
      );
      const expected = symmetricEigen(matrix, n).values;
      symmetricEigenvalues(matrix, n).forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? 0, 9));
    }
    const diagonal = Float64Array.from([3, 0, 0, 0, -1, 0, 0, 0, 2]);
    expect([...symmetricEigenvalues(diagonal, 3)]).toEqual([3, 2, -1]);
  });
});

describe('Vendi score', () => {
  const of = (rows: readonly (readonly number[])[]) => vendiScore(geometry(dense(rows)), 1).score;
  it('counts orthogonal texts and does not count copies', () => {
    expect(
      of([
        [1, 0, 0],
        [0, 2, 0],
        [0, 0, 3],
      ]),
    ).toBeCloseTo(3, 10);
    expect(
      of([
        [1, 1],
        [2, 2],
        [3, 3],
      ]),
    ).toBeCloseTo(1, 10);
    expect(
      of([
        [1, 0],
        [1, 0],
        [0, 1],
        [0, 1],
      ]),
    ).toBeCloseTo(2, 10);
  });

  it('has a closed form for two texts: eigenvalues (1 ± cosine) / 2', () => {
    const cosine = 0.6;
    const [p, q] = [(1 + cosine) / 2, (1 - cosine) / 2];
    expect(
      of([
        [1, 0],
        [0.6, 0.8],
      ]),
    ).toBeCloseTo(Math.exp(-p * Math.log(p) - q * Math.log(q)), 6);
  });

  it('samples large sets by the seed', () => {
    const r = random(1);
    const points = geometry({
      count: 700,
      width: 4,
      values: Float32Array.from({ length: 2800 }, () => r.normal()),
    });
    const found = vendiScore(points, 3, 100);
    expect(found.rows).toBe(100);
    expect(vendiScore(points, 3, 100)).toEqual(found);
    expect(found.score).toBeGreaterThan(3);
    expect(found.score).toBeLessThanOrEqual(4.0001);
  });
});

describe('diversity of a set', () => {
  it('gives distinct-n and the mean cosine distance of all pairs', async () => {
    const texts = ['a a b', 'a c'];
    const found = await diversityOf(
      texts,
      dense([
        [1, 0],
        [0.6, 0.8],
      ]),
    );
    expect(found.distinct).toEqual({ 1: 3 / 5, 2: 3 / 3, 3: 1 });
    expect(found.meanCosineDistance).toBeCloseTo(0.4, 6);
    expect(found).toMatchObject({ texts: 2, meanWords: 2.5 });
    const three = await diversityOf(
      ['x', 'y', 'z'],
      dense([
        [1, 0],
        [0, 5],
        [-1, 0],
      ]),
    );
    expect(three.meanCosineDistance).toBeCloseTo((1 + 2 + 1) / 3, 6);
    expect(three.distinct[2]).toBeNull();
  });

  it('says what does not fit', async () => {
    await expect(diversityOf([], dense([[1]]))).rejects.toMatchObject({ code: 'diversity-empty' });
    await expect(diversityOf(['a', 'b'], dense([[1]]))).rejects.toMatchObject({ code: 'diversity-shape' });
  });
});

/** Objects around eight far corners, in turns, with 8 near each. */
function corners(count: number): { readonly set: GeneratedSet; readonly joined: Points } {
  const r = random(3);
  const rows = Array.from({ length: count }, (_, i) =>
    [0, 1, 2].map((bit) => 10 * ((i >> bit) & 1) + 0.5 * r.normal()),
  );
  const samples = rows.map((_, i) => [`corner ${i % 8} text ${i}`, `other ${i}`]);
  return { set: { instruction: '', labels: ['a', 'b'], samples }, joined: dense(rows) };
}

const options = (change: Partial<DiversifyOptions> = {}): DiversifyOptions => ({
  k: 8,
  batchSize: 1024,
  seed: 1,
  unit: 'joined',
  method: 'kmeans',
  ...change,
});

describe('self-diversification', () => {
  it('keeps one object of each cluster, the nearest to its centre, by three methods', async () => {
    const { set, joined } = corners(64);
    const centres = Array.from({ length: 8 }, (_, corner) => nearest(geometry(joined), corner)).sort(
      (a, b) => a - b,
    );
    for (const method of ['kmeans', 'hierarchical'] as const)
      expect([...(await diversify(set, joined, options({ method }))).kept]).toEqual(centres);
    // HDBSCAN leaves outlying rows out of its clusters, so its means are others.
    const density = await diversify(set, joined, options({ method: 'hdbscan' }));
    expect([...density.kept].map((row) => row % 8).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    const { kept } = await diversify(set, joined, options({ method: 'random' }));
    expect(new Set(kept).size).toBe(8);
    expect((await diversify(set, joined, options({ method: 'random' }))).kept).toEqual(kept);
    expect((await diversify(set, joined, options({ method: 'random', seed: 2 }))).kept).not.toEqual(kept);
  });

  it('repeats per batch; a rest too small for K joins the batch before', async () => {
    const { set, joined } = corners(70);
    const { kept, batches } = await diversify(set, joined, options({ batchSize: 32 }));
    expect(batches.map(({ from, to }) => [from, to])).toEqual([
      [0, 32],
      [32, 70],
    ]);
    expect(kept).toHaveLength(16);
    expect(batches.every(({ kept: own, from, to }) => own.every((row) => row >= from && row < to))).toBe(
      true,
    );
  });

  it('compares classes side by side: dense and sparse vectors choose alike', async () => {
    const r = random(12);
    // Counts at random, so that no two distances are equal and rounding decides nothing.
    const text = () => Array.from({ length: 12 }, () => `w${r.integer(25)}`).join(' ');
    const samples = Array.from({ length: 40 }, () => [text(), text()]);
    const set = { instruction: '', labels: ['a', 'b'], samples };
    const texts = unitTexts(set, 'both');
    expect(texts).toHaveLength(120);
    expect(texts[2]).toBe(`${texts[0]}\n${texts[1]}`);
    const tfidf = { ngramMax: 1, minDocumentCount: 1, sublinearTf: true } as const;
    const x = fitTfidf(texts, tfidf).transform(texts);
    const wide: Points = {
      count: x.rowCount,
      width: x.columnCount,
      values: new Float32Array(x.rowCount * x.columnCount),
    };
    for (let row = 0; row < x.rowCount; row++)
      for (let i = x.offsets[row] ?? 0; i < (x.offsets[row + 1] ?? 0); i++)
        wide.values[row * x.columnCount + (x.columns[i] ?? 0)] = x.values[i] ?? 0;
    const hierarchical = options({ unit: 'both', method: 'hierarchical' });
    const sparse = await diversify(set, x, hierarchical);
    expect((await diversify(set, wide, hierarchical)).kept).toEqual(sparse.kept);
    expect(takeObjects(set, sparse.kept).samples).toHaveLength(8);
  });

  it('keeps fewer where objects are copies, and refuses what cannot be', async () => {
    const copies = {
      instruction: '',
      labels: ['a'],
      samples: Array.from({ length: 20 }, (_, i) => [`${i % 3}`]),
    };
    const vectors = dense(Array.from({ length: 20 }, (_, i) => [i % 3, 1]));
    expect((await diversify(copies, vectors, options())).kept).toHaveLength(3);
    const same = dense(Array.from({ length: 20 }, () => [1, 1]));
    expect((await diversify(copies, same, options())).kept).toHaveLength(1);
    const refused = (change: Partial<DiversifyOptions>) => diversify(copies, vectors, options(change));
    await expect(refused({ k: 0 })).rejects.toMatchObject({ code: 'diversity-batch' });
    await expect(refused({ batchSize: 4 })).rejects.toMatchObject({ code: 'diversity-batch' });
    await expect(refused({ unit: 'both' })).rejects.toMatchObject({ code: 'diversity-shape' });
    await expect(refused({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
  });
});

/** Of the rows with this corner, the one nearest to their mean. */
function nearest(points: Geometry, corner: number): number {
  const rows = Array.from({ length: points.count }, (_, row) => row).filter((row) => row % 8 === corner);
  const mean = new Float64Array(points.width);
  for (const row of rows) points.addRow(row, 1 / rows.length, mean, 0);
  const far = (row: number) => (points.squaredNorms[row] ?? 0) - 2 * points.dot(row, mean, 0);
  return rows.reduce((best, row) => (far(row) < far(best) ? row : best));
}
