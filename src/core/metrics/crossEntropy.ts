import { logSigmoid, logSumExp } from '../logarithms.ts';

/**
 * Cross-entropy of each row of log-odds `[rows, labels]` under the softmax that they stand for, in nats; targets `[rows, labels]` have
 * exactly one 1 a row. Under cross-entropy a model's log-odds are `log p - log(1 - p)`, so that their sigmoids sum to 1; pooled ones of
 * windows do not, and are scaled to it first. NaN for a row without a label.
 */
export function rowCrossEntropies(
  logOdds: Float32Array | Float64Array,
  targets: Uint8Array,
  labels: number,
): Float64Array {
  const logs = new Float64Array(labels);
  const losses = new Float64Array(labels === 0 ? 0 : logOdds.length / labels);
  for (let row = 0, at = 0; row < losses.length; row++, at += labels) {
    for (let k = 0; k < labels; k++) logs[k] = logSigmoid(logOdds[at + k] as number);
    const own = targets.subarray(at, at + labels).indexOf(1);
    losses[row] = logSumExp(logs) - (logs[own] ?? Number.NaN);
  }
  return losses;
}
