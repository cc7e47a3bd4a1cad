import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import type { SparseMatrix } from '../baseline/sparse.ts';
import { silhouette as plainSilhouette } from '../metrics/clustering.ts';
import { geometry } from './geometry.ts';
import type { DensePoints } from './points.ts';
import { kmeans, type KMeansOptions } from './kmeans.ts';
import { means } from './means.ts';
import { silhouetteSteps } from './silhouette.ts';
import { elbow, sweepClusters } from './sweep.ts';

function blobs(
  count: number,
  width: number,
  k: number,
  spread: number,
  seed = 1,
): DensePoints & { of: number[] } {
  const r = random(seed);
  const centres = Float32Array.from({ length: k * width }, () => r.normal());
  const of = Array.from({ length: count }, (_, i) => (i < k ? i : r.integer(k)));
  const values = Float32Array.from(
    { length: count * width },
    (_, i) =>
      (centres[(of[Math.floor(i / width)] as number) * width + (i % width)] as number) + spread * r.normal(),
  );
  return { count, width, values, of };
}

function toSparse({ count, width, values }: DensePoints): SparseMatrix {
  const offsets = new Uint32Array(count + 1);
  const columns: number[] = [];
  const kept: number[] = [];
  for (let row = 0; row < count; row++) {
    for (let i = 0; i < width; i++) {
      const value = values[row * width + i] as number;
      if (value === 0) continue;
      columns.push(i);
      kept.push(value);
    }
    offsets[row + 1] = kept.length;
  }
  return {
    rowCount: count,
    columnCount: width,
    offsets,
    columns: Uint32Array.from(columns),
    values: Float32Array.from(kept),
  };
}

/** Textbook Lloyd, to check against: the sum of squares of its own means and nearest centroids. */
function settled({ count, width, values }: DensePoints, centroids: Float64Array, k: number): number {
  let total = 0;
  for (let row = 0; row < count; row++) {
    let least = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++) {
      let square = 0;
      for (let i = 0; i < width; i++)
        square += ((values[row * width + i] as number) - (centroids[c * width + i] as number)) ** 2;
      least = Math.min(least, square);
    }
    total += least;
  }
  return total;
}

