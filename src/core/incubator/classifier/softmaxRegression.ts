import type { Steps } from '../../../base/steps.ts';
import type { SparseMatrix } from '../../baseline/sparse.ts';
import { addClassProducts, transposeDense, transposeSparse } from './classProducts.ts';
import { foldRareColumns, unfoldWeights } from './rareColumns.ts';

export interface SoftmaxOptions {
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

export interface SoftmaxFit extends LinearWeights {
  /** Newton steps. */
  readonly iterations: number;
  /** Products with the Hessian: the cost. */
  readonly hessianProducts: number;
  readonly gradientMax: number;
  readonly converged: boolean;
}

/** Relative error of a sum of many losses. */
const rounding = 1e-13;

/**
 * Softmax regression: minimises ½‖W‖² + C Σ cross-entropy, intercepts unpenalised; scikit-learn's `LogisticRegression` (multinomial). All
 * classes are told apart together, which is what Incubator's cross-entropy does. `classOf` is the class of each row. Deterministic. Yields
 * products with the Hessian.
 *
 * Newton's method with truncated, Jacobi-preconditioned conjugate gradients and a line search along the margins, as `fitLogistic`; words of
 * one text are folded. A step costs two products with the texts, whatever it has gone through before: with 77 classes and 24,000 columns
 * L-BFGS spent most of its time on its memory and on reaching for weights far apart.
 */
export function* softmaxSteps(
  x: SparseMatrix,
  classOf: Uint32Array,
  classes: number,
  { c, tolerance = 1e-4, maxIterations = 100 }: SoftmaxOptions,
): Steps<SoftmaxFit> {
  const folded = foldRareColumns(x);
  const texts = withIntercept(folded.matrix);
  const words = transposeSparse(texts);
  const squares = { ...words, values: words.values.map((value) => value * value) };
  const penalised = folded.matrix.columnCount * classes;
  const size = penalised + classes;
  const [point, gradient, diagonal, direction] = [0, 0, 0, 0].map(() => new Float64Array(size)) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const cells = x.rowCount * classes;
  const margins = new Float64Array(cells);
  const probabilities = new Float64Array(cells);
  const scratch = new Float64Array(cells);

  const solver = createConjugateGradients(texts, words, classes, c, tolerance);
  let value = c * entropyAlong(margins, scratch, 0, classOf, classes);
  let hessianProducts = 0;
  let gradientBefore = Number.POSITIVE_INFINITY;
  let isWithinRounding = false;
  for (let iterations = 0; ; iterations++) {
    softmaxRows(margins, classes, probabilities);
    for (let i = 0; i < cells; i++) scratch[i] = c * (probabilities[i] as number);
    for (let row = 0; row < x.rowCount; row++) {
      const own = row * classes + (classOf[row] as number);
      scratch[own] = (scratch[own] as number) - c;
    }
    gradient.set(point);
    gradient.fill(0, penalised);
    addClassProducts(words, scratch, classes, gradient);
    const gradientMax = largest(gradient);
    const converged = gradientMax <= tolerance;
    // Losses agree to rounding and the gradient falls no more: this is the optimum as far as doubles can tell.
    const isExhausted = isWithinRounding && gradientMax > gradientBefore / 2;
    gradientBefore = gradientMax;
    if (converged || isExhausted || iterations >= maxIterations) {
      const weights = transposeDense(point.subarray(0, penalised), folded.matrix.columnCount, classes);
      return {
        classes,
        columns: x.columnCount,
        weights: unfoldWeights(folded, weights, classes),
        intercepts: centred(point.subarray(penalised)),
        iterations,
        hessianProducts,
        gradientMax,
        converged,
      };
    }

    for (let i = 0; i < cells; i++) {
      const p = probabilities[i] as number;
      scratch[i] = c * p * (1 - p);
    }
    diagonal.fill(1, 0, penalised);
    diagonal.fill(1e-9, penalised);
    addClassProducts(squares, scratch, classes, diagonal);
    for (const products of solver.steps({ gradient, diagonal, probabilities }, direction))
      yield hessianProducts + products;
    hessianProducts += solver.products();

    scratch.fill(0);
    addClassProducts(texts, direction, classes, scratch);
    const slope = dot(gradient, direction, size);
    const [square, cross, along] = [
      dot(point, point, penalised),
      dot(point, direction, penalised),
      dot(direction, direction, penalised),
    ];
    let length = 1;
    let next = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 40; trial++, length /= 2) {
      const penalty = (square + 2 * length * cross + length * length * along) / 2;
      next = c * entropyAlong(margins, scratch, length, classOf, classes) + penalty;
      if (next <= value + 1e-4 * length * slope + rounding * value) break;
    }
    isWithinRounding = next > value * (1 - rounding);
    value = next;
    for (let i = 0; i < size; i++) point[i] = (point[i] as number) + length * (direction[i] as number);
    for (let i = 0; i < cells; i++) margins[i] = (margins[i] as number) + length * (scratch[i] as number);
    yield hessianProducts;
  }
}

