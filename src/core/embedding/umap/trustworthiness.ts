import { random } from '../../../base/random.ts';
import type { Steps } from '../../../base/steps.ts';
import { allRows } from '../../clustering/assign.ts';
import { geometry } from '../../clustering/geometry.ts';
import type { Points } from '../../clustering/points.ts';
import { blockRows } from '../../clustering/seeding.ts';
import { EmbeddingError } from '../vectors.ts';

export interface TrustworthinessOptions {
  /** Neighbours in the map that are looked at. 5, as scikit-learn. */
  readonly neighbours: number;
  /** Rows that are asked, drawn by `seed`; null for all, which is what scikit-learn does. */
  readonly sample: number | null;
  readonly seed: number;
}

/**
 * How far a map keeps from making neighbours of what is far apart: 1 is best (Venna & Kaski 2001; scikit-learn's `trustworthiness` with
 * metric cosine). Neighbours in the map by Euclidean distance; each costs by how far beyond the k nearest it lies among the points.
 * O(sample · rows · width). Yields rows asked. Throws `embedding-empty` unless k < rows / 2.
 */
export function* trustworthinessSteps(
  given: Points,
  map: Float32Array,
  { neighbours: k, sample, seed }: TrustworthinessOptions,
): Steps<number> {
  const points = geometry(given);
  const { count, width, squaredNorms } = points;
  if (k < 1 || k >= count / 2)
    throw new EmbeddingError(
      'embedding-empty',
      `${count} points cannot be asked for ${k} neighbours.`,
      `Ask for fewer than ${Math.ceil(count / 2)}.`,
      { k, count },
    );
  const all = allRows(count);
  const rows =
    sample === null || sample >= count ? all : random(seed, 3).shuffle(all.slice()).subarray(0, sample);
  const vector = new Float64Array(width);
  const block = new Float64Array(blockRows);
  const cosines = new Float64Array(count);
  let penalty = 0;
  for (const [asked, row] of rows.entries()) {
    points.copyRow(row, vector, 0);
    const dots = points.against(vector, 1);
    for (let from = 0; from < count; from += blockRows) {
      const to = Math.min(count, from + blockRows);
      dots(from, to, block);
      for (let other = from; other < to; other++) {
        const norms = (squaredNorms[row] as number) * (squaredNorms[other] as number);
        cosines[other] = norms > 0 ? (block[other - from] as number) / Math.sqrt(norms) : 0;
      }
    }
    for (const other of nearestInMap(map, row, k)) penalty += Math.max(0, rankOf(cosines, row, other) - k);
    yield asked + 1;
  }
  return 1 - (penalty * 2) / (rows.length * k * (2 * count - 3 * k - 1));
}

/** Place of a row among the others by falling cosine, from 1; equal ones by row. */
function rankOf(cosines: Float64Array, row: number, other: number): number {
  const own = cosines[other] as number;
  let rank = 1;
  for (let at = 0; at < cosines.length; at++) {
    const cosine = cosines[at] as number;
    if (at !== row && (cosine > own || (cosine === own && at < other))) rank++;
  }
  return rank;
}

function nearestInMap(map: Float32Array, row: number, k: number): Uint32Array {
  const found = new Uint32Array(k);
  const squares = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  const [x, y] = [map[2 * row] as number, map[2 * row + 1] as number];
  for (let other = 0; other < map.length / 2; other++) {
    const square = ((map[2 * other] as number) - x) ** 2 + ((map[2 * other + 1] as number) - y) ** 2;
    if (other === row || square >= (squares[k - 1] as number)) continue;
    let at = k - 1;
    for (; at > 0 && (squares[at - 1] as number) > square; at--) {
      squares[at] = squares[at - 1] as number;
      found[at] = found[at - 1] as number;
    }
    squares[at] = square;
    found[at] = other;
  }
  return found;
}
