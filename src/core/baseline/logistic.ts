import { addSquaresTransposed, addTransposed, multiply, type SparseMatrix } from './sparse.ts';

export interface LogisticOptions {
  /** Inverse of the L2 strength, as scikit-learn's `C`. */
  readonly c: number;
  /** Stop where no component of the gradient exceeds it; scikit-learn's lbfgs default is 1e-4. */
  readonly tolerance?: number;
  readonly maxNewtonSteps?: number;
}

/** Relative error of a sum of many losses. */
const rounding = 1e-13;

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
 * `positive` is 0 or 1 for each row. Deterministic.
 *
 * Newton's method with truncated, Jacobi-preconditioned conjugate gradients (Lin, Weng, Keerthi 2008) and a
 * backtracking line search on margins, so that a trial step costs O(rows). A label that no row has (or every row) has its optimum at
 * b = ∓∞; it gets zero weights and the log-odds of half a row instead.
 */
export function fitLogistic(x: SparseMatrix, positive: Uint8Array, options: LogisticOptions): LogisticFit {
  const steps = logisticSteps(x, positive, options);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** `fitLogistic`, a Newton step at a time, so that a worker can breathe between two; the value of the last `next` is the fit. */
export function* logisticSteps(
  x: SparseMatrix,
  positive: Uint8Array,
  options: LogisticOptions,
): Generator<void, LogisticFit> {
  const { c, tolerance = 1e-4, maxNewtonSteps = 100 } = options;
  const { rowCount: n, columnCount: d } = x;
  const positives = positive.reduce((a, b) => a + b, 0);
  const weights = new Float64Array(d);
  if (positives === 0 || positives === n) {
    const intercept = Math.log((positives + 0.5) / (n - positives + 0.5));
    const fit = { weights, intercept, newtonSteps: 0, hessianProducts: 0, gradientMax: 0, objective: 0 };
    return { ...fit, converged: true };
  }

  let intercept = Math.log(positives / (n - positives));
  const margins = new Float64Array(n).fill(intercept);
  const residuals = new Float64Array(n);
  const curvatures = new Float64Array(n);
  const gradient = new Float64Array(d);
  const diagonal = new Float64Array(d);
  const direction = new Float64Array(d);
  const directionMargins = new Float64Array(n);
  const solver = createConjugateGradients(x);

  let objective = objectiveAt(margins, positive, 0, c);
  let hessianProducts = 0;
  let gradientMax = Number.POSITIVE_INFINITY;
  let gradientBefore = gradientMax;
  let withinRounding = false;
  for (let step = 0; ; step++) {
    let interceptGradient = 0;
    let interceptCurvature = 0;
    for (let row = 0; row < n; row++) {
      const p = 1 / (1 + Math.exp(-(margins[row] as number)));
      const residual = c * (p - (positive[row] as number));
      const curvature = c * p * (1 - p);
      residuals[row] = residual;
      curvatures[row] = curvature;
      interceptGradient += residual;
      interceptCurvature += curvature;
    }
    gradient.set(weights);
    addTransposed(x, residuals, gradient);
    gradientMax = Math.abs(interceptGradient);
    for (let j = 0; j < d; j++) gradientMax = Math.max(gradientMax, Math.abs(gradient[j] as number));
    const done = gradientMax <= tolerance;
    // Objectives agree to rounding and the gradient falls no more: this is the optimum as far as doubles can tell.
    const exhausted = withinRounding && gradientMax > gradientBefore / 2;
    gradientBefore = gradientMax;
    if (done || exhausted || step === maxNewtonSteps)
      return {
        weights,
        intercept,
        newtonSteps: step,
        hessianProducts,
        gradientMax,
        objective,
        converged: done,
      };

    diagonal.fill(1);
    addSquaresTransposed(x, curvatures, diagonal);
    const solution = solver.solve(
      { gradient, interceptGradient, curvatures, diagonal, interceptCurvature },
      direction,
    );
    hessianProducts += solution.products;

    multiply(x, direction, directionMargins);
    let slope = interceptGradient * solution.intercept;
    let square = 0;
    let cross = 0;
    let directionSquare = 0;
    for (let j = 0; j < d; j++) {
      const w = weights[j] as number;
      const v = direction[j] as number;
      slope += (gradient[j] as number) * v;
      square += w * w;
      cross += w * v;
      directionSquare += v * v;
    }
    for (let row = 0; row < n; row++)
      directionMargins[row] = (directionMargins[row] as number) + solution.intercept;

    let size = 1;
    let next = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 40; trial++, size /= 2) {
      const penalty = (square + 2 * size * cross + size * size * directionSquare) / 2;
      next = objectiveAlong(margins, directionMargins, size, positive, penalty, c);
      if (next <= objective + 1e-4 * size * slope + rounding * objective) break;
    }
    withinRounding = next > objective * (1 - rounding);
    objective = next;
    intercept += size * solution.intercept;
    for (let j = 0; j < d; j++) weights[j] = (weights[j] as number) + size * (direction[j] as number);
    for (let row = 0; row < n; row++)
      margins[row] = (margins[row] as number) + size * (directionMargins[row] as number);
    yield;
  }
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

/** C Σ log(1 + exp(-y m)) + penalty. */
function objectiveAt(margins: Float64Array, positive: Uint8Array, penalty: number, c: number): number {
  let sum = 0;
  for (let row = 0; row < margins.length; row++) sum += loss(margins[row] as number, positive[row] as number);
  return c * sum + penalty;
}

function objectiveAlong(
  margins: Float64Array,
  direction: Float64Array,
  size: number,
  positive: Uint8Array,
  penalty: number,
  c: number,
): number {
  let sum = 0;
  for (let row = 0; row < margins.length; row++)
    sum += loss((margins[row] as number) + size * (direction[row] as number), positive[row] as number);
  return c * sum + penalty;
}

function loss(margin: number, positive: number): number {
  return Math.max(margin, 0) - margin * positive + Math.log1p(Math.exp(-Math.abs(margin)));
}

interface NewtonSystem {
  readonly gradient: Float64Array;
  readonly interceptGradient: number;
  /** C p (1 - p) of each row. */
  readonly curvatures: Float64Array;
  /** Of the Hessian. */
  readonly diagonal: Float64Array;
  readonly interceptCurvature: number;
}

/** Solves H v = -g roughly: the tolerance falls with the gradient, which keeps Newton's convergence superlinear. */
function createConjugateGradients(x: SparseMatrix) {
  const { rowCount: n, columnCount: d } = x;
  const residual = new Float64Array(d);
  const search = new Float64Array(d);
  const product = new Float64Array(d);
  const rows = new Float64Array(n);
  let firstNorm = 0;

  return {
    solve(system: NewtonSystem, solution: Float64Array): { intercept: number; products: number } {
      const { gradient, curvatures, diagonal, interceptCurvature } = system;
      solution.fill(0);
      let solutionB = 0;
      let residualB = -system.interceptGradient;
      let searchB = residualB / interceptCurvature;
      let scaled = residualB * searchB;
      for (let j = 0; j < d; j++) {
        const r = -(gradient[j] as number);
        const s = r / (diagonal[j] as number);
        residual[j] = r;
        search[j] = s;
        scaled += r * s;
      }
      const start = Math.sqrt(scaled);
      if (firstNorm === 0) firstNorm = start;
      const enough = start * Math.min(0.1, Math.sqrt(start / firstNorm));
      let products = 0;
      while (products < 250 && Math.sqrt(scaled) > enough) {
        products++;
        multiply(x, search, rows);
        let productB = 0;
        for (let row = 0; row < n; row++) {
          const value = (curvatures[row] as number) * ((rows[row] as number) + searchB);
          rows[row] = value;
          productB += value;
        }
        product.set(search);
        addTransposed(x, rows, product);
        let curvature = searchB * productB;
        for (let j = 0; j < d; j++) curvature += (search[j] as number) * (product[j] as number);
        if (!(curvature > 0)) break;
        const alpha = scaled / curvature;
        solutionB += alpha * searchB;
        residualB -= alpha * productB;
        let next = (residualB * residualB) / interceptCurvature;
        for (let j = 0; j < d; j++) {
          solution[j] = (solution[j] as number) + alpha * (search[j] as number);
          const r = (residual[j] as number) - alpha * (product[j] as number);
          residual[j] = r;
          next += (r * r) / (diagonal[j] as number);
        }
        const beta = next / scaled;
        scaled = next;
        searchB = residualB / interceptCurvature + beta * searchB;
        for (let j = 0; j < d; j++)
          search[j] = (residual[j] as number) / (diagonal[j] as number) + beta * (search[j] as number);
      }
      return { intercept: solutionB, products };
    },
  };
}
