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

export type ConfusionView = 'instead' | 'together' | 'predictedTogether';

/** The part of one confusion matrix that a screen can show. */
export interface TopConfusion {
  /** Label ids with the largest counts, in the order of the label list: the same label stays in the same place. */
  readonly shown: readonly number[];
  /** Counts among them, row-major `[shown, shown]`. */
  readonly matrix: Uint32Array;
}

/**
 * The labels that take part in most of a view's counts, at most `limit`, and the counts among them: what `labelConfusion`
 * tabulates for all labels, without its cost in the square of the labels a row (at a low threshold every row predicts most
 * of them). Linear in the cells. Throws `threshold-invalid`.
 */
export function topConfusion(
  evaluator: Evaluator,
  threshold: DecisionThreshold,
  view: ConfusionView,
  limit: number,
): TopConfusion {
  const { rows, targets } = evaluator;
  const n = evaluator.labels.length;
  const decisions = evaluator.decide(threshold);
  const isPair = view === 'instead';
  const sides = pairSides(targets, decisions, view);

  const weight = new Float64Array(n);
  for (let row = 0; row < rows; row++) {
    const start = row * n;
    let first = 0;
    let second = 0;
    for (let cell = start; cell < start + n; cell++) {
      const side = sides[cell] as number;
      first += side & 1;
      second += side >> 1;
    }
    // A label's pairs in this row: with all of the other side, or with all others of its own set, both ways round.
    const ofFirst = isPair ? second : 2 * (second - 1);
    if (first === 0 || second === 0 || ofFirst === 0) continue;
    for (let label = 0; label < n; label++) {
      const side = sides[start + label] as number;
      if (side !== 0) weight[label] = (weight[label] as number) + (side === 2 ? first : ofFirst);
    }
  }
  const shown = Array.from(weight, (_, label) => label)
    .sort((a, b) => (weight[b] as number) - (weight[a] as number) || a - b)
    .slice(0, limit)
    .sort((a, b) => a - b);

  const k = shown.length;
  const matrix = new Uint32Array(k * k);
  const from: number[] = [];
  const to: number[] = [];
  for (let row = 0; row < rows; row++) {
    from.length = to.length = 0;
    shown.forEach((label, at) => {
      const side = sides[row * n + label] as number;
      if (side & 1) from.push(at);
      if (side & 2) to.push(at);
    });
    addPairs(matrix, from, to, k);
  }
  return { shown, matrix };
}

/** For each cell, bit 1: the label is on the first side of a pair in its row, bit 2: on the second. */
function pairSides(targets: Uint8Array, decisions: Uint8Array, view: ConfusionView): Uint8Array {
  const sides = new Uint8Array(targets.length);
  if (view === 'instead')
    for (let cell = 0; cell < sides.length; cell++) {
      const target = targets[cell] as number;
      sides[cell] = target === decisions[cell] ? 0 : 2 - target;
    }
  else {
    const set = view === 'together' ? targets : decisions;
    for (let cell = 0; cell < sides.length; cell++) sides[cell] = 3 * (set[cell] as number);
  }
  return sides;
}
