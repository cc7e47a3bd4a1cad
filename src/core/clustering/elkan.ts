import type { Steps } from '../../base/steps.ts';
import { assigning, paced, roundedDown, rowsPerBreath, settle, type Assignment } from './assign.ts';
import type { Geometry } from './points.ts';
import { drifts, means, squaredNorms } from './means.ts';

export interface Descent {
  readonly centroids: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

export interface DescentOptions {
  readonly k: number;
  readonly maxIterations: number;
  /** Stops where the centroids' summed squared move falls to this. */
  readonly squaredTolerance: number;
}

/**
 * Lloyd's algorithm with Elkan's bounds (2003): the same result as plain Lloyd, but for rows that lie exactly between two centroids,
 * at a fraction of the distances. `bounds` takes 4 · count · k bytes. Yields iterations.
 */
export function* elkan(
  points: Geometry,
  start: Float64Array,
  state: Assignment,
  { k, maxIterations, squaredTolerance }: DescentOptions,
): Steps<Descent> {
  const lower = new Float32Array(points.count * k);
  const upper = new Float64Array(points.count);
  let centroids = start;
  yield* paced(assigning(points, centroids, k, state, lower), 0);
  for (let row = 0; row < points.count; row++) upper[row] = Math.sqrt(state.squaredDistances[row] as number);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    yield iteration;
    const next = means(points, state.clusters, k, (row) => exact(points, centroids, state.clusters, row));
    const moved = drifts(centroids, next, k);
    centroids = next;
    loosen(lower, upper, state.clusters, moved, k);
    const changed = yield* paced(reassign(points, centroids, state.clusters, lower, upper, k), iteration);
    const shift = moved.reduce((sum, move) => sum + move * move, 0);
    if (changed === 0 || shift <= squaredTolerance) {
      settle(points, centroids, state);
      return { centroids, iterations: iteration, converged: true };
    }
  }
  settle(points, centroids, state);
  return { centroids, iterations: maxIterations, converged: false };
}

/** Centroids have moved: each bound gives way by as much. */
function loosen(
  lower: Float32Array,
  upper: Float64Array,
  clusters: Uint32Array,
  moved: Float64Array,
  k: number,
): void {
  for (let row = 0; row < upper.length; row++) {
    upper[row] = (upper[row] as number) + (moved[clusters[row] as number] as number);
    const base = row * k;
    for (let c = 0; c < k; c++)
      lower[base + c] = Math.max(0, (lower[base + c] as number) - (moved[c] as number)) * roundedDown;
  }
}

function* reassign(
  points: Geometry,
  centroids: Float64Array,
  clusters: Uint32Array,
  lower: Float32Array,
  upper: Float64Array,
  k: number,
): Generator<void, number> {
  const breath = rowsPerBreath(k * points.width);
  const norms = squaredNorms(centroids, k);
  const { halves, nearest } = halfDistances(centroids, norms, k);
  const distance = (row: number, c: number) => {
    const square =
      (points.squaredNorms[row] as number) + (norms[c] as number) - 2 * points.dot(row, centroids, c);
    return Math.sqrt(Math.max(0, square));
  };
  let changed = 0;
  for (let row = 0; row < points.count; row++) {
    if (row > 0 && row % breath === 0) yield;
    const old = clusters[row] as number;
    let own = old;
    let bound = upper[row] as number;
    if (bound <= (nearest[own] as number)) continue;
    let isExact = false;
    const base = row * k;
    for (let c = 0; c < k; c++) {
      if (c === own || bound <= (lower[base + c] as number) || bound <= (halves[own * k + c] as number))
        continue;
      if (!isExact) {
        bound = distance(row, own);
        lower[base + own] = bound * roundedDown;
        isExact = true;
        if (bound <= (lower[base + c] as number) || bound <= (halves[own * k + c] as number)) continue;
      }
      const other = distance(row, c);
      lower[base + c] = other * roundedDown;
      if (other < bound) {
        bound = other;
        own = c;
      }
    }
    upper[row] = bound;
    if (own !== old) {
      clusters[row] = own;
      changed++;
    }
  }
  return changed;
}

/** Half the distance between each two centroids, and from each to its nearest. */
function halfDistances(centroids: Float64Array, norms: Float64Array, k: number) {
  const width = centroids.length / k;
  const halves = new Float64Array(k * k);
  const nearest = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < a; b++) {
      let product = 0;
      for (let i = a * width, j = b * width; i < (a + 1) * width; i++, j++)
        product += (centroids[i] as number) * (centroids[j] as number);
      const half = 0.5 * Math.sqrt(Math.max(0, (norms[a] as number) + (norms[b] as number) - 2 * product));
      halves[a * k + b] = half;
      halves[b * k + a] = half;
      nearest[a] = Math.min(nearest[a] as number, half);
      nearest[b] = Math.min(nearest[b] as number, half);
    }
  return { halves, nearest };
}

/** Squared distance of a row to its own centroid. */
export function exact(points: Geometry, centroids: Float64Array, clusters: Uint32Array, row: number): number {
  const { width } = points;
  const c = clusters[row] as number;
  let norm = 0;
  for (let i = c * width; i < (c + 1) * width; i++) norm += (centroids[i] as number) ** 2;
  return Math.max(0, (points.squaredNorms[row] as number) + norm - 2 * points.dot(row, centroids, c));
}
