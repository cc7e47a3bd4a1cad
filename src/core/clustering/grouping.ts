import type { Steps } from '../../base/steps.ts';
import { settle } from './assign.ts';
import type { Geometry } from './points.ts';
import { hdbscanSteps } from './hdbscan/hdbscan.ts';
import { hierarchySteps, type Linkage } from './hierarchy.ts';
import { means } from './means.ts';

/** Ways to group rows beside k-means. They draw nothing: no seeds, no deviation. */
export type GroupingMethod =
  | { readonly kind: Linkage; readonly k: number }
  | { readonly kind: 'hdbscan'; readonly minClusterSize: number; readonly minSamples?: number };

/** A clustering made elsewhere, as tests and tables take it. */
export interface Grouping {
  /** Cluster of each row, in 0 .. k - 1. */
  readonly clusters: Uint32Array;
  /** Groups, noise among them. */
  readonly k: number;
  /** The group that holds what belongs nowhere: the last; null where there is no such row. */
  readonly noise: number | null;
  /** Each row's squared distance to the mean of its group. */
  readonly squaredDistances: Float64Array;
  /** Sum of them, without noise. */
  readonly inertia: number;
}

/** Groups rows. Yields rows of twice the count. Throws as `hierarchySteps`, `hdbscanSteps`. */
export function* groupingSteps(points: Geometry, method: GroupingMethod): Steps<Grouping> {
  if (method.kind !== 'hdbscan') {
    const clusters = yield* hierarchySteps(points, method.kind, method.k);
    return groupingOf(points, clusters, method.k, null);
  }
  const found = yield* hdbscanSteps(points, method);
  const hasNoise = found.clusters.includes(-1);
  const clusters = Uint32Array.from(found.clusters, (cluster) => (cluster < 0 ? found.k : cluster));
  return groupingOf(points, clusters, found.k + (hasNoise ? 1 : 0), hasNoise ? found.k : null);
}

function groupingOf(points: Geometry, clusters: Uint32Array, k: number, noise: number | null): Grouping {
  const squaredDistances = new Float64Array(points.count);
  settle(
    points,
    means(points, clusters, k, () => 0),
    { clusters, squaredDistances },
  );
  const inertia = squaredDistances.reduce((sum, d, row) => (clusters[row] === noise ? sum : sum + d), 0);
  return { clusters, k, noise, squaredDistances, inertia };
}