interface NewtonSystem {
  readonly gradient: Float64Array;
  /** Of the Hessian. */
  readonly diagonal: Float64Array;
  /** `[rows, classes]` */
  readonly probabilities: Float64Array;
}

/** Solves H v = -g roughly: the tolerance falls with the gradient, which keeps Newton's convergence superlinear. */
function createConjugateGradients(
  texts: SparseMatrix,
  words: SparseMatrix,
  classes: number,
  c: number,
  tolerance: number,
) {
  const size = texts.columnCount * classes;
  const penalised = size - classes;
  const residual = new Float64Array(size);
  const search = new Float64Array(size);
  const product = new Float64Array(size);
  const rows = new Float64Array(texts.rowCount * classes);
  let firstNorm = 0;
  let products = 0;

  return {
    /** Of the last solution. */
    products: () => products,

    /** Yields products. */
    *steps(
      { gradient, diagonal, probabilities }: NewtonSystem,
      solution: Float64Array,
    ): Generator<number, void> {
      solution.fill(0);
      let scaled = 0;
      for (let i = 0; i < size; i++) {
        const r = -(gradient[i] as number);
        const s = r / (diagonal[i] as number);
        residual[i] = r;
        search[i] = s;
        scaled += r * s;
      }
      const start = Math.sqrt(scaled);
      if (firstNorm === 0) firstNorm = start;
      const enough = start * Math.min(0.1, Math.sqrt(start / firstNorm));
      // What is left after the step is the residual: far below the tolerance it is work for nothing.
      let most = Number.POSITIVE_INFINITY;
      for (products = 0; products < 250 && Math.sqrt(scaled) > enough && most > tolerance / 4;) {
        products++;
        most = 0;
        rows.fill(0);
        addClassProducts(texts, search, classes, rows);
        applyCurvature(probabilities, rows, classes, c);
        product.set(search);
        product.fill(0, penalised);
        addClassProducts(words, rows, classes, product);
        const curvature = dot(search, product, size);
        if (!(curvature > 0)) break;
        const alpha = scaled / curvature;
        let next = 0;
        for (let i = 0; i < size; i++) {
          solution[i] = (solution[i] as number) + alpha * (search[i] as number);
          const r = (residual[i] as number) - alpha * (product[i] as number);
          residual[i] = r;
          most = Math.max(most, Math.abs(r));
          next += (r * r) / (diagonal[i] as number);
        }
        const beta = next / scaled;
        scaled = next;
        for (let i = 0; i < size; i++)
          search[i] = (residual[i] as number) / (diagonal[i] as number) + beta * (search[i] as number);
        yield products;
      }
    },
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

function dot(a: Float64Array, b: Float64Array, end: number): number {
  let sum = 0;
  for (let i = 0; i < end; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function largest(values: Float64Array): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Math.abs(value));
  return most;
}

/** ln Σ exp, without overflow. */
export function logSumExp(values: ArrayLike<number>): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) most = Math.max(most, values[i] as number);
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] as number) - most);
  return most + Math.log(sum);
}
