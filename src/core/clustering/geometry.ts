import { badShape, notFinite } from './errors.ts';
import { rowProducts, type RowProducts } from './simd/products.ts';
import type { DensePoints, Points, Geometry } from './points.ts';
import { sparseGeometry } from './sparseGeometry.ts';

/** Opens points, dense or sparse. Throws `points-shape`, `points-not-finite`. */
export function geometry(points: Points): Geometry {
  const opened = 'rowCount' in points ? sparseGeometry(points) : denseGeometry(points);
  const bad = opened.squaredNorms.findIndex((norm) => !Number.isFinite(norm));
  if (bad >= 0) throw notFinite(bad);
  return opened;
}

/** Number of rows. */
export function pointCount(points: Points): number {
  return 'rowCount' in points ? points.rowCount : points.count;
}

/** The points of chosen rows, in their order; dense. */
export function takeRows(points: DensePoints, rows: ArrayLike<number>): DensePoints {
  const { width } = points;
  const values = new Float32Array(rows.length * width);
  for (let i = 0; i < rows.length; i++) {
    const from = (rows[i] as number) * width;
    values.set(points.values.subarray(from, from + width), i * width);
  }
  return { count: rows.length, width, values };
}

function denseGeometry({ count, width, values }: DensePoints): Geometry {
  if (count < 1 || width < 1 || values.length !== count * width) throw badShape(values.length, count, width);
  const squaredNorms = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    let sum = 0;
    for (let i = row * width; i < (row + 1) * width; i++) sum += (values[i] as number) ** 2;
    squaredNorms[row] = sum;
  }
  let products: RowProducts | null | undefined;
  return {
    count,
    width,
    isDense: true,
    squaredNorms,
    products: () => (products ??= rowProducts(count, width, values)),
    against: (vectors, m) => (from, to, out) => dotBlock(values, width, from, to, vectors, m, out),
    dot: (row, vectors, index) => dot(values, row * width, vectors, index * width, width),
    gather: (rows) => denseGeometry(takeRows({ count, width, values }, rows)),
    copyRow: (row, out, offset) => out.set(values.subarray(row * width, (row + 1) * width), offset),
    addRow(row, factor, out, offset) {
      const from = row * width;
      for (let i = 0; i < width; i++)
        out[offset + i] = (out[offset + i] as number) + factor * (values[from + i] as number);
    },
  };
}

// Four sums: a single one would wait for its own last addition.
function dot(a: Float32Array, aFrom: number, b: Float64Array, bFrom: number, width: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < width; i += 4) {
    s0 += (a[aFrom + i] as number) * (b[bFrom + i] as number);
    s1 += (a[aFrom + i + 1] as number) * (b[bFrom + i + 1] as number);
    s2 += (a[aFrom + i + 2] as number) * (b[bFrom + i + 2] as number);
    s3 += (a[aFrom + i + 3] as number) * (b[bFrom + i + 3] as number);
  }
  for (; i < width; i++) s0 += (a[aFrom + i] as number) * (b[bFrom + i] as number);
  return s0 + s1 + (s2 + s3);
}

/** Tiles of 2 rows × 4 vectors: six loads for eight products. The vectors stay in cache over a block of rows. */
function dotBlock(
  values: Float32Array,
  width: number,
  from: number,
  to: number,
  vectors: Float64Array,
  m: number,
  out: Float64Array,
): void {
  const whole = m - (m % 4);
  for (let v = 0; v < whole; v += 4) {
    const [v0, v1, v2, v3] = [v * width, (v + 1) * width, (v + 2) * width, (v + 3) * width];
    let row = from;
    for (; row + 1 < to; row += 2) {
      const p = row * width;
      const q = p + width;
      let [a0, a1, a2, a3] = [0, 0, 0, 0];
      let [b0, b1, b2, b3] = [0, 0, 0, 0];
      for (let i = 0; i < width; i++) {
        const x = values[p + i] as number;
        const y = values[q + i] as number;
        const c0 = vectors[v0 + i] as number;
        const c1 = vectors[v1 + i] as number;
        const c2 = vectors[v2 + i] as number;
        const c3 = vectors[v3 + i] as number;
        a0 += x * c0;
        a1 += x * c1;
        a2 += x * c2;
        a3 += x * c3;
        b0 += y * c0;
        b1 += y * c1;
        b2 += y * c2;
        b3 += y * c3;
      }
      const o = (row - from) * m + v;
      out[o] = a0;
      out[o + 1] = a1;
      out[o + 2] = a2;
      out[o + 3] = a3;
      out[o + m] = b0;
      out[o + m + 1] = b1;
      out[o + m + 2] = b2;
      out[o + m + 3] = b3;
    }
    if (row < to)
      for (let w = v; w < v + 4; w++)
        out[(row - from) * m + w] = dot(values, row * width, vectors, w * width, width);
  }
  for (let v = whole; v < m; v++)
    for (let row = from; row < to; row++)
      out[(row - from) * m + v] = dot(values, row * width, vectors, v * width, width);
}
