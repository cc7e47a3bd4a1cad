import type { TaskOptions } from '../../base/progress.ts';
import { within, type Steps } from '../../base/steps.ts';
import { inThousandths } from './task.ts';
import { geometry } from './geometry.ts';
import type { Geometry, Points } from './points.ts';
import { kmeansSteps, type KMeansOptions, type KMeansResult } from './kmeans.ts';
import { silhouetteSteps } from './silhouette.ts';

export interface SweepOptions extends Omit<KMeansOptions, 'k'> {
  /** Numbers of clusters to try. */
  readonly ks: readonly number[];
  /** Rows whose silhouette is taken at each k; null for all, 0 for none. */
  readonly silhouetteSample: number | null;
  /** Clusterings made elsewhere, by k. */
  readonly given?: ReadonlyMap<number, Pick<KMeansResult, 'clusters' | 'inertia'>>;
}

export interface SweepPoint {
  readonly k: number;
  readonly inertia: number;
  /** Null where it was not asked for, or is not defined (k = 1, k = count). */
  readonly silhouette: number | null;
}

export interface Sweep {
  /** By k, ascending. */
  readonly points: readonly SweepPoint[];
  /** Where more clusters begin to pay less; null where the curve has no knee. */
  readonly elbow: number | null;
  /** The k with the largest silhouette; null where none was taken. */
  readonly bestSilhouette: number | null;
}

/** Clusters at each k in turn, with elbow and silhouettes. Throws as `kmeans`. */
export async function sweepClusters(
  points: Points,
  options: SweepOptions,
  task: TaskOptions = {},
): Promise<Sweep> {
  return inThousandths('k sweep', new Set(options.ks).size, sweepSteps(geometry(points), options), task);
}

/** The same as steps, 1,000 a k. */
function* sweepSteps(points: Geometry, options: SweepOptions): Steps<Sweep> {
  const ks = [...new Set(options.ks)].sort((a, b) => a - b);
  const found: SweepPoint[] = [];
  for (const [i, k] of ks.entries()) {
    const runs = options.runs ?? 1;
    let clustering = options.given?.get(k);
    if (!clustering) {
      const steps = kmeansSteps(points, { ...options, k });
      clustering = yield* within(steps, (done) => i * 1000 + (done / runs) * 0.8);
    }
    const { inertia, clusters } = clustering;
    let silhouette: number | null = null;
    const used = new Set(clusters).size;
    if (options.silhouetteSample !== 0 && used > 1 && used < points.count) {
      const sampled = silhouetteSteps(points, clusters, {
        sample: options.silhouetteSample,
        seed: options.seed,
      });
      silhouette = (yield* within(sampled, () => i * 1000 + 800)).mean;
    }
    found.push({ k, inertia, silhouette });
  }
  const scored = found.filter((point) => point.silhouette !== null);
  const best = scored.reduce<SweepPoint | null>(
    (a, b) => (a === null || (b.silhouette ?? 0) > (a.silhouette ?? 0) ? b : a),
    null,
  );
  return {
    points: found,
    elbow: elbow(
      found.map(({ k }) => k),
      found.map(({ inertia }) => inertia),
    ),
    bestSilhouette: best?.k ?? null,
  };
}

/**
 * The knee of a convex, falling curve (Kneedle: Satopää et al. 2011, sensitivity 1): scaled to the unit square, where the curve lies
 * farthest below the diagonal and climbs back afterwards. `x` ascending. Null for fewer than three points, a straight or a concave curve.
 */
export function elbow(x: readonly number[], y: readonly number[], sensitivity = 1): number | null {
  const n = x.length;
  const [x0 = 0, xEnd = 0] = [x[0], x[n - 1]];
  const [high, low] = [Math.max(...y), Math.min(...y)];
  if (n < 3 || !(high > low) || !(xEnd > x0)) return null;
  const scaled = x.map((value) => (value - x0) / (xEnd - x0));
  const difference = y.map((value, i) => 1 - (value - low) / (high - low) - (scaled[i] as number));
  // A knee is a local maximum after which the curve falls below its threshold before it rises again.
  const meanStep = 1 / (n - 1);
  let best: { at: number; height: number } | null = null;
  for (let i = 1; i < n - 1; i++) {
    const here = difference[i] as number;
    if (here < (difference[i - 1] as number) || here < (difference[i + 1] as number)) continue;
    const threshold = here - sensitivity * meanStep;
    for (let j = i + 1; j < n; j++) {
      const later = difference[j] as number;
      if (later > here) break;
      if (later < threshold) {
        if (here > 1e-9 && (best === null || here > best.height)) best = { at: i, height: here };
        break;
      }
    }
  }
  return best === null ? null : (x[best.at] ?? null);
}
