import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import type { SparseMatrix } from '../baseline/sparse.ts';
import { symmetricEigen } from './eigen.ts';
import { EmbeddingError, type Vectors } from './vectors.ts';

export interface LsaOptions {
  readonly rank: number;
  readonly seed: number;
  /** More columns than asked for, dropped again: 10, as scikit-learn. */
  readonly oversampling?: number;
  /** Passes that sharpen the spectrum: 5, as TruncatedSVD. */
  readonly powerIterations?: number;
}

export interface LsaModel {
  /** Descending. */
  readonly singularValues: Float64Array;
  /** Right singular vectors, `[rank, columns]`. */
  readonly components: Float64Array;
  /** U Σ = X V: the documents it was fitted on, `[rows, rank]`. */
  readonly vectors: Vectors;
  /** X V of other documents over the same columns. */
  transform(x: SparseMatrix): Vectors;
}

/**
 * Latent semantic analysis: a truncated SVD of a sparse matrix by randomised subspace iteration (Halko, Martinsson & Tropp 2011;
 * scikit-learn's TruncatedSVD, with no centring). Signs: the largest entry of each component is positive. Seeded. Yields steps of
 * `2 · powerIterations + 2`. Throws `embedding-rank` unless 1 <= rank <= min(rows, columns).
 */
export function* lsaSteps(x: SparseMatrix, options: LsaOptions): Steps<LsaModel> {
  const { rank, seed, oversampling = 10, powerIterations = 5 } = options;
  const { rowCount: n, columnCount: d } = x;
  if (!Number.isInteger(rank) || rank < 1 || rank > Math.min(n, d))
    throw new EmbeddingError(
      'embedding-rank',
      `Rank ${rank} does not fit ${n} texts over ${d} terms.`,
      `Choose a rank from 1 to ${Math.min(n, d)}.`,
      { rank, rows: n, columns: d },
    );
  const width = Math.min(rank + oversampling, n, d);
  const normal = random(seed);
  const start = Float64Array.from({ length: d * width }, () => normal.normal());
  let q = orthonormal(times(x, start, width), n, width);
  let done = 0;
  for (let pass = 0; pass < powerIterations; pass++) {
    yield ++done;
    const z = orthonormal(timesTransposed(x, q, width), d, width);
    yield ++done;
    q = orthonormal(times(x, z, width), n, width);
  }
  yield ++done;
  // X ≈ Q B with B = Qᵀ X: its right singular vectors come from the small Gram matrix B Bᵀ.
  const bt = timesTransposed(x, q, width);
  const { values, vectors } = symmetricEigen(gram(bt, d, width), width);
  const singularValues = Float64Array.from({ length: rank }, (_, i) =>
    Math.sqrt(Math.max(0, values[i] as number)),
  );
  const components = new Float64Array(rank * d);
  for (let r = 0; r < rank; r++) {
    const sigma = singularValues[r] as number;
    // Directions without extent stay zero: dividing by what rounding left would blow it up.
    if (sigma <= 1e-10 * (singularValues[0] as number)) continue;
    const out = components.subarray(r * d, (r + 1) * d);
    for (let i = 0; i < d; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++)
        sum += (bt[i * width + j] as number) * (vectors[j * width + r] as number);
      out[i] = sum / sigma;
    }
    flipSign(out);
  }
  yield ++done;
  const transform = (matrix: SparseMatrix) => project(matrix, components, rank);
  return { singularValues, components, vectors: transform(x), transform };
}

function project(x: SparseMatrix, components: Float64Array, rank: number): Vectors {
  const d = x.columnCount;
  const transposed = new Float64Array(d * rank);
  for (let r = 0; r < rank; r++)
    for (let i = 0; i < d; i++) transposed[i * rank + r] = components[r * d + i] as number;
  return { count: x.rowCount, width: rank, values: Float32Array.from(times(x, transposed, rank)) };
}

function flipSign(vector: Float64Array): void {
  let largest = 0;
  for (const value of vector) if (Math.abs(value) > Math.abs(largest)) largest = value;
  if (largest < 0) for (let i = 0; i < vector.length; i++) vector[i] = -(vector[i] as number);
}

/** X M, `[rows, m]`; M is `[columns, m]`. */
function times(x: SparseMatrix, matrix: Float64Array, m: number): Float64Array {
  const out = new Float64Array(x.rowCount * m);
  for (let row = 0; row < x.rowCount; row++)
    for (let i = x.offsets[row] as number; i < (x.offsets[row + 1] as number); i++) {
      const value = x.values[i] as number;
      const from = (x.columns[i] as number) * m;
      for (let j = 0; j < m; j++)
        out[row * m + j] = (out[row * m + j] as number) + value * (matrix[from + j] as number);
    }
  return out;
}

/** Xᵀ M, `[columns, m]`; M is `[rows, m]`. */
function timesTransposed(x: SparseMatrix, matrix: Float64Array, m: number): Float64Array {
  const out = new Float64Array(x.columnCount * m);
  for (let row = 0; row < x.rowCount; row++)
    for (let i = x.offsets[row] as number; i < (x.offsets[row + 1] as number); i++) {
      const value = x.values[i] as number;
      const to = (x.columns[i] as number) * m;
      for (let j = 0; j < m; j++)
        out[to + j] = (out[to + j] as number) + value * (matrix[row * m + j] as number);
    }
  return out;
}

/** AᵀA, `[m, m]`, of a `[rows, m]`. */
function gram(a: Float64Array, rows: number, m: number): Float64Array {
  const out = new Float64Array(m * m);
  for (let row = 0; row < rows; row++)
    for (let i = 0; i < m; i++) {
      const value = a[row * m + i] as number;
      if (value === 0) continue;
      for (let j = 0; j < m; j++)
        out[i * m + j] = (out[i * m + j] as number) + value * (a[row * m + j] as number);
    }
  return out;
}

/** Gram-Schmidt on the columns of `[rows, m]`, twice (once loses orthogonality), column by column in a transposed copy. */
function orthonormal(a: Float64Array, rows: number, m: number): Float64Array {
  const columns = Array.from({ length: m }, (_, j) =>
    Float64Array.from({ length: rows }, (_, i) => a[i * m + j] as number),
  );
  columns.forEach((column, j) => {
    const before = Math.sqrt(dot(column, column));
    for (let pass = 0; pass < 2; pass++)
      for (let other = 0; other < j; other++) {
        const basis = columns[other] as Float64Array;
        const overlap = dot(column, basis);
        for (let i = 0; i < rows; i++) column[i] = (column[i] as number) - overlap * (basis[i] as number);
      }
    const norm = Math.sqrt(dot(column, column));
    // What is left of a dependent column is rounding: it spans nothing.
    if (norm <= 1e-12 * before || norm === 0) column.fill(0);
    else for (let i = 0; i < rows; i++) column[i] = (column[i] as number) / norm;
  });
  const out = new Float64Array(rows * m);
  columns.forEach((column, j) => {
    for (let i = 0; i < rows; i++) out[i * m + j] = column[i] as number;
  });
  return out;
}

function dot(a: Float64Array, b: Float64Array): number {
  let [even, odd] = [0, 0];
  let i = 0;
  for (; i + 1 < a.length; i += 2) {
    even += (a[i] as number) * (b[i] as number);
    odd += (a[i + 1] as number) * (b[i + 1] as number);
  }
  if (i < a.length) even += (a[i] as number) * (b[i] as number);
  return even + odd;
}
