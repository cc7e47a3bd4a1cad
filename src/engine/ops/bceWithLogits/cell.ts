/**
 * How a cell's binary cross-entropy is bent where labels are sparse; p = sigmoid(z).
 *
 * - `bce`: `-log p` where the label is true, `-log(1 - p)` where not.
 * - `focal` (Lin et al. 2017, equation 5): `-α (1 - p)^γ log p` and `-(1 - α) p^γ log(1 - p)`; `alpha` null: both factors 1.
 * - `asymmetric` (Ridnik et al. 2021, equations 4 to 7): `-(1 - p)^γ₊ log p` and `-q^γ₋ log(1 - q)` with `q = max(p - clip, 0)`: a
 *   negative below `clip` is let alone. Gradients go through the factors too, as in the paper's section 3 (its published code can stop them there).
 */
export type LossShape =
  | { readonly kind: 'bce' }
  | { readonly kind: 'focal'; readonly gamma: number; readonly alpha: number | null }
  | {
      readonly kind: 'asymmetric';
      readonly gammaPositive: number;
      readonly gammaNegative: number;
      readonly clip: number;
    };

/** Arithmetic on whatever stands for a number: a number, a WGSL variable, an ONNX value. */
export interface Algebra<V> {
  constant(value: number): V;
  add(a: V, b: V): V;
  subtract(a: V, b: V): V;
  multiply(a: V, b: V): V;
  divide(a: V, b: V): V;
  exp(a: V): V;
  log(a: V): V;
  abs(a: V): V;
  /** max(a, 0) */
  relu(a: V): V;
  /** `a` where test >= 0, else `b`. */
  where(test: V, a: V, b: V): V;
}

export interface Cell<V> {
  /** Before `lossScale`. */
  readonly loss: V;
  /** d loss / d z. */
  readonly gradient: V;
}

/**
 * Loss of one cell and its derivative: `w y pos(z) + (1 - y) neg(z)` with `pos`, `neg` as `LossShape` says and w the label's positive
 * weight (null: 1), PyTorch's `pos_weight`. Written once for both lowerings and for tests.
 *
 * Powers are exponentials of logarithms that are at hand anyway, `(1 - p)^γ = exp(-γ · -log(1 - p))`: finite at any logit, no `pow`.
 * With `dp/dz = p (1 - p)`:
 *
 *     d/dz (1 - p)^γ (-log p)    = -(1 - p)^γ ((1 - p) + γ p (-log p))
 *     d/dz p^γ (-log(1 - p))     =  p^γ (p + γ (1 - p) (-log(1 - p)))
 *     d/dz q^γ (-log(1 - q))     =  p (1 - p) (q^γ / (1 - q) + γ q^(γ-1) (-log(1 - q))),  0 where p < clip
 */
export function lossCell<V>(a: Algebra<V>, z: V, y: V, weight: V | null, shape: LossShape): Cell<V> {
  const zero = a.constant(0);
  const one = a.constant(1);
  const tail = a.exp(a.subtract(zero, a.abs(z)));
  const onePlus = a.add(one, tail);
  const smaller = a.divide(tail, onePlus);
  const larger = a.divide(one, onePlus);
  const log = a.log(onePlus);
  const cell: Terms<V> = {
    p: a.where(z, larger, smaller),
    notP: a.where(z, smaller, larger),
    minusLogP: a.add(a.relu(a.subtract(zero, z)), log),
    minusLogNotP: a.add(a.relu(z), log),
  };
  const positive = positiveSide(a, cell, shape);
  const negative = negativeSide(a, cell, shape);
  const share = weight === null ? y : a.multiply(weight, y);
  const rest = a.subtract(one, y);
  const mix = (of: 'loss' | 'gradient') =>
    a.add(a.multiply(share, positive[of]), a.multiply(rest, negative[of]));
  return { loss: mix('loss'), gradient: mix('gradient') };
}

