import { clusteringTest, type ClusteringTest } from '../../src/core/embedding/benchmark/clusteringTest.ts';
import type { Points } from '../../src/core/clustering/points.ts';

/** k-means against categories, k = categories. `starts`: of each seed, the best of which counts. */
export function clusteringOf(
  points: Points,
  categories: Uint32Array,
  seeds: readonly number[],
  starts: number,
): Promise<ClusteringTest> {
  return clusteringTest(points, categories, { seeds, k: null, runs: starts, silhouetteSample: null });
}

export function finished<T>(steps: Generator<number, T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}
