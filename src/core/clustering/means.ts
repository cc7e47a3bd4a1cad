import type { Geometry } from './points.ts';

/**
 * Means of the assigned rows, `[k, width]`. An empty cluster takes the row farthest from its own centroid, which leaves its old
 * cluster (scikit-learn's `_relocate_empty_clusters`). `distance(row)`: to the centroid it is assigned to, squared.
 */
export function means(
  points: Geometry,
  assignments: Uint32Array,
  k: number,
  distance: (row: number) => number,
): Float64Array {
  const { count, width } = points;
  const sums = new Float64Array(k * width);
  const sizes = new Uint32Array(k);
  for (let row = 0; row < count; row++) {
    const c = assignments[row] as number;
    points.addRow(row, 1, sums, c * width);
    sizes[c] = (sizes[c] as number) + 1;
  }
  for (const { row, from, to } of relocations(assignments, sizes, distance)) {
    points.addRow(row, -1, sums, from * width);
    points.addRow(row, 1, sums, to * width);
  }
  for (let c = 0; c < k; c++) {
    const size = sizes[c] as number;
    // A cluster that gave its only row away keeps that row's place.
    if (size > 1) for (let i = c * width; i < (c + 1) * width; i++) sums[i] = (sums[i] as number) / size;
  }
  return sums;
}

/**
 * Which row each empty cluster takes: the rows farthest from their centroids, ties to the lower row. `sizes` is changed to what they
 * are afterwards.
 */
export function relocations(
  assignments: Uint32Array,
  sizes: Uint32Array,
  distance: (row: number) => number,
): { readonly row: number; readonly from: number; readonly to: number }[] {
  const empty = [...sizes.keys()].filter((c) => sizes[c] === 0);
  if (empty.length === 0) return [];
  const farthest = Array.from(assignments, (_, row) => ({ row, distance: distance(row) }))
    .sort((a, b) => b.distance - a.distance || a.row - b.row)
    .filter(({ row }) => (sizes[assignments[row] as number] as number) > 1);
  const moves: { row: number; from: number; to: number }[] = [];
  let next = 0;
  for (const to of empty) {
    // The last row of a cluster stays: taking it would only make another one empty.
    while (next < farthest.length && sizes[assignments[farthest[next]?.row ?? 0] as number] === 1) next++;
    const far = farthest[next++];
    if (!far) break;
    const from = assignments[far.row] as number;
    moves.push({ row: far.row, from, to });
    sizes[from] = (sizes[from] as number) - 1;
    sizes[to] = 1;
  }
  return moves;
}

/** Squared l2 norm of each of k vectors. */
export function squaredNorms(vectors: Float64Array, k: number): Float64Array {
  const width = vectors.length / k;
  const norms = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    let sum = 0;
    for (let i = c * width; i < (c + 1) * width; i++) sum += (vectors[i] as number) ** 2;
    norms[c] = sum;
  }
  return norms;
}

/** Distance each centroid moved. */
export function drifts(before: Float64Array, after: Float64Array, k: number): Float64Array {
  const width = before.length / k;
  const moved = new Float64Array(k);
  for (let c = 0; c < k; c++) {
    let sum = 0;
    for (let i = c * width; i < (c + 1) * width; i++)
      sum += ((after[i] as number) - (before[i] as number)) ** 2;
    moved[c] = Math.sqrt(sum);
  }
  return moved;
}
