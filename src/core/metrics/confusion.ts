import { maxMatrixLabels, TooManyLabelsError } from '../labels/coOccurrence.ts';
import type { Evaluator } from './evaluator.ts';
import type { DecisionThreshold } from './types.ts';

/** What was predicted where a label was missed. Matrices are row-major `[labels, labels]`. */
export interface LabelConfusion {
  /** (i, j): rows that have i, where i was missed and j was predicted though it is not true. The diagonal is 0. */
  readonly instead: Uint32Array;
  /** (i, j): rows that have both. The diagonal is the support. */
  readonly together: Uint32Array;
  /** (i, j): rows for which both were predicted. */
  readonly predictedTogether: Uint32Array;
  /** Rows in which each label was missed, `[labels]`. */
  readonly missed: Uint32Array;
  /** Of those, the rows where no wrong label was predicted either: missed without a substitute, `[labels]`. */
  readonly missedAlone: Uint32Array;
}

/** Label confusion at a decision threshold. Throws `too-many-labels`, `threshold-invalid`. */
export function labelConfusion(evaluator: Evaluator, threshold: DecisionThreshold): LabelConfusion {
  const n = evaluator.labels.length;
  if (n > maxMatrixLabels) throw new TooManyLabelsError(n);
  const decisions = evaluator.decide(threshold);
  const confusion = {
    instead: new Uint32Array(n * n),
    together: new Uint32Array(n * n),
    predictedTogether: new Uint32Array(n * n),
    missed: new Uint32Array(n),
    missedAlone: new Uint32Array(n),
  };
  const truth: number[] = [];
  const predicted: number[] = [];
  const missed: number[] = [];
  const extra: number[] = [];
  for (let row = 0, cell = 0; row < evaluator.rows; row++) {
    truth.length = predicted.length = missed.length = extra.length = 0;
    for (let label = 0; label < n; label++, cell++) {
      const isTrue = evaluator.targets[cell] === 1;
      const isPredicted = decisions[cell] === 1;
      if (isTrue) truth.push(label);
      if (isPredicted) predicted.push(label);
      if (isTrue && !isPredicted) missed.push(label);
      if (isPredicted && !isTrue) extra.push(label);
    }
    addPairs(confusion.together, truth, truth, n);
    addPairs(confusion.predictedTogether, predicted, predicted, n);
    addPairs(confusion.instead, missed, extra, n);
    for (const label of missed) {
      confusion.missed[label] = (confusion.missed[label] as number) + 1;
      if (extra.length === 0) confusion.missedAlone[label] = (confusion.missedAlone[label] as number) + 1;
    }
  }
  return confusion;
}

function addPairs(matrix: Uint32Array, from: readonly number[], to: readonly number[], n: number): void {
  for (const i of from) for (const j of to) matrix[i * n + j] = (matrix[i * n + j] as number) + 1;
}
