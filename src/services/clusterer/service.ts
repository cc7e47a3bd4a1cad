import type { Progress, TaskOptions } from '../../base/progress.ts';
import { inSteps } from '../../base/steps.ts';
import { geometry, pointCount } from '../../core/clustering/geometry.ts';
import type { Points } from '../../core/clustering/points.ts';
import { groupingSteps, type Grouping, type GroupingMethod } from '../../core/clustering/grouping.ts';
import { kmeans, type KMeansOptions } from '../../core/clustering/kmeans.ts';
import { silhouetteSteps, type SilhouetteOptions } from '../../core/clustering/silhouette.ts';
import { inThousandths } from '../../core/clustering/task.ts';
import { sweepClusters, type SweepOptions } from '../../core/clustering/sweep.ts';
import { clusteringTest, type GivenClustering } from '../../core/embedding/benchmark/clusteringTest.ts';
import { probeSteps, type ProbeOptions, type ProbeTarget } from '../../core/embedding/probe.ts';
import { correlationSteps, type CorrelationOptions } from '../../core/embedding/uses/correlation.ts';
import { neighbourSteps, type NeighbourOptions } from '../../core/embedding/uses/neighbours.ts';
import { pcaSteps } from '../../core/embedding/pca.ts';
import { umapSteps, type UmapOptions } from '../../core/embedding/umap.ts';
import { trustworthinessSteps } from '../../core/embedding/umap/trustworthiness.ts';
import { EmbeddingError, type Vectors } from '../../core/embedding/vectors.ts';
import { EngineError } from '../../engine/errors.ts';
import { transfer } from '../rpc.ts';
import type { ClustererService, DeviceChoice, KMeansAnswer, TestOptions } from './contract.ts';
import { gpuKMeans } from './gpuKMeans.ts';
import { GpuSeat, noGpu, type OpenGpu } from './gpuSeat.ts';

type Report = (progress: Progress) => void;
type Asked = KMeansOptions & { readonly device?: DeviceChoice['device'] | undefined };

/** Neighbours that a map is asked for, and of how many rows. */
const trustNeighbours = 15;
const trustRows = 500;

/** The clusterer service. Runs in workers/clusterer.ts. `openGpu`: how this thread gets a device. */
export class Clusterer implements ClustererService {
  #points: Points | null = null;
  #grouping: { readonly key: string; readonly grouping: Grouping } | null = null;
  readonly #gpu: GpuSeat;

  constructor(openGpu: OpenGpu = noGpu) {
    this.#gpu = new GpuSeat(openGpu);
  }

  async setPoints(points: Points): Promise<void> {
    geometry(points);
    this.#points = points;
    this.#grouping = null;
    this.#gpu.leave();
  }

  async kmeans(options: KMeansOptions & DeviceChoice, onProgress: Report, signal: AbortSignal) {
    const result = await this.#cluster(this.#given(), options, { onProgress, signal });
    const { clusters, centroids, squaredDistances } = result;
    return transfer(result, [clusters.buffer, centroids.buffer, squaredDistances.buffer] as ArrayBuffer[]);
  }

