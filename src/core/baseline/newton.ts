import type { Steps } from '../../base/steps.ts';

/** A loss of margins that are linear in the weights: margins = A w. */
export interface MarginLoss {
  /** Of weights. */
  readonly size: number;
  /** The first so many weights are under ½‖w‖²; those behind them, intercepts, are free. */
  readonly penalised: number;
  /** Of margins. */
  readonly marginCount: number;
  /** `out` = A v */
  readonly multiply: (v: Float64Array, out: Float64Array) => void;
  /** `out` += Aᵀ m */
  readonly addTransposed: (m: Float64Array, out: Float64Array) => void;
  /** At the margins plus `length` times their direction. */
  readonly along: (margins: Float64Array, direction: Float64Array, length: number) => number;
  /** Writes the first derivatives by the margins; `addDiagonal` and `curve` are of the margins that were given last. */
  readonly differentiate: (margins: Float64Array, out: Float64Array) => void;
  /** `out` += the diagonal of Aᵀ H A, H the second derivatives by the margins. */
  readonly addDiagonal: (out: Float64Array) => void;
  /** `m` becomes H m. */
  readonly curve: (m: Float64Array) => void;
}

export interface NewtonOptions {
  /** Where the descent begins, `[size]`. */
  readonly start: Float64Array;
  /** Stop where no component of the gradient exceeds it. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** A step is solved no further than to residuals of this size. */
  readonly residual: number;
}

export interface NewtonFit {
  /** `[size]` */
  readonly weights: Float64Array;
  /** Newton steps. */
  readonly iterations: number;
  /** Products with the Hessian: the cost. */
  readonly hessianProducts: number;
  /** Largest component of the gradient at the end. */
  readonly gradientMax: number;
  readonly objective: number;
  readonly converged: boolean;
}

/** Relative error of a sum of many losses. */
const rounding = 1e-13;
/** Curvature of a free weight whose margins have none. */
const leastCurvature = 1e-9;

/**
 * Minimises ½‖w‖² + a loss of linear margins: Newton's method with truncated, Jacobi-preconditioned conjugate gradients (Lin, Weng, Keerthi
 * 2008) and a backtracking line search along the margins, so that a trial costs no product with A. Deterministic. Yields products with the
 * Hessian.
 */
export function* newtonSteps(
  loss: MarginLoss,
  { start, tolerance, maxIterations, residual }: NewtonOptions,
): Steps<NewtonFit> {
  const { size, penalised, marginCount } = loss;
  const point = start.slice();
  const [gradient, diagonal, direction] = [0, 0, 0].map(() => new Float64Array(size)) as Triple;
  const [margins, slopes, directionMargins] = [0, 0, 0].map(() => new Float64Array(marginCount)) as Triple;
  loss.multiply(point, margins);

  const solver = createConjugateGradients(loss, residual);
  let objective = loss.along(margins, directionMargins, 0) + dot(point, point, penalised) / 2;
  let hessianProducts = 0;
  let gradientBefore = Number.POSITIVE_INFINITY;
  let isWithinRounding = false;
  for (let iterations = 0; ; iterations++) {
    loss.differentiate(margins, slopes);
    gradient.set(point);
    gradient.fill(0, penalised);
    loss.addTransposed(slopes, gradient);
    const gradientMax = largest(gradient);
    const converged = gradientMax <= tolerance;
    // Losses agree to rounding and the gradient falls no more: this is the optimum as far as doubles can tell.
    const isExhausted = isWithinRounding && gradientMax > gradientBefore / 2;
    gradientBefore = gradientMax;
    if (converged || isExhausted || iterations >= maxIterations)
      return { weights: point, iterations, hessianProducts, gradientMax, objective, converged };

    diagonal.fill(1, 0, penalised);
    diagonal.fill(leastCurvature, penalised);
    loss.addDiagonal(diagonal);
    for (const products of solver.steps(gradient, diagonal, direction)) yield hessianProducts + products;
    hessianProducts += solver.products();

    loss.multiply(direction, directionMargins);
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
      next = loss.along(margins, directionMargins, length) + penalty;
      if (next <= objective + 1e-4 * length * slope + rounding * objective) break;
    }
    isWithinRounding = next > objective * (1 - rounding);
    objective = next;
    addScaled(point, length, direction);
    addScaled(margins, length, directionMargins);
    yield hessianProducts;
  }
}

type Triple = [Float64Array, Float64Array, Float64Array];

/** Solves H v = -g roughly: the tolerance falls with the gradient, which keeps Newton's convergence superlinear. */
function createConjugateGradients(loss: MarginLoss, enoughResidual: number) {
  const { size, penalised, marginCount } = loss;
  const [residual, search, product] = [0, 0, 0].map(() => new Float64Array(size)) as Triple;
  const margins = new Float64Array(marginCount);
  let firstNorm = 0;
  let products = 0;

  return {
    /** Of the last solution. */
    products: () => products,

    /** Yields products. */
    *steps(gradient: Float64Array, diagonal: Float64Array, solution: Float64Array): Generator<number, void> {
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
      for (products = 0; products < 250 && Math.sqrt(scaled) > enough && most > enoughResidual;) {
        products++;
        most = 0;
        loss.multiply(search, margins);
        loss.curve(margins);
        product.set(search);
        product.fill(0, penalised);
        loss.addTransposed(margins, product);
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

function addScaled(to: Float64Array, by: number, values: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + by * (values[i] as number);
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
