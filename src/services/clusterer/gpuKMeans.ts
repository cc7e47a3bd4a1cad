import { throttled, throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { inertiaOf, settle } from '../../core/clustering/assign.ts';
import { badShape } from '../../core/clustering/errors.ts';
import type { Geometry } from '../../core/clustering/points.ts';
import {
  checkClusters,
  meanVariance,
  type KMeansOptions,
  type KMeansResult,
} from '../../core/clustering/kmeans.ts';
import { relocations } from '../../core/clustering/means.ts';
import { choosingSeeds } from '../../core/clustering/seeding.ts';
import type { GpuPoints, Members, Nearest } from '../../engine/clustering/gpuPoints.ts';

/**
 * k-means with its distances and means on the GPU: the steps, draws and repairs of core's `kmeans`, its twin, in float32. On separate
 * clusters both find the same; elsewhere rounding may lead them to different local minima. Distances and inertia of the result are
 * float64's. Same points, options and device: same bits. Throws as `kmeans`, and as `GpuPoints`.
 */
export async function gpuKMeans(
  points: Geometry,
  gpu: GpuPoints,
  options: KMeansOptions,
  task: TaskOptions = {},
): Promise<KMeansResult> {
  checkClusters(points, options.k);
  const runs = options.start ? 1 : Math.max(1, options.runs ?? 1);
  const report = throttled(task.onProgress);
  let best: KMeansResult | null = null;
  for (let run = 0; run < runs; run++) {
    const mark = (share: number) => {
      throwIfAborted(task.signal);
      const done = Math.floor(1000 * (run + share));
      report({ phase: 'k-means', done, total: 1000 * runs, unit: 'steps' });
    };
    const result = await oneRun(points, gpu, options, run, mark);
    if (best === null || result.inertia < best.inertia) best = result;
  }
  report({ phase: 'k-means', done: 1000 * runs, total: 1000 * runs, unit: 'steps' });
  return best as KMeansResult;
}

async function oneRun(
  points: Geometry,
  gpu: GpuPoints,
  options: KMeansOptions,
  run: number,
  mark: (share: number) => void,
): Promise<KMeansResult> {
  const { k, seed, maxIterations = 300, tolerance = 1e-4 } = options;
  mark(0);
  const start = options.start ?? (await seeds(points, gpu, k, random(seed, run), mark));
  if (start.length !== k * points.width) throw badShape(start.length, k, points.width);
  const squaredTolerance = tolerance * meanVariance(points);
  let now = await gpu.assign(start, k);
  let iterations = 0;
  let converged = false;
  while (!converged && iterations < maxIterations) {
    mark(1 - 0.5 / (1 + iterations / 10));
    iterations++;
    const next = await gpu.moveAndAssign(await membersOf(now.clusters, k, gpu));
    converged = isSame(now.clusters, next.clusters) || squaredShift(now, next) <= squaredTolerance;
    now = next;
  }
  const { clusters } = now;
  const centroids = Float64Array.from(now.centroids);
  const state = { clusters, squaredDistances: new Float64Array(points.count) };
  settle(points, centroids, state);
  return { ...state, centroids, inertia: inertiaOf(state), iterations, converged };
}

async function seeds(
  points: Geometry,
  gpu: GpuPoints,
  k: number,
  rng: ReturnType<typeof random>,
  mark: (share: number) => void,
): Promise<Float64Array> {
  const choosing = choosingSeeds(points.count, k, rng);
  let step = choosing.next(new Float32Array());
  for (let done = 1; !step.done; done++) {
    step = choosing.next(await gpu.distancesTo(step.value));
    mark((0.5 * Math.min(done, k)) / k);
  }
  const centroids = new Float64Array(k * points.width);
  step.value.forEach((row, c) => points.copyRow(row, centroids, c * points.width));
  return centroids;
}

/** Rows by cluster (a counting sort, so in their order), each empty cluster with the row farthest from its centroid. */
async function membersOf(clusters: Uint32Array, k: number, gpu: GpuPoints): Promise<Members> {
  const sizes = new Uint32Array(k);
  for (const c of clusters) sizes[c] = (sizes[c] as number) + 1;
  let own = clusters;
  if (sizes.includes(0)) {
    const squares = await gpu.squares();
    own = clusters.slice();
    for (const { row, to } of relocations(clusters, sizes, (at) => squares[at] as number)) own[row] = to;
  }
  const offsets = new Uint32Array(k + 1);
  for (let c = 0; c < k; c++) offsets[c + 1] = (offsets[c] as number) + (sizes[c] as number);
  const next = offsets.slice();
  const rows = new Uint32Array(clusters.length);
  own.forEach((c, row) => {
    const at = next[c] as number;
    rows[at] = row;
    next[c] = at + 1;
  });
  return { rows, offsets };
}

function isSame(a: Uint32Array, b: Uint32Array): boolean {
  return a.every((value, i) => value === b[i]);
}

function squaredShift(before: Nearest, after: Nearest): number {
  let sum = 0;
  after.centroids.forEach((value, i) => (sum += (value - (before.centroids[i] as number)) ** 2));
  return sum;
}
