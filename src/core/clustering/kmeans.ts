import type { TaskOptions } from '../../base/progress.ts';
import { random } from '../../base/random.ts';
import { within, type Steps } from '../../base/steps.ts';
import { inThousandths } from './task.ts';
import { assign, inertiaOf, newAssignment, settle } from './assign.ts';
import { elkan, type Descent } from './elkan.ts';
import { allEqual, badShape, tooFewClusters, tooManyClusters } from './errors.ts';
import { geometry } from './geometry.ts';
import type { Geometry, Points } from './points.ts';
import { hamerly } from './hamerly.ts';
import { lloyd } from './lloyd.ts';
import { miniBatch } from './miniBatch.ts';
import { seedCentroids } from './seeding.ts';

export interface KMeansOptions {
  /** Number of clusters. */
  readonly k: number;
  readonly seed: number;
  /** Runs from different seeds, the best of which counts. 1 */
  readonly runs?: number;
  /** 300 */
  readonly maxIterations?: number;
  /** Relative to the mean variance of the columns, as scikit-learn's `tol`. 1e-4 */
  readonly tolerance?: number;
  /**
   * `auto`: `hamerly` for dense points (`elkan` where there is no SIMD and its bounds take less than 256 MB), else `lloyd`. All give
   * the same clusters but `mini-batch`.
   */
  readonly algorithm?: 'auto' | 'lloyd' | 'elkan' | 'hamerly' | 'mini-batch';
  /** Where to begin, `[k, width]`, in place of k-means++; one run is all there is to do then. */
  readonly start?: Float64Array;
  /** Rows a step of `mini-batch`. 1,024 */
  readonly batchRows?: number;
}

export interface KMeansResult {
  /** Cluster of each row, in 0 .. k - 1. */
  readonly clusters: Uint32Array;
  /** `[k, width]` */
  readonly centroids: Float64Array;
  /** Each row's squared distance to its centroid. */
  readonly squaredDistances: Float64Array;
  /** Sum of the squared distances. */
  readonly inertia: number;
  /** Times that the centroids moved. */
  readonly iterations: number;
  /** False where `maxIterations` ended it. */
  readonly converged: boolean;
}

/** Bounds of Elkan's algorithm may take this much. */
const boundsLimitBytes = 256 * 2 ** 20;

/**
 * k-means with greedy k-means++ seeding, empty clusters repaired, sums in float64. Same points, options and seed: same result.
 * Agrees with scikit-learn's KMeans up to its random numbers. Throws `clusters-too-few`, `clusters-too-many`, `points-all-equal`,
 * `points-shape`, `points-not-finite`, `aborted`.
 */
export async function kmeans(
  points: Points,
  options: KMeansOptions,
  task: TaskOptions = {},
): Promise<KMeansResult> {
  return inThousandths(
    'k-means',
    options.start ? 1 : (options.runs ?? 1),
    kmeansSteps(geometry(points), options),
    task,
  );
}

/** The same as steps, 1,000 a run at most, for callers that go on from an opened geometry. */
export function* kmeansSteps(points: Geometry, options: KMeansOptions): Steps<KMeansResult> {
  const { k, seed } = options;
  const runs = options.start ? 1 : (options.runs ?? 1);
  checkClusters(points, k);
  let best: KMeansResult | null = null;
  for (let run = 0; run < runs; run++) {
    const found = yield* within(oneRun(points, options, random(seed, run)), (done) => run * 1000 + done);
    if (best === null || found.inertia < best.inertia) best = found;
  }
  if (best === null) throw tooFewClusters(runs);
  return best;
}

/** Throws `clusters-too-few`, `clusters-too-many`, `points-all-equal`. */
export function checkClusters(points: Geometry, k: number): void {
  if (!Number.isInteger(k) || k < 1) throw tooFewClusters(k);
  if (k > points.count) throw tooManyClusters(k, points.count);
  if (k > 1 && isOnePoint(points)) throw allEqual(points.count);
}

function isOnePoint(points: Geometry): boolean {
  const first = new Float64Array(points.width);
  const other = new Float64Array(points.width);
  points.copyRow(0, first, 0);
  for (let row = 1; row < points.count; row++) {
    if (points.squaredNorms[row] !== points.squaredNorms[0]) return false;
    points.copyRow(row, other, 0);
    if (other.some((value, i) => value !== first[i])) return false;
  }
  return true;
}

// A run's progress: seeding is its first half, the descent the other, of unknown length.
const seedingShare = 500;

function* oneRun(
  points: Geometry,
  options: KMeansOptions,
  rng: ReturnType<typeof random>,
): Steps<KMeansResult> {
  const { k, maxIterations = 300, tolerance = 1e-4 } = options;
  const seeding = seedCentroids(seedingPoints(points, options, rng), k, rng);
  const given = options.start;
  if (given && given.length !== k * points.width) throw badShape(given.length, k, points.width);
  const start = given ?? (yield* within(seeding, (seeded) => (seeded / k) * seedingShare)).centroids;
  const state = newAssignment(points.count);
  const descentOptions = { k, maxIterations, squaredTolerance: tolerance * meanVariance(points) };
  const descent = chosenDescent(points, options)(points, start, state, descentOptions, rng);
  const { centroids, iterations, converged } = yield* within(descent, (done) => 1000 - 500 / (1 + done / 10));
  const { clusters, squaredDistances } = state;
  return { clusters, centroids, squaredDistances, inertia: inertiaOf(state), iterations, converged };
}

/** Mini-batches are for sets on which even seeding would take long: theirs are drawn from a sample (`init_size`). */
function seedingPoints(
  points: Geometry,
  { k, algorithm, batchRows = 1024 }: KMeansOptions,
  rng: ReturnType<typeof random>,
): Geometry {
  const rows = 3 * Math.max(batchRows, k);
  if (algorithm !== 'mini-batch' || rows >= points.count) return points;
  return points.gather(rng.shuffle(Uint32Array.from({ length: points.count }, (_, i) => i)).slice(0, rows));
}

type Descend = (
  points: Geometry,
  start: Float64Array,
  state: ReturnType<typeof newAssignment>,
  options: Parameters<typeof lloyd>[3],
  rng: ReturnType<typeof random>,
) => Steps<Descent>;

function chosenDescent(
  points: Geometry,
  { k, algorithm = 'auto', batchRows = 1024 }: KMeansOptions,
): Descend {
  if (algorithm === 'mini-batch')
    return function* (...[geometry, start, state, descent, rng]) {
      const result = yield* miniBatch(geometry, start, { ...descent, batchRows }, rng);
      assign(geometry, result.centroids, k, state);
      settle(geometry, result.centroids, state);
      return result;
    };
  if (algorithm === 'hamerly' || (algorithm === 'auto' && points.products())) return hamerly;
  const fits = points.count * k * Float32Array.BYTES_PER_ELEMENT <= boundsLimitBytes;
  return algorithm === 'elkan' || (algorithm === 'auto' && points.isDense && fits) ? elkan : lloyd;
}

/** Mean of the columns' variances: what a tolerance is relative to. */
export function meanVariance(points: Geometry): number {
  const { count, width } = points;
  const sums = new Float64Array(width);
  let squares = 0;
  for (let row = 0; row < count; row++) {
    points.addRow(row, 1, sums, 0);
    squares += points.squaredNorms[row] as number;
  }
  const meanSquares = sums.reduce((total, sum) => total + (sum / count) ** 2, 0);
  return Math.max(0, squares / count - meanSquares) / width;
}
