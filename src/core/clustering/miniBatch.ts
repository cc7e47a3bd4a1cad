import type { Random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { assign, inertiaOf, newAssignment } from './assign.ts';
import type { Descent, DescentOptions } from './elkan.ts';
import type { Geometry } from './points.ts';
import { drifts } from './means.ts';

/** Batches without progress after which it ends (scikit-learn's `max_no_improvement`). */
const patience = 10;
/** A centroid with fewer rows than this share of the largest starts again from a row of the batch (`reassignment_ratio`). */
const reassignmentRatio = 0.01;

/**
 * Mini-batch k-means (Sculley 2010): each batch pulls its nearest centroids by 1 / rows seen. For sets too large for whole passes; a
 * few per cent more inertia. `maxIterations` are passes over as many rows as there are. Yields passes.
 */
export function* miniBatch(
  points: Geometry,
  start: Float64Array,
  { k, maxIterations, squaredTolerance, batchRows }: DescentOptions & { readonly batchRows: number },
  random: Random,
): Steps<Descent> {
  const { count, width } = points;
  const rows = Math.min(batchRows, count);
  const perPass = Math.max(1, Math.ceil(count / rows));
  const centroids = start.slice();
  const seen = new Float64Array(k);
  const batch = new Uint32Array(rows);
  let [smoothed, least, waited] = [Number.NaN, Number.POSITIVE_INFINITY, 0];
  for (let step = 1; step <= maxIterations * perPass; step++) {
    for (let i = 0; i < rows; i++) batch[i] = random.integer(count);
    const before = centroids.slice();
    const inertia = oneBatch(points, batch, centroids, seen, k) / rows;
    if (step % 10 === 0) restartRare(points, batch, centroids, seen, k, random);
    if (step % perPass === 0) yield step / perPass;
    // Exponentially smoothed over about one pass, as scikit-learn's.
    const weight = Math.min(1, (2 * rows) / (count + 1));
    smoothed = Number.isNaN(smoothed) ? inertia : smoothed * (1 - weight) + inertia * weight;
    waited = smoothed < least ? 0 : waited + 1;
    least = Math.min(least, smoothed);
    const shift = drifts(before, centroids, k).reduce((sum, move) => sum + move * move, 0);
    if (waited >= patience || (step > 1 && shift <= squaredTolerance / width))
      return { centroids, iterations: Math.ceil(step / perPass), converged: true };
  }
  return { centroids, iterations: maxIterations, converged: false };
}

function oneBatch(
  points: Geometry,
  batch: Uint32Array,
  centroids: Float64Array,
  seen: Float64Array,
  k: number,
): number {
  const { width } = points;
  const chosen = newAssignment(batch.length);
  assign(points.gather(batch), centroids, k, chosen);
  batch.forEach((row, i) => {
    const c = chosen.clusters[i] as number;
    const rate = 1 / ((seen[c] as number) + 1);
    seen[c] = (seen[c] as number) + 1;
    const base = c * width;
    for (let j = base; j < base + width; j++) centroids[j] = (centroids[j] as number) * (1 - rate);
    points.addRow(row, rate, centroids, base);
  });
  return inertiaOf(chosen);
}

function restartRare(
  points: Geometry,
  batch: Uint32Array,
  centroids: Float64Array,
  seen: Float64Array,
  k: number,
  random: Random,
): void {
  const most = seen.reduce((a, b) => Math.max(a, b), 0);
  const least = seen.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  for (let c = 0; c < k; c++) {
    if ((seen[c] as number) >= reassignmentRatio * most) continue;
    points.copyRow(batch[random.integer(batch.length)] as number, centroids, c * points.width);
    seen[c] = Math.max(1, least);
  }
}
