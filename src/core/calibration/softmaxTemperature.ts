import { logSigmoid, logSumExp } from '../logarithms.ts';
import type { LossSlope } from './temperature.ts';

// Runs for rows with one label each keep log-odds `log p - log(1 - p)` of their softmax. The logarithms of p are the logits up to a
// constant a row, which a softmax does not see: softmax(log p / T) = softmax(z / T).

/** Rows that temperature scaling of a softmax is fitted on. */
export interface SoftmaxRows {
  /** `[rows, labels]` */
  readonly logProbabilities: Float64Array;
  /** The true label of each row, `[rows]`. */
  readonly classes: Uint32Array;
  readonly labels: number;
}

/** From log-odds and targets `[rows, labels]`; rows with an output that is not finite, or without exactly one label, are left out. */
export function softmaxRows(
  logOdds: Float32Array | Float64Array,
  targets: Uint8Array,
  labels: number,
): SoftmaxRows {
  const kept: number[] = [];
  for (let at = 0; at < logOdds.length; at += labels) {
    const truths = targets.subarray(at, at + labels).reduce((sum, y) => sum + y, 0);
    if (truths === 1 && logOdds.subarray(at, at + labels).every(Number.isFinite)) kept.push(at);
  }
  const logProbabilities = new Float64Array(kept.length * labels);
  const classes = new Uint32Array(kept.length);
  for (const [row, at] of kept.entries()) {
    classes[row] = targets.subarray(at, at + labels).indexOf(1);
    for (let k = 0; k < labels; k++)
      logProbabilities[row * labels + k] = logSigmoid(logOdds[at + k] as number);
  }
  return { logProbabilities, classes, labels };
}

/** Derivatives of `Σ logsumexp(β l) - β l_y` over rows: the expected l less the true one, and the variance of l. */
export function softmaxSlope({ logProbabilities, classes, labels }: SoftmaxRows, beta: number): LossSlope {
  let first = 0;
  let second = 0;
  const scaled = new Float64Array(labels);
  for (let row = 0, at = 0; row < classes.length; row++, at += labels) {
    for (let k = 0; k < labels; k++) scaled[k] = beta * (logProbabilities[at + k] as number);
    const total = logSumExp(scaled);
    let mean = 0;
    let square = 0;
    for (let k = 0; k < labels; k++) {
      const share = Math.exp((scaled[k] as number) - total);
      const log = logProbabilities[at + k] as number;
      mean += share * log;
      square += share * log * log;
    }
    first += mean - (logProbabilities[at + (classes[row] as number)] as number);
    second += Math.max(0, square - mean * mean);
  }
  return { first, second };
}

/** Mean cross-entropy of `softmax(β l)` over the rows, in nats; 0 without rows. */
export function softmaxLoss({ logProbabilities, classes, labels }: SoftmaxRows, beta: number): number {
  let sum = 0;
  const scaled = new Float64Array(labels);
  for (let row = 0, at = 0; row < classes.length; row++, at += labels) {
    for (let k = 0; k < labels; k++) scaled[k] = beta * (logProbabilities[at + k] as number);
    sum += logSumExp(scaled) - (scaled[classes[row] as number] as number);
  }
  return classes.length === 0 ? 0 : sum / classes.length;
}

/** Log-odds of one row at a temperature, as log-odds again, `[labels]` each. */
export function scaleSoftmaxRow(row: ArrayLike<number>, temperature: number, out: Float64Array): void {
  const labels = row.length;
  for (let k = 0; k < labels; k++) out[k] = logSigmoid(row[k] as number) / temperature;
  const total = logSumExp(out);
  let likeliest = 0;
  for (let k = 0; k < labels; k++) {
    const log = (out[k] as number) - total;
    out[k] = log;
    if (log > (out[likeliest] as number)) likeliest = k;
  }
  // 1 - p by subtraction loses its digits where p is near 1: there it is the sum of the others, and one label can be there only.
  const top = out[likeliest] as number;
  out[likeliest] = Number.NEGATIVE_INFINITY;
  const others = logSumExp(out);
  for (let k = 0; k < labels; k++) {
    const log = out[k] as number;
    out[k] = k === likeliest ? top - others : log - Math.log1p(-Math.exp(log));
  }
}
