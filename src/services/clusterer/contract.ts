import type { Progress } from '../../base/progress.ts';
import type { Points } from '../../core/clustering/points.ts';
import type { Grouping, GroupingMethod } from '../../core/clustering/grouping.ts';
import type { KMeansOptions, KMeansResult } from '../../core/clustering/kmeans.ts';
import type { Silhouette, SilhouetteOptions } from '../../core/clustering/silhouette.ts';
import type { Sweep, SweepOptions } from '../../core/clustering/sweep.ts';
import type { ClusteringTest, ClusteringTestOptions } from '../../core/embedding/benchmark/clusteringTest.ts';
import type { ProbeOptions, ProbeResult, ProbeTarget } from '../../core/embedding/probe.ts';
import type { CorrelationOptions, TaskCorrelation } from '../../core/embedding/uses/correlation.ts';
import type { NeighbourOptions, Neighbours } from '../../core/embedding/uses/neighbours.ts';
import type { UmapOptions } from '../../core/embedding/umap.ts';
import type { Vectors } from '../../core/embedding/vectors.ts';

type Report = (progress: Progress) => void;

/**
 * Where k-means runs. `auto` (the default): on a real GPU where the work is worth the way there, else on the CPU. `webgpu` throws what
 * stands in its way: `webgpu-missing`, `limit-too-small`, `out-of-memory`, `device-lost`.
 */
export interface DeviceChoice {
  readonly device?: 'auto' | 'cpu' | 'webgpu';
}

export interface KMeansAnswer extends KMeansResult {
  /** The adapter's name, or `CPU`. */
  readonly device: string;
}

/** `given` stays in the worker: clusterings of a GPU or of another method are made there. */
export interface TestOptions extends Omit<ClusteringTestOptions, 'given'>, DeviceChoice {
  /** In place of k-means: one clustering, whatever the seeds. */
  readonly method?: GroupingMethod;
}

/** What works on vectors: clusters, the clustering test, neighbours, correlation of sets. Points are sent once and kept. */
export interface ClustererService {
  /** The points that later calls work on. Throws `points-shape`, `points-not-finite`; the ones before stay then. */
  setPoints(points: Points): Promise<void>;
  /** Throws as `kmeans`. */
  kmeans(
    options: KMeansOptions & DeviceChoice,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<KMeansAnswer>;
  /** Hierarchical clusters or HDBSCAN's. Throws `points-too-many`, `cluster-size-too-small`, and as `kmeans`. */
  group(method: GroupingMethod, onProgress: Report, signal: AbortSignal): Promise<Grouping>;
  sweep(
    options: Omit<SweepOptions, 'given'> & DeviceChoice,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<Sweep>;
  /** Throws `silhouette-undefined`. */
  silhouette(
    clusters: Uint32Array,
    options: SilhouetteOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<Silhouette>;
  clusteringTest(
    categories: Uint32Array,
    options: TestOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<ClusteringTest>;
  /** Neighbours among the points of each query; of each point among the others where queries are null. */
  neighbours(
    queries: Points | null,
    options: Omit<NeighbourOptions, 'excludeSelf'>,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<Neighbours>;
  /** What a linear probe reads from the points, a target after another. Throws `embedding-empty`, `embedding-shape` beyond 1,500 points. */
  probe(
    targets: readonly ProbeTarget[],
    options: ProbeOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<ProbeResult[]>;
  /** The first two principal components, `[count, 2]`: a map at once. */
  pca(seed: number, onProgress: Report, signal: AbortSignal): Promise<Float32Array>;
  /** UMAP's map, `[count, 2]`, in arbitrary units. Throws `embedding-empty`, `aborted`. */
  umap(options: UmapOptions, onProgress: Report, signal: AbortSignal): Promise<Float32Array>;
  /** How far a map's neighbours are the points' own, 1 at best; asked of some rows. Null where there are too few points. */
  trustworthiness(map: Float32Array, onProgress: Report, signal: AbortSignal): Promise<number | null>;
  /** Of several sets; the points kept are not asked. */
  correlation(
    sets: readonly Vectors[],
    options: CorrelationOptions,
    onProgress: Report,
    signal: AbortSignal,
  ): Promise<TaskCorrelation>;
}
