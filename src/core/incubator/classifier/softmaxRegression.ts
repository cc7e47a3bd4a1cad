import type { Steps } from '../../../base/steps.ts';
import type { SparseMatrix } from '../../baseline/sparse.ts';

export interface SoftmaxOptions {
  /** Inverse of the L2 strength, as scikit-learn's `C`. */
  readonly c: number;
  /** Stop where no component of the gradient exceeds it. 1e-4, as scikit-learn. */
  readonly tolerance?: number;
  /** 200 */
  readonly maxIterations?: number;
}

/** Margins of a text x are W x + b, one a class. */
export interface LinearWeights {
  readonly classes: number;
  readonly columns: number;
  /** `[classes, columns]` */
  readonly weights: Float32Array;
  /** `[classes]` */
  readonly intercepts: Float32Array;
}

export interface SoftmaxFit extends LinearWeights {
  readonly iterations: number;
  readonly gradientMax: number;
  readonly converged: boolean;
}

/** Pairs of steps and gradient changes that L-BFGS remembers: fewer where one is large, so that all stay below 200 MB. */
const pairsOf = (size: number) => Math.max(3, Math.min(10, Math.floor(12e6 / size)));

/**
 * Softmax regression: minimises ½‖W‖² + C Σ cross-entropy, intercepts unpenalised; scikit-learn's `LogisticRegression` (multinomial). All
 * classes are told apart together, which is what Incubator's cross-entropy does. `classOf` is the class of each row. L-BFGS (Nocedal & Wright, algorithm
 * 7.4) with backtracking; deterministic. Yields iterations.
 */
export function* softmaxSteps(
  x: SparseMatrix,
  classOf: Uint32Array,
  classes: number,
  { c, tolerance = 1e-4, maxIterations = 200 }: SoftmaxOptions,
): Steps<SoftmaxFit> {
  const columns = x.columnCount;
  const size = classes * (columns + 1);
  const loss = createLoss(x, classOf, classes, c);
  let point = new Float64Array(size);
  let gradient = new Float64Array(size);
  let value = loss(point, gradient);
  let gradientMax = largest(gradient);
  const steps: Float64Array[] = [];
  const changes: Float64Array[] = [];
  let iterations = 0;
  while (iterations < maxIterations && gradientMax > tolerance) {
    yield iterations;
    const direction = towards(gradient, steps, changes);
    let slope = dot(direction, gradient);
    if (!(slope < 0)) {
      steps.length = changes.length = 0;
      direction.fill(0);
      addScaled(direction, -1, gradient);
      slope = dot(direction, gradient);
    }
    let length = steps.length === 0 ? Math.min(1, 1 / largest(gradient)) : 1;
    const next = new Float64Array(size);
    const nextGradient = new Float64Array(size);
    let nextValue = Number.POSITIVE_INFINITY;
    for (let trial = 0; trial < 40; trial++, length /= 2) {
      next.set(point);
      addScaled(next, length, direction);
      nextValue = loss(next, nextGradient);
      if (nextValue <= value + 1e-4 * length * slope) break;
    }
    iterations++;
    // No step lowers the loss any more: this is the optimum as far as doubles can tell.
    if (!(nextValue < value)) break;
    const step = next.slice();
    addScaled(step, -1, point);
    const change = nextGradient.slice();
    addScaled(change, -1, gradient);
    if (dot(step, change) > 1e-12 * Math.sqrt(dot(step, step) * dot(change, change))) {
      steps.push(step);
      changes.push(change);
      if (steps.length > pairsOf(size)) {
        steps.shift();
        changes.shift();
      }
    }
    point = next;
    gradient = nextGradient;
    value = nextValue;
    gradientMax = largest(gradient);
  }
  return {
    classes,
    columns,
    weights: Float32Array.from(point.subarray(0, classes * columns)),
    intercepts: Float32Array.from(point.subarray(classes * columns)),
    iterations,
    gradientMax,
    converged: gradientMax <= tolerance,
  };
}

/** Loss and gradient at W `[classes, columns]`, then b. */
function createLoss(x: SparseMatrix, classOf: Uint32Array, classes: number, c: number) {
  const { rowCount, columnCount, offsets, columns, values } = x;
  const margins = new Float64Array(classes);
  const biases = classes * columnCount;
  return (point: Float64Array, gradient: Float64Array): number => {
    let penalty = 0;
    for (let i = 0; i < biases; i++) {
      const weight = point[i] as number;
      penalty += weight * weight;
      gradient[i] = weight;
    }
    gradient.fill(0, biases);
    let entropy = 0;
    for (let row = 0; row < rowCount; row++) {
      const [from, to] = [offsets[row] as number, offsets[row + 1] as number];
      for (let k = 0; k < classes; k++) {
        let margin = point[biases + k] as number;
        const base = k * columnCount;
        for (let i = from; i < to; i++)
          margin += (values[i] as number) * (point[base + (columns[i] as number)] as number);
        margins[k] = margin;
      }
      const total = logSumExp(margins);
      const own = classOf[row] as number;
      entropy += total - (margins[own] as number);
      for (let k = 0; k < classes; k++) {
        const residual = c * (Math.exp((margins[k] as number) - total) - (k === own ? 1 : 0));
        gradient[biases + k] = (gradient[biases + k] as number) + residual;
        const base = k * columnCount;
        for (let i = from; i < to; i++) {
          const at = base + (columns[i] as number);
          gradient[at] = (gradient[at] as number) + residual * (values[i] as number);
        }
      }
    }
    return penalty / 2 + c * entropy;
  };
}

/** L-BFGS's direction: minus the remembered inverse Hessian times the gradient. */
function towards(
  gradient: Float64Array,
  steps: readonly Float64Array[],
  changes: readonly Float64Array[],
): Float64Array {
  const q = gradient.slice();
  const shares: number[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const [step, change] = [steps[i] as Float64Array, changes[i] as Float64Array];
    const share = dot(step, q) / dot(step, change);
    shares[i] = share;
    addScaled(q, -share, change);
  }
  const [step, change] = [steps.at(-1), changes.at(-1)];
  const scale = step && change ? dot(step, change) / dot(change, change) : 1;
  for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) * scale;
  for (const [i, each] of steps.entries()) {
    const against = changes[i] as Float64Array;
    addScaled(q, (shares[i] as number) - dot(against, q) / dot(each, against), each);
  }
  for (let i = 0; i < q.length; i++) q[i] = -(q[i] as number);
  return q;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

function addScaled(to: Float64Array, factor: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + factor * (from[i] as number);
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
