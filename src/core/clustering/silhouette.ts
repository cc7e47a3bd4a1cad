import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { ClusteringError } from '../metrics/clustering.ts';
import { allRows } from './assign.ts';
import type { Geometry } from './points.ts';
import { blockRows } from './seeding.ts';
import type { RowProducts } from './simd/products.ts';

export interface SilhouetteOptions {
  /** Rows whose own value is taken; their distances go to all rows. Null: every row. */
  readonly sample: number | null;
  readonly seed: number;
}

export interface Silhouette {
  readonly mean: number;
  /** Standard error of the mean over the sample; 0 where every row is in it. */
  readonly standardError: number;
  /** Rows taken, ascending, and the value of each, in -1 .. 1. */
  readonly rows: Uint32Array;
  readonly values: Float64Array;
}

/** Products from which float32 is used: in float64 they would take more than a second. */
const fastProducts = 2e9;

/**
 * Silhouettes in Euclidean distance (Rousseeuw 1987; equal to scikit-learn's `silhouette_samples`), exact over all rows or over a
 * seeded sample of them: the sampled mean is unbiased, because each sampled row still meets all rows. O(sample · count · width);
 * float64 where that takes no time to speak of, else float32.
 * Yields rows done. Throws `silhouette-undefined` unless there are from 2 to count - 1 clusters.
 */
export function* silhouetteSteps(
  points: Geometry,
  clusters: ArrayLike<number>,
  { sample, seed }: SilhouetteOptions,
): Steps<Silhouette> {
  const { count } = points;
  const { of, sizes } = compact(clusters, count);
  const k = sizes.length;
  if (k < 2 || k >= count)
    throw new ClusteringError(
      'silhouette-undefined',
      `A silhouette of ${count} items in ${k} clusters is not defined.`,
      'Use at least two clusters, and fewer than there are items.',
    );
  const rows = sampledRows(count, sample, seed);
  const values = new Float64Array(rows.length);
  // Few at a time: their vectors stay in cache while all rows pass.
  const width = Math.min(rows.length, 32);
  const vectors = new Float64Array(width * points.width);
  const products = new Float64Array(blockRows * width);
  const fast = rows.length * count * points.width > fastProducts ? points.products() : null;
  const all = allRows(fast ? count : 0);
  for (let start = 0; start < rows.length; start += width) {
    const group = rows.subarray(start, start + width);
    group.forEach((row, i) => points.copyRow(row, vectors, i * points.width));
    const sums = fast
      ? fastDistanceSums(points, fast, all, group, vectors, of, k)
      : distanceSums(points, group, points.against(vectors, width), width, products, of, k);
    group.forEach((row, i) => {
      values[start + i] = value(sums.subarray(i * k, (i + 1) * k), of[row] as number, sizes);
    });
    yield Math.min(rows.length, start + width);
  }
  const mean = values.reduce((total, v) => total + v, 0) / values.length;
  const squares = values.reduce((total, v) => total + (v - mean) ** 2, 0);
  const isWhole = rows.length === count;
  const n = values.length;
  // A sample without replacement from a finite set: its error shrinks to nothing as it grows to the whole.
  const standardError = isWhole || n < 2 ? 0 : Math.sqrt((squares / (n - 1) / n) * (1 - n / count));
  return { mean, standardError, rows, values };
}

/** Sum of distances from each row of the group to every cluster, `[group, k]`. */
function distanceSums(
  points: Geometry,
  group: Uint32Array,
  dots: ReturnType<Geometry['against']>,
  width: number,
  products: Float64Array,
  of: Uint32Array,
  k: number,
): Float64Array {
  const sums = new Float64Array(group.length * k);
  for (let from = 0; from < points.count; from += blockRows) {
    const to = Math.min(points.count, from + blockRows);
    dots(from, to, products);
    for (let row = from; row < to; row++) {
      const norm = points.squaredNorms[row] as number;
      const c = of[row] as number;
      for (let i = 0; i < group.length; i++) {
        const own = group[i] as number;
        if (row === own) continue;
        const square =
          norm + (points.squaredNorms[own] as number) - 2 * (products[(row - from) * width + i] as number);
        if (square > 0) sums[i * k + c] = (sums[i * k + c] as number) + Math.sqrt(square);
      }
    }
  }
  return sums;
}

/** The same by products in float32: each distance is right to some six digits. */
function fastDistanceSums(
  points: Geometry,
  fast: RowProducts,
  all: Uint32Array,
  group: Uint32Array,
  vectors: Float64Array,
  of: Uint32Array,
  k: number,
): Float64Array {
  const sums = new Float64Array(group.length * k);
  fast.prepare(vectors, group.length);
  for (let from = 0; from < points.count; from += blockRows) {
    const to = Math.min(points.count, from + blockRows);
    const block = fast.of(all, from, to);
    for (let row = from; row < to; row++) {
      const norm = points.squaredNorms[row] as number;
      const c = of[row] as number;
      for (let i = 0; i < group.length; i++) {
        const own = group[i] as number;
        const both = norm + (points.squaredNorms[own] as number);
        let square = both - 2 * (block[(row - from) * fast.stride + i] as number);
        if (square < 16 * fast.error * both) square = both - 2 * points.dot(row, vectors, i);
        if (square > 0 && row !== own) sums[i * k + c] = (sums[i * k + c] as number) + Math.sqrt(square);
      }
    }
  }
  return sums;
}

function value(sums: Float64Array, own: number, sizes: Uint32Array): number {
  const size = sizes[own] as number;
  if (size === 1) return 0;
  let nearest = Number.POSITIVE_INFINITY;
  for (let c = 0; c < sums.length; c++)
    if (c !== own) nearest = Math.min(nearest, (sums[c] as number) / (sizes[c] as number));
  const inside = (sums[own] as number) / (size - 1);
  const larger = Math.max(inside, nearest);
  return larger > 0 ? (nearest - inside) / larger : 0;
}

function compact(clusters: ArrayLike<number>, count: number) {
  if (clusters.length !== count)
    throw new ClusteringError(
      'clustering-shape-mismatch',
      `${clusters.length} clusters do not belong to ${count} vectors.`,
      'Cluster the same rows again; if it stays, report it.',
    );
  const index = new Map<number, number>();
  const of = Uint32Array.from(clusters, (c) => {
    const known = index.get(c) ?? index.size;
    index.set(c, known);
    return known;
  });
  const sizes = new Uint32Array(index.size);
  for (const c of of) sizes[c] = (sizes[c] as number) + 1;
  return { of, sizes };
}

function sampledRows(count: number, sample: number | null, seed: number): Uint32Array {
  const all = Uint32Array.from({ length: count }, (_, i) => i);
  if (sample === null || sample >= count) return all;
  return random(seed).shuffle(all).slice(0, Math.max(1, sample)).sort();
}
