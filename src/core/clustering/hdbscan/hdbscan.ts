import type { Steps } from '../../../base/steps.ts';
import { distanceMatrix } from '../distanceMatrix.ts';
import { clusterSizeTooSmall } from '../errors.ts';
import type { Geometry } from '../points.ts';
import { condense, type CondensedEdge } from './condense.ts';
import { coreDistances, spanningTree } from './spanningTree.ts';

export interface HdbscanOptions {
  /** Fewer rows than this are no cluster. scikit-learn's default is 5. */
  readonly minClusterSize: number;
  /** A row's neighbours, itself among them, that say how dense its place is. Default: `minClusterSize`. */
  readonly minSamples?: number;
}

export interface HdbscanResult {
  /** Cluster of each row, -1 for noise. */
  readonly clusters: Int32Array;
  readonly k: number;
  /** How firmly each row belongs, 0 (noise) .. 1. */
  readonly probabilities: Float64Array;
}

/**
 * HDBSCAN (Campello et al. 2013; McInnes & Healy 2017) with excess of mass, equal to scikit-learn's where densities are not. The number of
 * clusters is found; rows in no dense place are noise. O(count²) time and memory. Yields rows of twice the count. Throws
 * `points-too-many`, `cluster-size-too-small`.
 */
export function* hdbscanSteps(points: Geometry, options: HdbscanOptions): Steps<HdbscanResult> {
  const { minClusterSize, minSamples = minClusterSize } = options;
  for (const size of [minClusterSize, minSamples + 1])
    if (!Number.isInteger(size) || size < 2) throw clusterSizeTooSmall(size);
  const { count } = points;
  const matrix = yield* distanceMatrix(points, 'HDBSCAN');
  yield count;
  const cores = coreDistances(matrix, count, Math.min(minSamples, count));
  yield Math.floor(1.5 * count);
  const edges = condense(spanningTree(matrix, cores, count), count, minClusterSize);
  return labelled(edges, count);
}

/** Clusters of the condensed tree that outlive their parts (excess of mass), never the whole set. */
function chosenClusters(edges: readonly CondensedEdge[], count: number): Set<number> {
  const stability = new Map<number, number>();
  const born = new Map<number, number>([[count, 0]]);
  const children = new Map<number, number[]>();
  for (const { parent, child, lambda } of edges) {
    if (!stability.has(parent)) stability.set(parent, 0);
    if (child < count) continue;
    born.set(child, lambda);
    stability.set(child, 0);
    children.set(parent, [...(children.get(parent) ?? []), child]);
  }
  for (const { parent, lambda, size } of edges)
    stability.set(parent, (stability.get(parent) ?? 0) + (lambda - (born.get(parent) ?? 0)) * size);
  const chosen = new Set<number>();
  const drop = (cluster: number) => {
    for (const child of children.get(cluster) ?? []) {
      chosen.delete(child);
      drop(child);
    }
  };
  // Children have larger numbers than their parents.
  for (const cluster of [...stability.keys()].sort((a, b) => b - a)) {
    if (cluster === count) continue;
    const parts = (children.get(cluster) ?? []).reduce((sum, child) => sum + (stability.get(child) ?? 0), 0);
    if (parts > (stability.get(cluster) ?? 0)) stability.set(cluster, parts);
    else {
      drop(cluster);
      chosen.add(cluster);
    }
  }
  return chosen;
}

function labelled(edges: readonly CondensedEdge[], count: number): HdbscanResult {
  const chosen = [...chosenClusters(edges, count)].sort((a, b) => a - b);
  const numbers = new Map(chosen.map((cluster, i) => [cluster, i]));
  // Each cluster's own number, or that of the chosen one it lies in; parents come before their children.
  const of = new Map<number, number>([[count, -1]]);
  const most = new Map<number, number>();
  for (const { parent, child, lambda } of edges) {
    most.set(parent, Math.max(most.get(parent) ?? 0, lambda));
    if (child >= count) of.set(child, numbers.get(child) ?? of.get(parent) ?? -1);
  }
  const clusters = new Int32Array(count).fill(-1);
  const probabilities = new Float64Array(count);
  for (const { parent, child, lambda } of edges) {
    if (child >= count) continue;
    const cluster = of.get(parent) ?? -1;
    clusters[child] = cluster;
    const top = cluster < 0 ? 0 : (most.get(chosen[cluster] as number) ?? 0);
    if (cluster >= 0) probabilities[child] = top > 0 ? Math.min(lambda, top) / top : 1;
  }
  return { clusters, k: chosen.length, probabilities };
}
