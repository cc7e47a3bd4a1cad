import type { SparseMatrix } from '../baseline/sparse.ts';
import type { RowProducts } from './simd/products.ts';

/** Dense vectors, row-major `[count, width]`. */
export interface DensePoints {
  readonly count: number;
  readonly width: number;
  readonly values: Float32Array;
}

/** n vectors to cluster or compare: dense, or compressed sparse rows (TF-IDF). */
export type Points = DensePoints | SparseMatrix;

/** Dot products of rows `[from, to)` with m vectors, to `out` `[to - from, m]`. */
export type DotBlock = (from: number, to: number, out: Float64Array) => void;

/** What the algorithms ask of vectors, so that each is written once for dense and sparse. Products and sums are float64. */
export interface Geometry {
  readonly count: number;
  readonly width: number;
  readonly isDense: boolean;
  /** Squared l2 norm of each row. */
  readonly squaredNorms: Float64Array;
  /** Readies m vectors `[m, width]` for many blocks of products. */
  against(vectors: Float64Array, m: number): DotBlock;
  /** Product of one row with one of `[m, width]`. */
  dot(row: number, vectors: Float64Array, index: number): number;
  /** Writes a row to `out[offset ..]`, all `width` values. */
  copyRow(row: number, out: Float64Array, offset: number): void;
  /** The points of chosen rows, in their order. */
  gather(rows: Uint32Array): Geometry;
  /** out[offset ..] += factor · row */
  addRow(row: number, factor: number, out: Float64Array, offset: number): void;
  /** Products in float32, made when first asked for; null where the points are sparse or the machine has no SIMD. */
  products(): RowProducts | null;
}
