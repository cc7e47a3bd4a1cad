import type { Random } from '../../../base/random.ts';
import { within, type Steps } from '../../../base/steps.ts';
import type { Geometry } from '../../clustering/points.ts';
import { hdbscanSteps } from '../../clustering/hdbscan/hdbscan.ts';
import { hierarchySteps } from '../../clustering/hierarchy.ts';
import { kmeansSteps } from '../../clustering/kmeans.ts';

export type DiversifyMethod = 'kmeans' | 'hierarchical' | 'hdbscan' | 'random';

/** Smallest group that HDBSCAN takes for a cluster. */
const minClusterSize = 5;

export interface BatchChoice {
  /** Rows of the batch, ascending. */
  readonly rows: Uint32Array;
  /** Of every row of the batch; -1 stands for noise (HDBSCAN). Null for `random`. */
  readonly clusters: Int32Array | null;
}

/** Chooses k of the points of one batch. Yields thousandths. */
export function* chooseRows(
  points: Geometry,
  k: number,
  method: DiversifyMethod,
  rng: Random,
): Steps<BatchChoice> {
  const rows = distinctRows(points);
  const wanted = Math.min(k, rows.length);
  if (method === 'random') {
    const all = Uint32Array.from({ length: points.count }, (_, row) => row);
    return { rows: rng.shuffle(all).slice(0, Math.min(k, points.count)).sort(), clusters: null };
  }
  if (wanted < 2) return { rows: rows.slice(0, wanted), clusters: new Int32Array(points.count) };
  const clusters = Int32Array.from(yield* clustersOf(points, wanted, method, rng));
  return { rows: nearestToCentres(points, clusters, wanted), clusters };
}

function* clustersOf(
  points: Geometry,
  k: number,
  method: Exclude<DiversifyMethod, 'random'>,
  rng: Random,
): Steps<ArrayLike<number>> {
  switch (method) {
    case 'kmeans': {
      const options = { k, seed: rng.integer(2 ** 31), runs: 10 };
      return (yield* within(kmeansSteps(points, options), (done) => done / 10)).clusters;
    }
    case 'hierarchical':
      return yield* within(hierarchySteps(points, 'ward', k), (done) => (500 * done) / points.count);
    case 'hdbscan': {
      const size = Math.min(minClusterSize, points.count);
      return (yield* within(
        hdbscanSteps(points, { minClusterSize: size }),
        (done) => (500 * done) / points.count,
      )).clusters;
    }
  }
}

/** First row of each group of equal points: clusters cannot be more than these. */
function distinctRows(points: Geometry): Uint32Array {
  const seen = new Map<string, number>();
  const vector = new Float64Array(points.width);
  for (let row = 0; row < points.count; row++) {
    points.copyRow(row, vector, 0);
    const key = fingerprint(vector);
    if (!seen.has(key)) seen.set(key, row);
  }
  return Uint32Array.from(seen.values());
}

/** Two 32-bit FNV-1a hashes over the bits: equal vectors agree, others all but never. */
function fingerprint(vector: Float64Array): string {
  const words = new Uint32Array(vector.buffer);
  let [a, b] = [0x811c9dc5, 0x1000193];
  for (let i = 0; i < words.length; i++) {
    a = Math.imul(a ^ (words[i] as number), 0x01000193);
    b = Math.imul(b ^ (words[i] as number) ^ (i & 0xffff), 0x85ebca6b);
  }
  return `${a >>> 0}:${b >>> 0}`;
}

/**
 * `wanted` rows, those nearest to the mean of their cluster first: one of each cluster, the largest cluster first, then the next nearest
 * of each, until there are enough. Noise comes last, as clusters of one. Ascending.
 */
function nearestToCentres(points: Geometry, clusters: Int32Array, wanted: number): Uint32Array {
  const members = new Map<number, number[]>();
  const noise: number[] = [];
  clusters.forEach((cluster, row) => {
    if (cluster < 0) noise.push(row);
    else members.set(cluster, [...(members.get(cluster) ?? []), row]);
  });
  const queues = [...members.values()]
    .sort((a, b) => b.length - a.length || (a[0] as number) - (b[0] as number))
    .map((rows) => byDistanceToMean(points, rows));
  const chosen: number[] = [];
  for (let turn = 0; chosen.length < wanted && queues.some((rows) => turn < rows.length); turn++)
    for (const rows of queues) {
      const row = rows[turn];
      if (row !== undefined && chosen.length < wanted) chosen.push(row);
    }
  return Uint32Array.from([...chosen, ...noise.slice(0, wanted - chosen.length)]).sort();
}

function byDistanceToMean(points: Geometry, rows: readonly number[]): number[] {
  const mean = new Float64Array(points.width);
  for (const row of rows) points.addRow(row, 1 / rows.length, mean, 0);
  // |x|² - 2 x·m orders as the distance does: |m|² is the same for all.
  const distance = new Map(
    rows.map((row) => [row, (points.squaredNorms[row] as number) - 2 * points.dot(row, mean, 0)]),
  );
  const of = (row: number) => distance.get(row) ?? 0;
  return [...rows].sort((a, b) => of(a) - of(b) || a - b);
}
