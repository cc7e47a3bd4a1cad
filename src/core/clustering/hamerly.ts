import type { Steps } from '../../base/steps.ts';
import { allRows, fastFactor, paced, rowsPerBreath, settle, type Assignment } from './assign.ts';
import { exact, type Descent, type DescentOptions } from './elkan.ts';
import type { Geometry } from './points.ts';
import { lloyd } from './lloyd.ts';
import { drifts, means } from './means.ts';
import { nearestOf } from './nearest.ts';
import { blockRows } from './seeding.ts';
import type { RowProducts } from './simd/products.ts';

/**
 * Lloyd's algorithm with Hamerly's two bounds a row (2010): rows that cannot have changed are passed over, the others meet all
 * centroids in one matrix product. Same clusters as plain Lloyd, but for rows exactly between two centroids. Yields iterations.
 */
export function* hamerly(
  points: Geometry,
  start: Float64Array,
  state: Assignment,
  options: DescentOptions,
): Steps<Descent> {
  const products = points.products();
  if (!products) return yield* lloyd(points, start, state, options);
  const { k, maxIterations, squaredTolerance } = options;
  const bounds = { upper: new Float64Array(points.count), lower: new Float64Array(points.count) };
  let centroids = start;
  const all = allRows(points.count);
  yield* paced(reassign(points, products, centroids, k, state.clusters, bounds, all), 0);
  const distance = (row: number) => exact(points, centroids, state.clusters, row);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    yield iteration;
    const next = means(points, state.clusters, k, distance);
    const moved = drifts(centroids, next, k);
    centroids = next;
    const open = stillOpen(bounds, state.clusters, moved, distance);
    const changed = yield* paced(
      reassign(points, products, centroids, k, state.clusters, bounds, open),
      iteration,
    );
    const shift = moved.reduce((sum, move) => sum + move * move, 0);
    if (changed === 0 || shift <= squaredTolerance) {
      settle(points, centroids, state);
      return { centroids, iterations: iteration, converged: true };
    }
  }
  settle(points, centroids, state);
  return { centroids, iterations: maxIterations, converged: false };
}

interface Bounds {
  /** No less than the distance to the own centroid. */
  readonly upper: Float64Array;
  /** No more than the distance to any other. */
  readonly lower: Float64Array;
}

/** Lets the bounds give way by what the centroids moved; rows that may have changed their cluster. */
function stillOpen(
  { upper, lower }: Bounds,
  clusters: Uint32Array,
  moved: Float64Array,
  distance: (row: number) => number,
): Uint32Array {
  let [most, next, farthest] = [0, 0, -1];
  moved.forEach((move, c) => {
    if (move > most) [next, most, farthest] = [most, move, c];
    else if (move > next) next = move;
  });
  const open: number[] = [];
  for (let row = 0; row < upper.length; row++) {
    const own = clusters[row] as number;
    const bound = (lower[row] as number) - (own === farthest ? next : most);
    lower[row] = bound;
    upper[row] = (upper[row] as number) + (moved[own] as number);
    if ((upper[row] as number) < bound) continue;
    upper[row] = Math.sqrt(distance(row)) * roundedUp;
    if ((upper[row] as number) >= bound) open.push(row);
  }
  return Uint32Array.from(open);
}

// Float64's own rounding, and some.
const roundedUp = 1 + 2 ** -40;

function* reassign(
  points: Geometry,
  products: RowProducts,
  centroids: Float64Array,
  k: number,
  clusters: Uint32Array,
  { upper, lower }: Bounds,
  rows: Uint32Array,
): Generator<void, number> {
  if (rows.length === 0) return 0;
  const nearest = nearestOf(points, products, centroids, k);
  const breath = fastFactor * rowsPerBreath(k * points.width);
  let changed = 0;
  for (let from = 0; from < rows.length; from += blockRows) {
    if (from > 0 && from % breath === 0) yield;
    nearest(rows, from, Math.min(rows.length, from + blockRows), (row, cluster, _square, near, far) => {
      if (clusters[row] !== cluster) changed++;
      clusters[row] = cluster;
      upper[row] = near;
      lower[row] = far;
    });
  }
  return changed;
}
