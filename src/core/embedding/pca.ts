import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { geometry } from '../clustering/geometry.ts';
import type { Points } from '../clustering/points.ts';

/** Directions followed beside those wanted: subspace iteration then settles in a few passes. */
const extra = 6;
const passes = 12;
const blockRows = 256;

/**
 * The first `components` principal components of points, dense or sparse, as scores `[count, components]`: centred without making
 * sparse points dense, by subspace iteration. The sign is fixed so that the largest score by size is positive. Yields passes done.
 */
export function* pcaSteps(given: Points, components: number, seed: number): Steps<Float32Array> {
  const points = geometry(given);
  const { count, width } = points;
  const m = Math.min(components + extra, width, count);
  const mean = new Float64Array(width);
  for (let row = 0; row < count; row++) points.addRow(row, 1 / count, mean, 0);
  const r = random(seed);
  const basis = Float64Array.from({ length: m * width }, () => r.normal());
  orthonormalise(basis, m, width);
  const scores = new Float64Array(count * m);
  const project = () => {
    const shift = Array.from({ length: m }, (_, j) => dot(basis, j * width, mean, 0, width));
    const products = points.against(basis, m);
    const block = new Float64Array(blockRows * m);
    for (let from = 0; from < count; from += blockRows) {
      const to = Math.min(count, from + blockRows);
      products(from, to, block);
      for (let i = 0; i < (to - from) * m; i++)
        scores[from * m + i] = (block[i] as number) - (shift[i % m] as number);
    }
  };
  for (let pass = 0; pass < passes; pass++) {
    project();
    basis.fill(0);
    for (let j = 0; j < m; j++) {
      let sum = 0;
      for (let row = 0; row < count; row++) {
        const score = scores[row * m + j] as number;
        sum += score;
        points.addRow(row, score, basis, j * width);
      }
      for (let i = 0; i < width; i++)
        basis[j * width + i] = (basis[j * width + i] as number) - sum * (mean[i] as number);
    }
    orthonormalise(basis, m, width);
    yield pass + 1;
  }
  project();
  return scoresByVariance(scores, count, m, components);
}

/** Directions in the subspace are turned to its own axes (Jacobi on the m × m covariance), largest variance first. */
function scoresByVariance(scores: Float64Array, count: number, m: number, components: number): Float32Array {
  const covariance = new Float64Array(m * m);
  for (let row = 0; row < count; row++)
    for (let a = 0; a < m; a++)
      for (let b = 0; b < m; b++)
        covariance[a * m + b] =
          (covariance[a * m + b] as number) +
          (scores[row * m + a] as number) * (scores[row * m + b] as number);
  const vectors = jacobi(covariance, m);
  const order = Array.from({ length: m }, (_, i) => i).sort(
    (a, b) => (covariance[b * m + b] as number) - (covariance[a * m + a] as number),
  );
  const out = new Float32Array(count * components);
  for (let c = 0; c < Math.min(components, m); c++) {
    const axis = order[c] as number;
    let largest = 0;
    for (let row = 0; row < count; row++) {
      let value = 0;
      for (let j = 0; j < m; j++)
        value += (scores[row * m + j] as number) * (vectors[j * m + axis] as number);
      out[row * components + c] = value;
      if (Math.abs(value) > Math.abs(largest)) largest = value;
    }
    if (largest < 0)
      for (let row = 0; row < count; row++)
        out[row * components + c] = -(out[row * components + c] as number);
  }
  return out;
}

/** Diagonalises a symmetric matrix in place; returns its eigenvectors as columns. */
function jacobi(a: Float64Array, m: number): Float64Array {
  const v = Float64Array.from({ length: m * m }, (_, i) => (i % (m + 1) === 0 ? 1 : 0));
  const rotate = (matrix: Float64Array, p: number, q: number, c: number, s: number) => {
    const [x, y] = [matrix[p] as number, matrix[q] as number];
    matrix[p] = c * x - s * y;
    matrix[q] = s * x + c * y;
  };
  for (let sweep = 0; sweep < 30; sweep++)
    for (let p = 0; p < m; p++)
      for (let q = p + 1; q < m; q++) {
        const off = a[p * m + q] as number;
        if (Math.abs(off) < 1e-300) continue;
        const theta = ((a[q * m + q] as number) - (a[p * m + p] as number)) / (2 * off);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < m; k++) rotate(a, k * m + p, k * m + q, c, s);
        for (let k = 0; k < m; k++) rotate(a, p * m + k, q * m + k, c, s);
        for (let k = 0; k < m; k++) rotate(v, k * m + p, k * m + q, c, s);
      }
  return v;
}

function orthonormalise(rows: Float64Array, m: number, width: number): void {
  for (let j = 0; j < m; j++) {
    // Twice is enough: rounding leaves a share of the earlier directions behind the first time.
    for (let again = 0; again < 2; again++)
      for (let i = 0; i < j; i++) {
        const share = dot(rows, j * width, rows, i * width, width);
        for (let k = 0; k < width; k++)
          rows[j * width + k] = (rows[j * width + k] as number) - share * (rows[i * width + k] as number);
      }
    const norm = Math.sqrt(dot(rows, j * width, rows, j * width, width));
    for (let k = 0; k < width; k++)
      rows[j * width + k] = norm > 1e-150 ? (rows[j * width + k] as number) / norm : 0;
  }
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, width: number): number {
  let sum = 0;
  for (let k = 0; k < width; k++) sum += (a[i + k] as number) * (b[j + k] as number);
  return sum;
}
