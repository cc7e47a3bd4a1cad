import type { Evaluator } from '../metrics/evaluator.ts';
import { walkThresholds, type ClassOutputs } from '../metrics/ranking.ts';
import { classProbabilities } from './probabilities.ts';

export interface ExpectedF1 {
  readonly threshold: number;
  /** F1 that the probabilities promise at it. */
  readonly f1: number;
  /** Sum of the probabilities: true cells to be expected. */
  readonly expectedPositives: number;
}

/**
 * The threshold whose F1 is highest if probabilities are right: predicting the k most probable cells, of sum S_k, gives
 * `2 S_k / (k + S_n)`, the ratio of expectations. It rises as long as the next probability is above half of it, so that the best threshold
 * is half the best F1 (Lipton, Elkan and Naryanaswamy 2014, theorem 1): 0.5 only for a perfect model. Reads no targets: it may be asked
 * for on the very rows it decides on, but its promise is as good as the calibration. Without a cell of positive
 * probability the threshold is 0.5.
 */
export function expectedF1(classes: ClassOutputs): ExpectedF1 {
  let total = 0;
  for (const p of classes.positives) total += p;
  for (const p of classes.negatives) total += p;
  let best = { threshold: 0.5, f1: 0, expectedPositives: total };
  let sum = 0;
  let cells = 0;
  let isPending = false;
  walkThresholds(classes, (p, truths, falses) => {
    // The border below the best prefix lies half-way to the next probability.
    if (isPending) best = { ...best, threshold: (best.threshold + p) / 2 };
    isPending = false;
    sum += p * (truths + falses - cells);
    cells = truths + falses;
    const f1 = (2 * sum) / (cells + total);
    if (f1 > best.f1) {
      best = { ...best, threshold: p, f1 };
      isPending = true;
    }
  });
  if (isPending) best = { ...best, threshold: best.threshold / 2 };
  return best;
}

export interface ExpectedF1Thresholds {
  /** `[labels]` */
  readonly thresholds: Float64Array;
  /** Promised F1 of each label. */
  readonly f1: Float64Array;
  /** Labels left at the fallback, because fewer than `minimumExpected` true rows are to be expected. */
  readonly leftAtDefault: readonly number[];
}

/** `expectedF1` of each label (for macro-F1). Give it calibrated probabilities. */
export function expectedF1Thresholds(
  evaluator: Evaluator,
  fallback = 0.5,
  minimumExpected = 1,
): ExpectedF1Thresholds {
  const labels = evaluator.labels.length;
  const thresholds = new Float64Array(labels).fill(fallback);
  const f1 = new Float64Array(labels);
  const leftAtDefault: number[] = [];
  for (let label = 0; label < labels; label++) {
    const found = expectedF1(classProbabilities(evaluator, label));
    f1[label] = found.f1;
    if (found.expectedPositives < minimumExpected) leftAtDefault.push(label);
    else thresholds[label] = found.threshold;
  }
  return { thresholds, f1, leftAtDefault };
}
