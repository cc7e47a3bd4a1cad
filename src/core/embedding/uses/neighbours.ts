import type { Steps } from '../../../base/steps.ts';
import { geometry } from '../../clustering/geometry.ts';
import type { Points } from '../../clustering/points.ts';
import { blockRows } from '../../clustering/seeding.ts';
import { EmbeddingError, widthMismatch } from '../vectors.ts';

/** The k nearest rows of each query, nearest first; equal scores by row. */
export interface Neighbours {
  readonly k: number;
  /** `[queries, k]` */
  readonly rows: Uint32Array;
  /** Cosine, `[queries, k]`. */
  readonly scores: Float64Array;
}

export interface NeighbourOptions {
  /** 4 is PIE's for demonstrations. */
  readonly k: number;
  /** The queries are the set itself: no row is its own neighbour. */
  readonly excludeSelf?: boolean;
}

/** Queries whose vectors stay in cache while all rows pass. */
const queryBlock = 32;

/**
 * Exact nearest neighbours by cosine, in blocks: O(queries · rows · width), no index to build and none to be wrong. A zero vector
 * has cosine 0 with everything. Yields queries done. Throws `embedding-shape`, `embedding-empty` where fewer than k rows are there.
 */
export function* neighbourSteps(
  queries: Points,
  set: Points,
  { k, excludeSelf = false }: NeighbourOptions,
): Steps<Neighbours> {
  const from = geometry(queries);
  const to = excludeSelf ? from : geometry(set);
  if (from.width !== to.width) throw widthMismatch(from.width, to.width);
  const available = to.count - (excludeSelf ? 1 : 0);
  if (!Number.isInteger(k) || k < 1 || k > available)
    throw new EmbeddingError(
      'embedding-empty',
      `${available} rows have no ${k} nearest.`,
      `Ask for 1 to ${available} neighbours.`,
      { k, available },
    );
  const rows = new Uint32Array(from.count * k);
  const scores = new Float64Array(from.count * k).fill(Number.NEGATIVE_INFINITY);
  const vectors = new Float64Array(queryBlock * from.width);
  const products = new Float64Array(blockRows * queryBlock);
  for (let start = 0; start < from.count; start += queryBlock) {
    const end = Math.min(from.count, start + queryBlock);
    for (let query = start; query < end; query++) from.copyRow(query, vectors, (query - start) * from.width);
    const dots = to.against(vectors, queryBlock);
    for (let row0 = 0; row0 < to.count; row0 += blockRows) {
      const row1 = Math.min(to.count, row0 + blockRows);
      dots(row0, row1, products);
      for (let query = start; query < end; query++)
        for (let row = row0; row < row1; row++) {
          if (excludeSelf && row === query) continue;
          const norms = (from.squaredNorms[query] as number) * (to.squaredNorms[row] as number);
          const product = products[(row - row0) * queryBlock + (query - start)] as number;
          insert(rows, scores, query * k, k, row, norms > 0 ? product / Math.sqrt(norms) : 0);
        }
    }
    yield end;
  }
  return { k, rows, scores };
}

/** Keeps `k` scores in falling order; rows come in rising order, so an equal score goes behind. */
function insert(
  rows: Uint32Array,
  scores: Float64Array,
  base: number,
  k: number,
  row: number,
  score: number,
): void {
  if (score <= (scores[base + k - 1] as number)) return;
  let at = base + k - 1;
  for (; at > base && (scores[at - 1] as number) < score; at--) {
    scores[at] = scores[at - 1] as number;
    rows[at] = rows[at - 1] as number;
  }
  scores[at] = score;
  rows[at] = row;
}
