import type { Steps } from '../../base/steps.ts';
import { tooManyRows } from './errors.ts';
import type { Geometry } from './points.ts';
import { blockRows } from './seeding.ts';

/** A matrix of all distances may take this much: 11,585 rows. */
export const matrixLimitBytes = 512 * 2 ** 20;
export const mostMatrixRows = Math.floor(Math.sqrt(matrixLimitBytes / Float32Array.BYTES_PER_ELEMENT));

/**
 * Euclidean distances of all pairs, `[count, count]`, symmetric, 0 on the diagonal and between copies. Yields rows done. Throws
 * `points-too-many` in the name of `method`.
 */
export function* distanceMatrix(points: Geometry, method: string): Steps<Float32Array> {
  const { count, width, squaredNorms } = points;
  if (count > mostMatrixRows) throw tooManyRows(method, count, mostMatrixRows);
  const out = new Float32Array(count * count);
  const fast = points.products();
  const group = fast ? 64 : 32;
  const vectors = new Float64Array(group * width);
  const slow = new Float64Array(fast ? 0 : blockRows * group);
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  for (let start = 0; start < count; start += group) {
    const m = Math.min(group, count - start);
    for (let i = 0; i < m; i++) points.copyRow(start + i, vectors, i * width);
    fast?.prepare(vectors, m);
    const dots = fast ? null : points.against(vectors, m);
    const stride = fast?.stride ?? m;
    // Rows from here on: what lies below the diagonal is what lies above it.
    for (let from = start; from < count; from += blockRows) {
      const to = Math.min(count, from + blockRows);
      dots?.(from, to, slow);
      const block = fast ? fast.of(all, from, to) : slow;
      for (let row = from; row < to; row++)
        for (let i = 0; i < m; i++) {
          const other = start + i;
          if (row <= other) continue;
          const both = (squaredNorms[row] as number) + (squaredNorms[other] as number);
          let square = both - 2 * (block[(row - from) * stride + i] as number);
          if (fast && square < 16 * fast.error * both) square = both - 2 * points.dot(row, vectors, i);
          // Float64's own rounding keeps copies from being at 0.
          const distance = square > 1e-14 * both ? Math.sqrt(square) : 0;
          out[row * count + other] = distance;
          out[other * count + row] = distance;
        }
    }
    yield start + m;
  }
  return out;
}
