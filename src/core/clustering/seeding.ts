import type { Random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import type { Geometry } from './geometry.ts';

/** Rows a block of products covers: its results and the vectors stay in cache. */
export const blockRows = 128;

export interface Seeding {
  /** `[k, width]` */
  readonly centroids: Float64Array;
  /** Rows that became centroids. */
  readonly rows: readonly number[];
}

/**
 * Greedy k-means++ (Arthur & Vassilvitskii 2007; as scikit-learn): of 2 + ⌊ln k⌋ rows drawn in proportion to their squared distance
 * from what is chosen, the one that lowers the sum of those distances most. Yields how many centroids are chosen.
 */
export function* seedCentroids(points: Geometry, k: number, random: Random): Steps<Seeding> {
  const { count, width } = points;
  const trials = 2 + Math.floor(Math.log(k));
  const centroids = new Float64Array(k * width);
  const closest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const rows = [random.integer(count)];
  const candidates = new Float64Array(trials * width);
  const distances = new Float64Array(trials * count);
  let potential = lower(points, rows, candidates, closest, distances)[0] as number;
  closest.set(distances.subarray(0, count));
  points.copyRow(rows[0] as number, centroids, 0);
  yield 1;

  for (let chosen = 1; chosen < k; chosen++) {
    const drawn = draw(closest, potential, trials, random);
    const potentials = lower(points, drawn, candidates, closest, distances);
    let best = 0;
    for (let t = 1; t < trials; t++) if ((potentials[t] as number) < (potentials[best] as number)) best = t;
    potential = potentials[best] as number;
    closest.set(distances.subarray(best * count, (best + 1) * count));
    const row = drawn[best] as number;
    rows.push(row);
    points.copyRow(row, centroids, chosen * width);
    yield chosen + 1;
  }
  return { centroids, rows };
}

/** Rows in proportion to their weights. */
function draw(weights: Float64Array, total: number, trials: number, random: Random): number[] {
  const targets = Array.from({ length: trials }, (_, trial) => ({ trial, value: random.next() * total }));
  targets.sort((a, b) => a.value - b.value);
  const drawn = Array.from<number>({ length: trials });
  let [row, sum] = [0, weights[0] as number];
  for (const { trial, value } of targets) {
    while (sum < value && row < weights.length - 1) sum += weights[++row] as number;
    drawn[trial] = row;
  }
  return drawn;
}

/** Squared distances to the nearest centroid if each row were one more, `[trials, count]` to `out`; returns their sums. */
function lower(
  points: Geometry,
  rows: readonly number[],
  candidates: Float64Array,
  closest: Float64Array,
  out: Float64Array,
): Float64Array {
  const { count, width, squaredNorms } = points;
  const m = rows.length;
  rows.forEach((row, t) => points.copyRow(row, candidates, t * width));
  const dots = points.against(candidates, m);
  const block = new Float64Array(blockRows * m);
  const sums = new Float64Array(m);
  for (let from = 0; from < count; from += blockRows) {
    const to = Math.min(count, from + blockRows);
    dots(from, to, block);
    for (let t = 0; t < m; t++) {
      const norm = squaredNorms[rows[t] as number] as number;
      let sum = sums[t] as number;
      for (let row = from; row < to; row++) {
        const square = (squaredNorms[row] as number) + norm - 2 * (block[(row - from) * m + t] as number);
        // Rounding leaves a row a little off itself, and a negative distance would be drawn with negative probability.
        const distance = row === rows[t] ? 0 : Math.min(closest[row] as number, Math.max(0, square));
        out[t * count + row] = distance;
        sum += distance;
      }
      sums[t] = sum;
    }
  }
  return sums;
}
