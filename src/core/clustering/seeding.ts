import type { Random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import type { Geometry } from './points.ts';

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
 * from what is chosen, the one that lowers the sum of those distances most. Yields rows, wants the squared distances of all rows to
 * each of them, `[rows, count]`, which it changes, and returns the rows chosen.
 */
export function* choosingSeeds(
  count: number,
  k: number,
  random: Random,
): Generator<readonly number[], number[], Float64Array | Float32Array> {
  const trials = 2 + Math.floor(Math.log(k));
  const chosen = [random.integer(count)];
  const closest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  let distances = yield chosen;
  let potential = lower(chosen, distances, closest)[0] as number;
  closest.set(distances.subarray(0, count));
  while (chosen.length < k) {
    const drawn = draw(closest, potential, trials, random);
    distances = yield drawn;
    const potentials = lower(drawn, distances, closest);
    let best = 0;
    for (let t = 1; t < trials; t++) if ((potentials[t] as number) < (potentials[best] as number)) best = t;
    potential = potentials[best] as number;
    closest.set(distances.subarray(best * count, (best + 1) * count));
    chosen.push(drawn[best] as number);
  }
  return chosen;
}

/** `choosingSeeds` on the CPU. Yields how many centroids are chosen. */
export function* seedCentroids(points: Geometry, k: number, random: Random): Steps<Seeding> {
  const { count, width } = points;
  const distancesTo = distancesFrom(points, 2 + Math.floor(Math.log(k)));
  const choosing = choosingSeeds(count, k, random);
  let step = choosing.next(new Float64Array());
  for (let done = 1; !step.done; done++) {
    step = choosing.next(distancesTo(step.value));
    yield Math.min(done, k);
  }
  const centroids = new Float64Array(k * width);
  step.value.forEach((row, c) => points.copyRow(row, centroids, c * width));
  return { centroids, rows: step.value };
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

/** Squared distances to the nearest centroid if each of the rows were one more, in place; returns their sums. */
function lower(
  rows: readonly number[],
  distances: Float64Array | Float32Array,
  closest: Float64Array,
): Float64Array {
  const count = closest.length;
  return Float64Array.from(rows, (own, t) => {
    const base = t * count;
    // Rounding leaves a row a little off itself.
    distances[base + own] = 0;
    let sum = 0;
    for (let row = 0; row < count; row++) {
      const distance = Math.min(closest[row] as number, distances[base + row] as number);
      distances[base + row] = distance;
      sum += distance;
    }
    return sum;
  });
}

/** Squared distances of all rows to each of `most` rows at most, `[rows, count]`; what it returns lives until the next call. */
function distancesFrom(points: Geometry, most: number): (rows: readonly number[]) => Float64Array {
  const { count, width, squaredNorms } = points;
  const fast = points.products();
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  const vectors = new Float64Array(most * width);
  const out = new Float64Array(most * count);
  const slow = new Float64Array(fast ? 0 : blockRows * most);
  return (rows) => {
    const m = rows.length;
    rows.forEach((row, t) => points.copyRow(row, vectors, t * width));
    fast?.prepare(vectors, m);
    const dots = fast ? null : points.against(vectors, m);
    const stride = fast?.stride ?? m;
    for (let from = 0; from < count; from += blockRows) {
      const to = Math.min(count, from + blockRows);
      dots?.(from, to, slow);
      const block = fast ? fast.of(all, from, to) : slow;
      for (let t = 0; t < m; t++) {
        const norm = squaredNorms[rows[t] as number] as number;
        for (let row = from; row < to; row++) {
          const both = (squaredNorms[row] as number) + norm;
          let square = both - 2 * (block[(row - from) * stride + t] as number);
          // Copies of a text: what float32 leaves of their distance is noise, by which nothing should be drawn.
          if (fast && square < 2 * fast.error * both) square = both - 2 * points.dot(row, vectors, t);
          // A negative distance would be drawn with negative probability.
          out[t * count + row] = Math.max(0, square);
        }
      }
    }
    return out;
  };
}
