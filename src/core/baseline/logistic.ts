import type { Steps } from '../../base/steps.ts';
import { newtonSteps, type MarginLoss } from './newton.ts';
import { addSquaresTransposed, addTransposed, multiply, type SparseMatrix } from './sparse.ts';

export interface LogisticOptions {
  /** Inverse of the L2 strength, as scikit-learn's `C`. */
  readonly c: number;
  /** Stop where no component of the gradient exceeds it; scikit-learn's lbfgs default is 1e-4. */
  readonly tolerance?: number;
  readonly maxNewtonSteps?: number;
}

export interface LogisticFit {
  /** `[columns]` */
  readonly weights: Float64Array;
  readonly intercept: number;
  readonly newtonSteps: number;
  /** Products with the Hessian: the cost. */
  readonly hessianProducts: number;
  /** Largest component of the gradient at the end. */
  readonly gradientMax: number;
  readonly objective: number;
  readonly converged: boolean;
}

/**
 * Minimises ½‖w‖² + C Σ log(1 + exp(-y (x·w + b))), y = ±1, b unpenalised: scikit-learn's `LogisticRegression`.
 * `positive` is 0 or 1 for each row. Deterministic; by `newtonSteps`. A label that no row has (or every row) has its optimum at
 * b = ∓∞; it gets zero weights and the log-odds of half a row instead.
 * A product at a time, so that a worker can breathe between two: yields products with the Hessian.
 */
export function* logisticSteps(
  x: SparseMatrix,
  positive: Uint8Array,
  options: LogisticOptions,
): Steps<LogisticFit> {
  const { c, tolerance = 1e-4, maxNewtonSteps = 100 } = options;
  const { rowCount: n, columnCount: d } = x;
  const positives = positive.reduce((a, b) => a + b, 0);
  if (positives === 0 || positives === n) {
    const intercept = Math.log((positives + 0.5) / (n - positives + 0.5));
    const cost = { newtonSteps: 0, hessianProducts: 0, gradientMax: 0, objective: 0 };
    return { weights: new Float64Array(d), intercept, ...cost, converged: true };
  }
  const start = new Float64Array(d + 1);
  start[d] = Math.log(positives / (n - positives));
  const fit = yield* newtonSteps(lossOf(x, positive, c), {
    start,
    tolerance,
    maxIterations: maxNewtonSteps,
    residual: 0,
  });
  const { weights, iterations, ...cost } = fit;
  return { weights: weights.slice(0, d), intercept: weights[d] as number, newtonSteps: iterations, ...cost };
}

/** C Σ log(1 + exp(-y m)) of margins x·w + b; b is the last weight. */
function lossOf(x: SparseMatrix, positive: Uint8Array, c: number): MarginLoss {
  const { rowCount: n, columnCount: d } = x;
  /** C p (1 - p) of each row. */
  const curvatures = new Float64Array(n);
  return {
    size: d + 1,
    penalised: d,
    marginCount: n,
    multiply(v, out) {
      multiply(x, v, out);
      const intercept = v[d] as number;
      for (let row = 0; row < n; row++) out[row] = (out[row] as number) + intercept;
    },
    addTransposed(m, out) {
      addTransposed(x, m, out);
      out[d] = (out[d] as number) + sumOf(m);
    },
    along(margins, direction, length) {
      let sum = 0;
      for (let row = 0; row < n; row++)
        sum += loss((margins[row] as number) + length * (direction[row] as number), positive[row] as number);
      return c * sum;
    },
    differentiate(margins, out) {
      for (let row = 0; row < n; row++) {
        const p = 1 / (1 + Math.exp(-(margins[row] as number)));
        out[row] = c * (p - (positive[row] as number));
        curvatures[row] = c * p * (1 - p);
      }
    },
    addDiagonal(out) {
      addSquaresTransposed(x, curvatures, out);
      out[d] = (out[d] as number) + sumOf(curvatures);
    },
    curve(m) {
      for (let row = 0; row < n; row++) m[row] = (curvatures[row] as number) * (m[row] as number);
    },
  };
}

function loss(margin: number, positive: number): number {
  return Math.max(margin, 0) - margin * positive + Math.log1p(Math.exp(-Math.abs(margin)));
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** X w + b for every row of `x`, `[rows]`. */
export function decisionFunction(
  x: SparseMatrix,
  fit: Pick<LogisticFit, 'weights' | 'intercept'>,
): Float64Array {
  const margins = new Float64Array(x.rowCount);
  multiply(x, fit.weights, margins);
  return margins.map((margin) => margin + fit.intercept);
}
