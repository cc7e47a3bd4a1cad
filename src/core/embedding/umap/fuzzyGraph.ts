import { transposeSparse } from '../../baseline/sparse.ts';
import type { NearestGraph } from './nearestGraph.ts';

/** How strongly rows belong together: a symmetric sparse matrix in compressed rows, columns rising, weights in (0, 1]. */
export interface FuzzyGraph {
  readonly offsets: Uint32Array;
  readonly columns: Uint32Array;
  readonly weights: Float32Array;
}

const bisections = 64;
const tolerance = 1e-5;
/** A bandwidth is at least this share of the mean distance. */
const leastScale = 1e-3;

/**
 * UMAP's fuzzy simplicial set (McInnes et al. 2018, algorithms 2 and 3; umap-learn's `fuzzy_simplicial_set` with local connectivity 1):
 * each row's distances less that to its nearest, over a bandwidth at which its memberships sum to log2 of its neighbours, itself
 * counted; then the probabilistic union of both directions.
 */
export function fuzzyGraph({ k, rows, distances }: NearestGraph): FuzzyGraph {
  const count = rows.length / k;
  const memberships = new Float32Array(rows.length);
  let mean = 0;
  for (const distance of distances) mean += distance;
  // umap-learn's means count the row itself, at distance 0.
  mean /= count * (k + 1);
  for (let row = 0; row < count; row++) {
    const own = distances.subarray(row * k, (row + 1) * k);
    const nearest = own.find((distance) => distance > 0) ?? 0;
    const sigma = bandwidth(own, nearest, mean);
    own.forEach((distance, i) => {
      const beyond = distance - nearest;
      memberships[row * k + i] = beyond <= 0 ? 1 : Math.exp(-beyond / sigma);
    });
  }
  return union(rows, memberships, count, k);
}

function bandwidth(own: Float32Array, nearest: number, meanOfAll: number): number {
  const target = Math.log2(own.length + 1);
  let [low, high, middle] = [0, Number.POSITIVE_INFINITY, 1];
  for (let n = 0; n < bisections; n++) {
    let sum = 0;
    for (const distance of own) sum += distance > nearest ? Math.exp(-(distance - nearest) / middle) : 1;
    if (Math.abs(sum - target) < tolerance) break;
    if (sum > target) high = middle;
    else low = middle;
    middle = high === Number.POSITIVE_INFINITY ? middle * 2 : (low + high) / 2;
  }
  let mean = meanOfAll;
  if (nearest > 0) {
    mean = 0;
    for (const distance of own) mean += distance;
    mean /= own.length + 1;
  }
  return Math.max(middle, leastScale * mean, Number.MIN_VALUE);
}

/** a + b - ab of both directions, by merging each row with its transposed row. */
function union(rows: Uint32Array, memberships: Float32Array, count: number, k: number): FuzzyGraph {
  const back = transposeSparse({
    rowCount: count,
    columnCount: count,
    offsets: Uint32Array.from({ length: count + 1 }, (_, row) => row * k),
    columns: rows,
    values: memberships,
  });
  const columns = new Uint32Array(2 * rows.length);
  const weights = new Float32Array(2 * rows.length);
  const offsets = new Uint32Array(count + 1);
  let size = 0;
  for (let row = 0; row < count; row++) {
    const own = Array.from({ length: k }, (_, i) => row * k + i).toSorted(
      (a, b) => (rows[a] as number) - (rows[b] as number),
    );
    let [i, j] = [0, back.offsets[row] as number];
    const end = back.offsets[row + 1] as number;
    while (i < k || j < end) {
      const at = own[i] ?? -1;
      const a = i < k ? (rows[at] as number) : count;
      const b = j < end ? (back.columns[j] as number) : count;
      const forth = a <= b ? (memberships[at] as number) : 0;
      const toward = b <= a ? (back.values[j] as number) : 0;
      if (a <= b) i++;
      if (b <= a) j++;
      const weight = forth + toward - forth * toward;
      if (weight === 0) continue;
      columns[size] = Math.min(a, b);
      weights[size++] = weight;
    }
    offsets[row + 1] = size;
  }
  return { offsets, columns: columns.slice(0, size), weights: weights.slice(0, size) };
}
