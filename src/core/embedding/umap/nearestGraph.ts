import { random } from '../../../base/random.ts';
import { within, type Steps } from '../../../base/steps.ts';
import { allRows } from '../../clustering/assign.ts';
import { geometry } from '../../clustering/geometry.ts';
import type { DensePoints, Geometry, Points } from '../../clustering/points.ts';
import { productRows, type RowProducts } from '../../clustering/simd/products.ts';
import { lsaSteps } from '../lsa.ts';
import { neighbourSteps } from '../uses/neighbours.ts';
import { normalise } from '../vectors.ts';
import { cellsOf, nearestCells, type Cells } from './cells.ts';
import { NeighbourLists } from './neighbourLists.ts';
import { descend } from './descend.ts';

/** Each row's k nearest others, nearest first. */
export interface NearestGraph {
  readonly k: number;
  /** `[count, k]` */
  readonly rows: Uint32Array;
  /** 1 - cosine, `[count, k]`; 0 where rounding cannot tell two directions apart. */
  readonly distances: Float32Array;
}

/** Up to which sizes every row is held against every other. */
export interface ExactLimits {
  /** Products (rows · rows · width) of dense points. */
  readonly products: number;
  /** Rows of sparse ones; more are compared by their latent directions. */
  readonly sparseRows: number;
}

/** A few seconds of work. */
const exactDefaults: ExactLimits = { products: 1.5e10, sparseRows: 8192 };
const latentWidth = 64;
/** Rows that each row is held against in cells; what they miss, descent finds. */
const budgetRows = 4096;
/** Two products of unit vectors closer than this are one in float32. */
const tie = 1e-6;

/**
 * The k nearest of every row by cosine, the row itself aside. Exact for small sets. Beyond, products in float32 (SIMD) against the
 * rows of the nearest cells of a coarse k-means, then descent over neighbours of neighbours (Dong, Moses & Li 2011) until fewer than
 * one in a thousand entries changes. Large sparse sets are compared in their first 64 latent directions (LSA). Seeded. Yields shares
 * of the work, 0 to 1. Throws `embedding-empty` where fewer than k other rows are there.
 */
export function* nearestGraphSteps(
  given: Points,
  k: number,
  seed: number,
  limits: ExactLimits = exactDefaults,
): Steps<NearestGraph> {
  const dense = yield* densePoints(given, seed, limits.sparseRows);
  if (!dense) return yield* exactSparse(given, k);
  const units = normalise({ ...dense, values: dense.values.slice() });
  const unit = geometry(units);
  const products = unit.products();
  if (!products || unit.count <= k) return yield* exactSparse(dense, k);
  const lists = new NeighbourLists(unit.count, k);
  if (unit.count ** 2 * unit.width <= limits.products) {
    const all = allRows(unit.count);
    for (let from = 0; from < unit.count; from += productRows) {
      hold(unit, products, all.subarray(from, from + productRows), all, lists);
      yield from / unit.count;
    }
  } else yield* byCells(unit, units.values, products, lists, seed);
  return graphOf(lists);
}

/** Null: sparse, and few enough to stay so. */
function* densePoints(given: Points, seed: number, mostRows: number): Steps<DensePoints | null> {
  if (!('rowCount' in given)) return given;
  if (given.rowCount <= mostRows) return null;
  const rank = Math.min(latentWidth, given.columnCount);
  const { vectors } = yield* within(lsaSteps(given, { rank, seed }), () => 0);
  return vectors;
}

function* exactSparse(points: Points, k: number): Steps<NearestGraph> {
  const { count } = geometry(points);
  const search = neighbourSteps(points, points, { k, excludeSelf: true });
  const { rows, scores } = yield* within(search, (done) => done / count);
  return { k, rows, distances: Float32Array.from(scores, distanceOf) };
}

const distanceOf = (score: number) => (score > 1 - tie ? 0 : 1 - score);

function graphOf({ k, rows, scores }: NeighbourLists): NearestGraph {
  return { k, rows, distances: Float32Array.from(scores, distanceOf) };
}

function* byCells(
  unit: Geometry,
  values: Float32Array,
  products: RowProducts,
  lists: NeighbourLists,
  seed: number,
): Steps<void> {
  const cells: Cells = yield* cellsOf(unit, products, random(seed, 1), 0.15);
  const { members, offsets } = cells;
  const candidates = new Uint32Array(unit.count);
  for (let cell = 0; cell < offsets.length - 1; cell++) {
    const own = members.subarray(offsets[cell], offsets[cell + 1]);
    let count = 0;
    for (const other of nearestCells(cells, cell)) {
      const those = members.subarray(offsets[other], offsets[other + 1]);
      candidates.set(those, count);
      count += those.length;
      if (count >= budgetRows) break;
    }
    for (let from = 0; from < own.length; from += productRows)
      hold(unit, products, own.subarray(from, from + productRows), candidates.subarray(0, count), lists);
    yield 0.15 + (0.5 * (cell + 1)) / (offsets.length - 1);
  }
  yield* within(descend(values, unit.width, lists), (share) => 0.65 + 0.35 * share);
}

/** Holds up to `productRows` rows against candidates, and keeps the nearest. */
function hold(
  unit: Geometry,
  products: RowProducts,
  queries: Uint32Array,
  candidates: Uint32Array,
  lists: NeighbourLists,
): void {
  const { width } = unit;
  const m = queries.length;
  const vectors = new Float64Array(m * width);
  queries.forEach((row, i) => unit.copyRow(row, vectors, i * width));
  products.prepare(vectors, m);
  const worst = Float32Array.from(queries, (row) => lists.worst(row));
  for (let from = 0; from < candidates.length; from += productRows) {
    const to = Math.min(candidates.length, from + productRows);
    const block = products.of(candidates, from, to);
    for (let at = from; at < to; at++) {
      const base = (at - from) * products.stride;
      const row = candidates[at] as number;
      for (let q = 0; q < m; q++) {
        const score = block[base + q] as number;
        if (score <= (worst[q] as number)) continue;
        const query = queries[q] as number;
        if (query === row) continue;
        lists.insert(query, row, score);
        worst[q] = lists.worst(query);
      }
    }
  }
}
