import type { Steps } from '../../base/steps.ts';
import { assigning, paced, settle, type Assignment } from './assign.ts';
import type { Descent, DescentOptions } from './elkan.ts';
import type { Geometry } from './points.ts';
import { drifts, means } from './means.ts';

/** Lloyd's algorithm without bounds: for sparse points, where products are cheap, and where bounds would not fit. Yields iterations. */
export function* lloyd(
  points: Geometry,
  start: Float64Array,
  state: Assignment,
  { k, maxIterations, squaredTolerance }: DescentOptions,
): Steps<Descent> {
  let centroids = start;
  yield* paced(assigning(points, centroids, k, state), 0);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    yield iteration;
    const next = means(points, state.clusters, k, (row) => state.squaredDistances[row] as number);
    const moved = drifts(centroids, next, k);
    centroids = next;
    const changed = yield* paced(assigning(points, centroids, k, state), iteration);
    const shift = moved.reduce((sum, move) => sum + move * move, 0);
    if (changed === 0 || shift <= squaredTolerance) {
      settle(points, centroids, state);
      return { centroids, iterations: iteration, converged: true };
    }
  }
  settle(points, centroids, state);
  return { centroids, iterations: maxIterations, converged: false };
}