interface Terms<V> {
  readonly p: V;
  readonly notP: V;
  readonly minusLogP: V;
  readonly minusLogNotP: V;
}

function positiveSide<V>(
  a: Algebra<V>,
  { p, notP, minusLogP, minusLogNotP }: Terms<V>,
  shape: LossShape,
): Cell<V> {
  const gamma = shape.kind === 'focal' ? shape.gamma : shape.kind === 'asymmetric' ? shape.gammaPositive : 0;
  const alpha = shape.kind === 'focal' ? (shape.alpha ?? 1) : 1;
  const side = focused(a, { p: notP, notP: p, loss: minusLogP, minusLogP: minusLogNotP }, gamma, alpha);
  return { loss: side.loss, gradient: a.subtract(a.constant(0), side.gradient) };
}

function negativeSide<V>(a: Algebra<V>, cell: Terms<V>, shape: LossShape): Cell<V> {
  const { p, notP, minusLogP, minusLogNotP } = cell;
  if (shape.kind === 'asymmetric' && shape.clip > 0)
    return clippedNegative(a, cell, shape.gammaNegative, shape.clip);
  const gamma = shape.kind === 'focal' ? shape.gamma : shape.kind === 'asymmetric' ? shape.gammaNegative : 0;
  const alpha = shape.kind === 'focal' && shape.alpha !== null ? 1 - shape.alpha : 1;
  return focused(a, { p, notP, loss: minusLogNotP, minusLogP }, gamma, alpha);
}

/** `α p^γ · loss` with `loss = -log(1 - p)`, and its derivative where p rises: the other side is its mirror. */
function focused<V>(
  a: Algebra<V>,
  { p, notP, loss, minusLogP }: { p: V; notP: V; loss: V; minusLogP: V },
  gamma: number,
  alpha: number,
): Cell<V> {
  const scaled = (value: V) => (alpha === 1 ? value : a.multiply(a.constant(alpha), value));
  if (gamma === 0) return { loss: scaled(loss), gradient: scaled(p) };
  const factor = scaled(a.exp(a.multiply(a.constant(-gamma), minusLogP)));
  const slope = a.add(p, a.multiply(a.constant(gamma), a.multiply(notP, loss)));
  return { loss: a.multiply(factor, loss), gradient: a.multiply(factor, slope) };
}

/** Keeps log q finite at q = 0; below what q = p - clip can resolve. */
const tiny = 1e-30;

function clippedNegative<V>(a: Algebra<V>, { p, notP }: Terms<V>, gamma: number, clip: number): Cell<V> {
  const above = a.subtract(p, a.constant(clip));
  // 1 - q as (1 - p) + clip: no cancellation where p is near 1.
  const notQ = a.where(above, a.add(notP, a.constant(clip)), a.constant(1));
  const minusLogNotQ = a.subtract(a.constant(0), a.log(notQ));
  const logQ = a.log(a.add(a.relu(above), a.constant(tiny)));
  const power = (exponent: number) => a.exp(a.multiply(a.constant(exponent), logQ));
  const loss = gamma === 0 ? minusLogNotQ : a.multiply(power(gamma), minusLogNotQ);
  const first = a.divide(gamma === 0 ? a.constant(1) : power(gamma), notQ);
  const slope =
    gamma === 0
      ? first
      : a.add(first, a.multiply(a.constant(gamma), a.multiply(power(gamma - 1), minusLogNotQ)));
  const gradient = a.multiply(a.multiply(p, notP), slope);
  return { loss, gradient: a.where(above, gradient, a.constant(0)) };
}

/** Plain numbers: the reference. */
export const numbers: Algebra<number> = {
  constant: (value) => value,
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
  divide: (a, b) => a / b,
  exp: Math.exp,
  log: Math.log,
  abs: Math.abs,
  relu: (a) => Math.max(a, 0),
  where: (test, a, b) => (test >= 0 ? a : b),
};
