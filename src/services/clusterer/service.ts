import type { Progress } from '../../base/progress.ts';
import { inSteps } from '../../base/steps.ts';
import { geometry, pointCount, type Points } from '../../core/clustering/geometry.ts';
import { kmeans, type KMeansOptions } from '../../core/clustering/kmeans.ts';
import { silhouetteSteps, type SilhouetteOptions } from '../../core/clustering/silhouette.ts';
import { inThousandths } from '../../core/clustering/task.ts';
import { sweepClusters, type SweepOptions } from '../../core/clustering/sweep.ts';
import { clusteringTest, type ClusteringTestOptions } from '../../core/embedding/benchmark/clusteringTest.ts';
import { correlationSteps, type CorrelationOptions } from '../../core/embedding/uses/correlation.ts';
import { neighbourSteps, type NeighbourOptions } from '../../core/embedding/uses/neighbours.ts';
import { pcaSteps } from '../../core/embedding/pca.ts';
import { umapSteps, type UmapOptions } from '../../core/embedding/umap.ts';
import { EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import { transfer } from '../rpc.ts';
import type { ClustererService } from './contract.ts';

type Report = (progress: Progress) => void;

/** The clusterer service. Runs in workers/clusterer.ts. */
export class Clusterer implements ClustererService {
  #points: Points | null = null;

  async setPoints(points: Points): Promise<void> {
    geometry(points);
    this.#points = points;
  }

  async kmeans(options: KMeansOptions, onProgress: Report, signal: AbortSignal) {
    const result = await kmeans(this.#given(), options, { onProgress, signal });
    const { clusters, centroids, squaredDistances } = result;
    return transfer(result, [clusters.buffer, centroids.buffer, squaredDistances.buffer] as ArrayBuffer[]);
  }

  async sweep(options: SweepOptions, onProgress: Report, signal: AbortSignal) {
    return sweepClusters(this.#given(), options, { onProgress, signal });
  }

  async silhouette(
    clusters: Uint32Array,
    options: SilhouetteOptions,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const points = geometry(this.#given());
    const total = Math.min(options.sample ?? points.count, points.count);
    return inSteps('silhouette', total, silhouetteSteps(points, clusters, options), { onProgress, signal });
  }

  async clusteringTest(
    categories: Uint32Array,
    options: ClusteringTestOptions,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    return clusteringTest(this.#given(), categories, options, { onProgress, signal });
  }

  async neighbours(
    queries: Points | null,
    { k }: Omit<NeighbourOptions, 'excludeSelf'>,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const points = this.#given();
    const from = queries ?? points;
    const steps = neighbourSteps(from, points, { k, excludeSelf: queries === null });
    return inSteps('neighbours', pointCount(from), steps, { onProgress, signal });
  }

  async pca(seed: number, onProgress: Report, signal: AbortSignal) {
    const map = await inSteps('PCA', 12, pcaSteps(this.#given(), 2, seed), { onProgress, signal });
    return transfer(map, [map.buffer as ArrayBuffer]);
  }

  async umap(options: UmapOptions, onProgress: Report, signal: AbortSignal) {
    const map = await inThousandths('UMAP', 1, umapSteps(this.#given(), options), { onProgress, signal });
    return transfer(map, [map.buffer as ArrayBuffer]);
  }

  async correlation(
    sets: readonly Vectors[],
    options: CorrelationOptions,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const pairs = sets.length * (sets.length - 1);
    return inSteps('task correlation', pairs, correlationSteps(sets, options), { onProgress, signal });
  }

  #given(): Points {
    if (this.#points) return this.#points;
    throw new EmbeddingError('embedding-empty', 'There are no vectors yet.', 'Embed the texts first.');
  }
}
