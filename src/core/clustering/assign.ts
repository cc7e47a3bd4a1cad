import { within, type Steps } from '../../base/steps.ts';
import type { Geometry } from './points.ts';
import type { RowProducts } from './simd/products.ts';
import { squaredNorms } from './means.ts';
import { nearestOf } from './nearest.ts';
import { blockRows } from './seeding.ts';

/** Nearest centroid of each row, ties to the lower index, and the squared distance to it. */
export interface Assignment {
  readonly clusters: Uint32Array;
  readonly squaredDistances: Float64Array;
}

/** Products between two chances to stop: some 50 ms of work. */
const productsPerBreath = 5e7;

/** Rows of `work` products each that pass before a breath. */
export function rowsPerBreath(work: number): number {
  return blockRows * Math.max(1, Math.floor(productsPerBreath / (blockRows * Math.max(1, work))));
}

/** Yields `mark` where `steps` pauses: for callers that count in other units. */
export const paced = <T>(steps: Generator<void, T>, mark: number): Steps<T> => within(steps, () => mark);

/**
 * The nearest of k centroids for every row, by blocks of products. `bounds` `[count, k]`, where given, receives every distance
 * (not squared) a little lowered, as bounds must not be rounded up. Returns how many rows changed their cluster; pauses now and then.
 */
export function* assigning(
  points: Geometry,
  centroids: Float64Array,
  k: number,
  into: Assignment,
  bounds: Float32Array | null = null,
): Generator<void, number> {
  const { count } = points;
  const products = bounds === null ? points.products() : null;
  if (products) return yield* assigningFast(points, products, centroids, k, into);
  const norms = squaredNorms(centroids, k);
  const dots = points.against(centroids, k);
  const block = new Float64Array(blockRows * k);
  const breath = rowsPerBreath(k * points.width);
  let changed = 0;
  for (let from = 0; from < count; from += blockRows) {
    if (from > 0 && from % breath === 0) yield;
    const to = Math.min(count, from + blockRows);
    dots(from, to, block);
    for (let row = from; row < to; row++) {
      const norm = points.squaredNorms[row] as number;
      const at = (row - from) * k;
      let best = 0;
      let least = Number.POSITIVE_INFINITY;
      for (let c = 0; c < k; c++) {
        const square = (norms[c] as number) - 2 * (block[at + c] as number);
        if (bounds) bounds[row * k + c] = Math.sqrt(Math.max(0, square + norm)) * roundedDown;
        if (square < least) {
          least = square;
          best = c;
        }
      }
      if (into.clusters[row] !== best) changed++;
      into.clusters[row] = best;
      into.squaredDistances[row] = Math.max(0, least + norm);
    }
  }
  return changed;
}

/** The same clusters by products in float32; the squared distances are as rough as those. */
function* assigningFast(
  points: Geometry,
  products: RowProducts,
  centroids: Float64Array,
  k: number,
  into: Assignment,
): Generator<void, number> {
  const breath = fastFactor * rowsPerBreath(k * points.width);
  const rows = allRows(points.count);
  const nearest = nearestOf(points, products, centroids, k);
  let changed = 0;
  for (let from = 0; from < points.count; from += blockRows) {
    if (from > 0 && from % breath === 0) yield;
    nearest(rows, from, Math.min(points.count, from + blockRows), (row, cluster, square) => {
      if (into.clusters[row] !== cluster) changed++;
      into.clusters[row] = cluster;
      into.squaredDistances[row] = square;
    });
  }
  return changed;
}

/** How many more products float32 gets done between two breaths. */
export const fastFactor = 4;

/** 0 .. count - 1 */
export function allRows(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => row);
}

/** Each row's squared distance to its own centroid, in float64. */
export function settle(
  points: Geometry,
  centroids: Float64Array,
  { clusters, squaredDistances }: Assignment,
): void {
  const norms = squaredNorms(centroids, centroids.length / points.width);
  for (let row = 0; row < points.count; row++) {
    const c = clusters[row] as number;
    const square =
      (points.squaredNorms[row] as number) + (norms[c] as number) - 2 * points.dot(row, centroids, c);
    squaredDistances[row] = Math.max(0, square);
  }
}

/** `assigning` without a pause. */
export function assign(points: Geometry, centroids: Float64Array, k: number, into: Assignment): number {
  const steps = assigning(points, centroids, k, into);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

// Half a unit in the last place of float32, and some.
export const roundedDown = 1 - 2 ** -22;

export function newAssignment(count: number): Assignment {
  // No row has a cluster yet: the first pass changes all.
  return { clusters: new Uint32Array(count).fill(0xffff_ffff), squaredDistances: new Float64Array(count) };
}

/** Sum of squared distances: what k-means lowers. */
export function inertiaOf({ squaredDistances }: Assignment): number {
  let sum = 0;
  for (const square of squaredDistances) sum += square;
  return sum;
}
