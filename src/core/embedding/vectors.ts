import { VerbenaError } from '../../base/errors.ts';
import type { SparseMatrix } from '../baseline/sparse.ts';
import type { DensePoints } from '../clustering/points.ts';

export class EmbeddingError extends VerbenaError<
  | 'embedding-shape'
  | 'embedding-model-invalid'
  | 'embedding-rank'
  | 'embedding-empty'
  | 'template-invalid'
  | 'prompt-too-long'
> {}

/** An embedding of n texts is points: what is clustered is what is compared. Row-major `[count, width]`. */
export type Vectors = DensePoints;

/** Scales every row to l2 norm 1, in place; zero rows stay. */
export function normalise(vectors: Vectors): Vectors {
  const { count, width, values } = vectors;
  for (let row = 0; row < count; row++) {
    let squares = 0;
    for (let i = row * width; i < (row + 1) * width; i++) squares += (values[i] as number) ** 2;
    if (squares === 0) continue;
    const factor = 1 / Math.sqrt(squares);
    for (let i = row * width; i < (row + 1) * width; i++) values[i] = (values[i] as number) * factor;
  }
  return vectors;
}

/** Cosine of row i of a with row j of b, 0 where either is zero. */
export function cosine(a: Vectors, i: number, b: Vectors, j: number): number {
  if (a.width !== b.width) throw widthMismatch(a.width, b.width);
  const { width } = a;
  let [dot, aa, bb] = [0, 0, 0];
  for (let p = i * width, q = j * width, n = 0; n < width; n++, p++, q++) {
    const x = a.values[p] as number;
    const y = b.values[q] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

/** Cosine of row i of a sparse matrix with row j of another over the same columns. */
export function sparseCosine(a: SparseMatrix, i: number, b: SparseMatrix, j: number): number {
  let [p, q] = [a.offsets[i] as number, b.offsets[j] as number];
  const [pEnd, qEnd] = [a.offsets[i + 1] as number, b.offsets[j + 1] as number];
  let [dot, aa, bb] = [0, 0, 0];
  for (let n = p; n < pEnd; n++) aa += (a.values[n] as number) ** 2;
  for (let n = q; n < qEnd; n++) bb += (b.values[n] as number) ** 2;
  while (p < pEnd && q < qEnd) {
    const [x, y] = [a.columns[p] as number, b.columns[q] as number];
    if (x === y) dot += (a.values[p] as number) * (b.values[q] as number);
    if (x <= y) p++;
    if (y <= x) q++;
  }
  return aa === 0 || bb === 0 ? 0 : dot / Math.sqrt(aa * bb);
}

export function widthMismatch(a: number, b: number): EmbeddingError {
  return new EmbeddingError(
    'embedding-shape',
    `Vectors of width ${a} and ${b} cannot be compared.`,
    'Embed both sets with the same model and pooling.',
    { a, b },
  );
}