  async group(method: GroupingMethod, onProgress: Report, signal: AbortSignal) {
    // No seeds: the same each time, and asked for twice where it is shown and tested.
    const key = JSON.stringify(method);
    if (this.#grouping?.key === key) return this.#grouping.grouping;
    const given = this.#given();
    const points = geometry(given);
    const phase = method.kind === 'hdbscan' ? 'HDBSCAN' : 'hierarchy';
    const steps = groupingSteps(points, method);
    const grouping = await inSteps(phase, 2 * points.count, steps, { onProgress, signal });
    if (this.#points === given) this.#grouping = { key, grouping };
    return grouping;
  }

  async sweep(
    { device, ...options }: Omit<SweepOptions, 'given'> & DeviceChoice,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const points = this.#given();
    const given = new Map<number, KMeansAnswer>();
    if (await this.#isOnGpu(points, { ...options, k: Math.max(...options.ks), device }))
      for (const [i, k] of options.ks.entries()) {
        const part = within(onProgress, 'k sweep', i, options.ks.length);
        given.set(k, await this.#cluster(points, { ...options, k, device }, { signal, onProgress: part }));
      }
    return sweepClusters(points, { ...options, given }, { onProgress, signal });
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
    { method, device, ...options }: TestOptions,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const points = this.#given();
    const given = new Map<number, GivenClustering>();
    if (method) {
      const grouping = await this.group(method, onProgress, signal);
      for (const seed of options.seeds) given.set(seed, grouping);
    } else {
      const k = options.k ?? new Set(categories).size;
      if (await this.#isOnGpu(points, { k, device, seed: 0 }))
        for (const [i, seed] of options.seeds.entries()) {
          const part = within(onProgress, 'clustering test', i, options.seeds.length);
          const asked = { k, seed, runs: options.runs, device };
          given.set(seed, await this.#cluster(points, asked, { signal, onProgress: part }));
        }
    }
    return clusteringTest(points, categories, { ...options, given }, { onProgress, signal });
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

  async probe(
    targets: readonly ProbeTarget[],
    options: ProbeOptions,
    onProgress: Report,
    signal: AbortSignal,
  ) {
    const total = targets.length * (options.folds + 1);
    const steps = probeSteps(this.#given(), targets, options);
    return inSteps('linear probe', total, steps, { onProgress, signal });
  }

  async pca(seed: number, onProgress: Report, signal: AbortSignal) {
    const map = await inSteps('PCA', 12, pcaSteps(this.#given(), 2, seed), { onProgress, signal });
    return transfer(map, [map.buffer as ArrayBuffer]);
  }

  async umap(options: UmapOptions, onProgress: Report, signal: AbortSignal) {
    const map = await inThousandths('UMAP', 1, umapSteps(this.#given(), options), { onProgress, signal });
    return transfer(map, [map.buffer as ArrayBuffer]);
  }

  async trustworthiness(map: Float32Array, onProgress: Report, signal: AbortSignal) {
    const points = this.#given();
    const asked = Math.min(trustRows, pointCount(points));
    if (pointCount(points) <= 2 * trustNeighbours) return null;
    const options = { neighbours: trustNeighbours, sample: asked, seed: 13 };
    const steps = trustworthinessSteps(points, map, options);
    return inSteps('map held against the vectors', asked, steps, { onProgress, signal });
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

  async #isOnGpu(points: Points, options: Asked): Promise<boolean> {
    return (await this.#gpu.use(points, options, async () => true)) ?? false;
  }

  /** Of points that were kept when the call came: others may be kept by now. */
  async #cluster(
    points: Points,
    { device = 'auto', ...options }: Asked,
    task: TaskOptions,
  ): Promise<KMeansAnswer> {
    try {
      const answer = await this.#gpu.use(points, { ...options, device }, async (seat) => ({
        ...(await gpuKMeans(geometry(points), seat.points, options, task)),
        device: seat.name,
      }));
      if (answer) return answer;
    } catch (error) {
      // What the GPU could not do, the CPU can, unless the GPU was asked for by name.
      if (device === 'webgpu' || !(error instanceof EngineError)) throw error;
      this.#gpu.giveUp();
    }
    return { ...(await kmeans(points, options, task)), device: 'CPU' };
  }

  #given(): Points {
    if (this.#points) return this.#points;
    throw new EmbeddingError('embedding-empty', 'There are no vectors yet.', 'Embed the texts first.');
  }
}

/** Progress of part i of n, which is clustered before it is scored. */
function within(onProgress: Report, phase: string, i: number, n: number): Report {
  return ({ done, total }) =>
    onProgress({ phase, done: Math.floor(1000 * (i + done / (total ?? 1))), total: 1000 * n, unit: 'steps' });
}
