import type { Steps } from '../../../base/steps.ts';
import { newtonSteps, type MarginLoss, type NewtonFit } from '../../baseline/newton.ts';
import { transposeSparse, type SparseMatrix } from '../../baseline/sparse.ts';
import { logSumExp } from '../../logarithms.ts';
import { addClassProducts, transposeDense } from './classProducts.ts';
import { foldRareColumns, unfoldWeights } from './rareColumns.ts';

interface SoftmaxOptions {
  /** Inverse of the L2 strength, as scikit-learn's `C`. */
  readonly c: number;
  /** Stop where no component of the gradient exceeds it. 1e-4 */
  readonly tolerance?: number;
  /** Newton steps; 100 */
  readonly maxIterations?: number;
}

/** Margins of a text x are W x + b, one a class. */
export interface LinearWeights {
  readonly classes: number;
  readonly columns: number;
  /** `[classes, columns]` */
  readonly weights: Float32Array;
  /** `[classes]`, of sum 0 where the classes share a softmax */
  readonly intercepts: Float32Array;
}

type SoftmaxFit = LinearWeights & Omit<NewtonFit, 'weights'>;

/**
 * Softmax regression: minimises ½‖W‖² + C Σ cross-entropy, intercepts unpenalised; scikit-learn's `LogisticRegression` (multinomial). All
 * classes are told apart together, which is what Incubator's cross-entropy does. `classOf` is the class of each row. Deterministic. Yields
 * products with the Hessian.
 *
 * By `newtonSteps`; words of one text are folded. A step costs two products with the texts, whatever it has gone through before: with 77
 * classes and 24,000 columns L-BFGS spent most of its time on its memory and on reaching for weights far apart.
 */
export function* softmaxSteps(
  x: SparseMatrix,
  classOf: Uint32Array,
  classes: number,
  { c, tolerance = 1e-4, maxIterations = 100 }: SoftmaxOptions,
): Steps<SoftmaxFit> {
  const folded = foldRareColumns(x);
  const loss = lossOf(folded.matrix, classOf, classes, c);
  const { weights: point, ...fit } = yield* newtonSteps(loss, {
    start: new Float64Array(loss.size),
    tolerance,
    maxIterations,
    residual: tolerance / 4,
  });
  const weights = transposeDense(point.subarray(0, loss.penalised), folded.matrix.columnCount, classes);
  return {
    classes,
    columns: x.columnCount,
    weights: unfoldWeights(folded, weights, classes),
    intercepts: centred(point.subarray(loss.penalised)),
    ...fit,
  };
}

/** C Σ cross-entropy; weights are `[columns + 1, classes]`, margins `[rows, classes]`. */
function lossOf(x: SparseMatrix, classOf: Uint32Array, classes: number, c: number): MarginLoss {
  const texts = withIntercept(x);
  const words = transposeSparse(texts);
  const squares = { ...words, values: words.values.map((value) => value * value) };
  const cells = x.rowCount * classes;
  const probabilities = new Float64Array(cells);
  const scratch = new Float64Array(cells);
  return {
    size: texts.columnCount * classes,
    penalised: x.columnCount * classes,
    marginCount: cells,
    multiply(v, out) {
      out.fill(0);
      addClassProducts(texts, v, classes, out);
    },
    addTransposed: (m, out) => addClassProducts(words, m, classes, out),
    along: (margins, direction, length) => c * entropyAlong(margins, direction, length, classOf, classes),
    differentiate(margins, out) {
      softmaxRows(margins, classes, probabilities);
      for (let i = 0; i < cells; i++) out[i] = c * (probabilities[i] as number);
      for (let row = 0; row < x.rowCount; row++) {
        const own = row * classes + (classOf[row] as number);
        out[own] = (out[own] as number) - c;
      }
    },
    addDiagonal(out) {
      for (let i = 0; i < cells; i++) {
        const p = probabilities[i] as number;
        scratch[i] = c * p * (1 - p);
      }
      addClassProducts(squares, scratch, classes, out);
    },
    curve: (m) => applyCurvature(probabilities, m, classes, c),
  };
}

/** Each row m of `rows` becomes C (diag(p) - p pᵀ) m. */
function applyCurvature(probabilities: Float64Array, rows: Float64Array, classes: number, c: number): void {
  for (let at = 0; at < rows.length; at += classes) {
    let mean = 0;
    for (let k = 0; k < classes; k++) mean += (probabilities[at + k] as number) * (rows[at + k] as number);
    for (let k = 0; k < classes; k++)
      rows[at + k] = c * (probabilities[at + k] as number) * ((rows[at + k] as number) - mean);
  }
}

/** The intercept is the weight of a last column of ones. */
function withIntercept({ rowCount, columnCount, offsets, columns, values }: SparseMatrix): SparseMatrix {
  const newColumns = new Uint32Array(columns.length + rowCount);
  const newValues = new Float32Array(values.length + rowCount);
  for (let row = 0; row < rowCount; row++) {
    const [from, to] = [offsets[row] as number, offsets[row + 1] as number];
    newColumns.set(columns.subarray(from, to), from + row);
    newValues.set(values.subarray(from, to), from + row);
    newColumns[to + row] = columnCount;
    newValues[to + row] = 1;
  }
  return {
    rowCount,
    columnCount: columnCount + 1,
    offsets: offsets.map((offset, row) => offset + row),
    columns: newColumns,
    values: newValues,
  };
}

/** Σ cross-entropy at the margins plus `length` times their direction. */
function entropyAlong(
  margins: Float64Array,
  direction: Float64Array,
  length: number,
  classOf: Uint32Array,
  classes: number,
): number {
  const row = new Float64Array(classes);
  let sum = 0;
  for (let at = 0, r = 0; at < margins.length; at += classes, r++) {
    for (let k = 0; k < classes; k++)
      row[k] = (margins[at + k] as number) + length * (direction[at + k] as number);
    sum += logSumExp(row) - (row[classOf[r] as number] as number);
  }
  return sum;
}

function softmaxRows(margins: Float64Array, classes: number, out: Float64Array): void {
  for (let at = 0; at < margins.length; at += classes) {
    const total = logSumExp(margins.subarray(at, at + classes));
    for (let k = 0; k < classes; k++) out[at + k] = Math.exp((margins[at + k] as number) - total);
  }
}

/** A shift of all classes changes no probability: the intercepts of sum 0 stand for all. */
function centred(intercepts: Float64Array): Float32Array {
  const mean = intercepts.reduce((sum, value) => sum + value, 0) / intercepts.length;
  return Float32Array.from(intercepts, (value) => value - mean);
}