describe('k-means', () => {
  const points = blobs(600, 11, 7, 0.25);
  const options: KMeansOptions = { k: 7, seed: 3, runs: 3 };

  it('finds clusters that are there, and its inertia is what its centroids give', async () => {
    const { clusters, centroids, inertia, converged } = await kmeans(points, options);
    const pairs = new Set(points.of.map((label, row) => `${label} ${clusters[row]}`));
    expect(pairs.size).toBe(7);
    expect(converged).toBe(true);
    expect(inertia).toBeCloseTo(settled(points, centroids, 7), 6);
  });

  it.each([1, 2, 13, 40])('gives the same clusters with bounds as without, k = %i', async (k) => {
    const loose = blobs(500, 9, 5, 1.2, 8);
    const plain = await kmeans(loose, { k, seed: 5, algorithm: 'lloyd', tolerance: 0 });
    for (const algorithm of ['elkan', 'hamerly'] as const) {
      const bounded = await kmeans(loose, { k, seed: 5, algorithm, tolerance: 0 });
      expect(bounded.clusters).toEqual(plain.clusters);
      expect(bounded.iterations).toBe(plain.iterations);
      expect(bounded.inertia).toBeCloseTo(plain.inertia, 8);
    }
  });

  it('gives sparse rows the clusters of the same rows stored dense', async () => {
    const holed = { ...points, values: points.values.map((value) => (Math.abs(value) < 0.6 ? 0 : value)) };
    const [dense, sparse] = [await kmeans(holed, options), await kmeans(toSparse(holed), options)];
    expect(sparse.clusters).toEqual(dense.clusters);
    expect(sparse.inertia).toBeCloseTo(dense.inertia, 8);
  });

  // scikit-learn 1.9.1's KMeans on the same points: inertia and iterations from the first k rows as centroids, and the mean and
  // standard error of the inertia over 60 seeds of its greedy k-means++.
  describe.each([
    {
      points: blobs(500, 9, 5, 1.2, 8),
      k: 13,
      inertia: 5301.097108888459,
      iterations: 13,
      mean: 5264.5,
      error: 4.9,
    },
    {
      points: blobs(2000, 16, 40, 0.5, 9),
      k: 40,
      inertia: 7765.223053599015,
      iterations: 3,
      mean: 8293,
      error: 38.8,
    },
    {
      points: blobs(800, 3, 12, 0.4, 10),
      k: 25,
      inertia: 192.44728402744457,
      iterations: 18,
      mean: 190.06,
      error: 0.4,
    },
  ])('beside scikit-learn, k = $k', ({ points, k, inertia, iterations, mean, error }) => {
    it.each(['lloyd', 'elkan', 'hamerly'] as const)(
      'descends from the same start to the same place, %s',
      async (algorithm) => {
        const start = Float64Array.from(points.values.subarray(0, k * points.width));
        const found = await kmeans(points, { k, seed: 1, algorithm, start });
        expect(found.inertia).toBeCloseTo(inertia, 6);
        // Its count includes the pass that finds nothing to change.
        expect(found.iterations + 1).toBe(iterations);
      },
    );

    it('seeds as well', async () => {
      const seeds = Array.from({ length: 30 }, (_, seed) => seed);
      const found = await Promise.all(seeds.map((seed) => kmeans(points, { k, seed })));
      const ours = found.reduce((sum, one) => sum + one.inertia, 0) / seeds.length;
      expect(ours).toBeLessThan(mean + 4 * error);
    });
  });

  it('repeats with its seed, differs with another, and more runs never do worse', async () => {
    const loose = blobs(400, 6, 5, 1.5, 2);
    const run = (seed: number, runs: number) => kmeans(loose, { k: 12, seed, runs });
    const first = await run(1, 1);
    expect(await run(1, 1)).toEqual(first);
    expect((await run(2, 1)).clusters).not.toEqual(first.clusters);
    expect((await run(1, 5)).inertia).toBeLessThanOrEqual(first.inertia);
  });

  it('leaves no cluster empty where rows repeat', async () => {
    // Ten distinct places for nine clusters, each many times.
    const values = Float32Array.from({ length: 200 }, (_, i) => i % 10);
    const { clusters, inertia } = await kmeans({ count: 200, width: 1, values }, { k: 9, seed: 1 });
    expect(new Set(clusters).size).toBe(9);
    expect(inertia).toBeCloseTo(20 * 2 * 0.25, 8);
  });

  it('gives an empty cluster the row farthest from its centroid', () => {
    const line = geometry({ count: 4, width: 1, values: Float32Array.of(0, 1, 2, 9) });
    const moved = means(line, Uint32Array.of(0, 0, 0, 0), 2, (row) => [9, 4, 1, 36][row] ?? 0);
    expect([...moved]).toEqual([1, 9]);
  });

  it('comes near full k-means with mini-batches', async () => {
    const many = blobs(4000, 8, 10, 0.6, 4);
    const [full, batched] = [
      await kmeans(many, { k: 10, seed: 1, runs: 5 }),
      await kmeans(many, { k: 10, seed: 1, algorithm: 'mini-batch', batchRows: 256 }),
    ];
    expect(batched.inertia).toBeLessThan(1.1 * full.inertia);
    expect(batched.inertia).toBeGreaterThanOrEqual(0.999 * full.inertia);
  });

  it('refuses what cannot be clustered, by name', async () => {
    const code = (bad: DensePoints, k: number) =>
      kmeans(bad, { k, seed: 1 }).then(
        () => null,
        (error: { code?: string }) => error.code,
      );
    const flat = (values: number[]) => ({
      count: values.length,
      width: 1,
      values: Float32Array.from(values),
    });
    expect(await code(flat([1, 2]), 3)).toBe('clusters-too-many');
    expect(await code(flat([1, 2]), 0)).toBe('clusters-too-few');
    expect(await code(flat([1, 1, 1]), 2)).toBe('points-all-equal');
    expect(await code(flat([1, Number.NaN, 2]), 2)).toBe('points-not-finite');
    expect(await code(flat([]), 1)).toBe('points-shape');
    expect((await kmeans(flat([1, 1, 1]), { k: 1, seed: 1 })).inertia).toBe(0);
    expect((await kmeans(flat([1, 5, 9]), { k: 3, seed: 1 })).inertia).toBe(0);
  });

  it('reports and stops', async () => {
    const controller = new AbortController();
    const seen: number[] = [];
    const task = { signal: controller.signal, onProgress: ({ done }: { done: number }) => seen.push(done) };
    await kmeans(points, options, task);
    expect(seen.at(-1)).toBe(3000);
    controller.abort();
    await expect(kmeans(points, options, task)).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('silhouettes', () => {
  const points = blobs(300, 5, 4, 0.7);
  const run = (sample: number | null) => {
    const steps = silhouetteSteps(geometry(points), points.of, { sample, seed: 2 });
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  };

  it('equal the plain ones, dense and sparse', () => {
    const plain = plainSilhouette(points.values, points.of);
    expect(run(null).mean).toBeCloseTo(plain, 9);
    const steps = silhouetteSteps(geometry(toSparse(points)), points.of, { sample: null, seed: 1 });
    let step = steps.next();
    while (!step.done) step = steps.next();
    expect(step.value.mean).toBeCloseTo(plain, 9);
  });

  it('are estimated from a sample, with an error that holds', () => {
    const [whole, part] = [run(null), run(90)];
    expect(part.rows).toHaveLength(90);
    expect(Math.abs(part.mean - whole.mean)).toBeLessThan(4 * part.standardError);
    for (const [i, row] of part.rows.entries())
      expect(part.values[i]).toBeCloseTo(whole.values[row] as number, 12);
  });
});

it('gives large sets their silhouettes to six digits', () => {
  const points = blobs(1600, 800, 6, 1.1, 3);
  const sample = { sample: 1, seed: 1 };
  // One row is taken in float64, all of them in float32.
  const drain = (options: Parameters<typeof silhouetteSteps>[2]) => {
    const steps = silhouetteSteps(geometry(points), points.of, options);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  };
  const whole = drain({ sample: null, seed: 1 });
  const one = drain(sample);
  expect(whole.values[one.rows[0] as number]).toBeCloseTo(one.values[0] as number, 6);
});

describe('the k sweep', () => {
  it('finds the number of clusters that are there', async () => {
    const points = blobs(400, 6, 6, 0.15, 5);
    const ks = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12];
    const sweep = await sweepClusters(points, { ks, seed: 1, runs: 4, silhouetteSample: null });
    expect(sweep.points.map(({ k }) => k)).toEqual(ks);
    expect(sweep.bestSilhouette).toBe(6);
    expect(Math.abs((sweep.elbow ?? 0) - 6)).toBeLessThanOrEqual(1);
  });

  it('sees knees, and none in a straight or concave curve', () => {
    expect(elbow([1, 2, 3, 4, 5, 6], [100, 40, 12, 9, 7, 5])).toBe(3);
    expect(elbow([1, 2, 3, 4], [4, 3, 2, 1])).toBeNull();
    expect(elbow([1, 2, 3, 4], [10, 9.5, 7, 0])).toBeNull();
    expect(elbow([1, 2], [2, 1])).toBeNull();
  });
});
