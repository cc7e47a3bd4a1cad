import type { RankingReport } from './types.ts';

/** Ascending outputs of rows with and without a label. */
export interface ClassOutputs {
  readonly positives: Float64Array;
  readonly negatives: Float64Array;
}

/**
 * Walks the distinct outputs from the highest down; `visit` gets the output and how many positives and negatives are at or above it.
 * Sorting each class natively and merging is several times faster than sorting indices.
 */
export function walkThresholds(
  { positives, negatives }: ClassOutputs,
  visit: (output: number, truePositives: number, falsePositives: number) => void,
): void {
  let p = positives.length - 1;
  let n = negatives.length - 1;
  while (p >= 0 || n >= 0) {
    const high = Math.max(
      p >= 0 ? (positives[p] as number) : Number.NEGATIVE_INFINITY,
      n >= 0 ? (negatives[n] as number) : Number.NEGATIVE_INFINITY,
    );
    while (p >= 0 && positives[p] === high) p--;
    while (n >= 0 && negatives[n] === high) n--;
    visit(high, positives.length - 1 - p, negatives.length - 1 - n);
  }
}

/** scikit-learn's `average_precision_score`: precision at each threshold, weighted by the gain in recall. */
export function averagePrecision(outputs: ClassOutputs): number {
  let sum = 0;
  let before = 0;
  walkThresholds(outputs, (_, truePositives, falsePositives) => {
    if (truePositives === before) return;
    sum += ((truePositives - before) * truePositives) / (truePositives + falsePositives);
    before = truePositives;
  });
  return outputs.positives.length === 0 ? 0 : sum / outputs.positives.length;
}

/** Share of (positive, negative) pairs in the right order, ties half; null where a class is empty. */
export function rocAuc(outputs: ClassOutputs): number | null {
  const pairs = outputs.positives.length * outputs.negatives.length;
  if (pairs === 0) return null;
  let area = 0;
  let tp = 0;
  let fp = 0;
  walkThresholds(outputs, (_, truePositives, falsePositives) => {
    area += ((falsePositives - fp) * (truePositives + tp)) / 2;
    tp = truePositives;
    fp = falsePositives;
  });
  return area / pairs;
}

/** Outputs of one evaluation, ascending, as they were given: logits or probabilities. */
export interface RankedOutputs {
  readonly labels: readonly string[];
  /** Of rows with and without a label. */
  labelOutputs(label: number): ClassOutputs;
  /** Of all true cells. */
  positiveOutputs(): Float64Array;
}

/**
 * Average precision and ROC AUC of every label, their means, and the average precision over all cells at once.
 * That last one needs, for each true cell, how many false ones reach its output: counted label by label in a merge
 * of sorted lists, so that the cells are neither held a second time nor sorted as a whole.
 */
export function rankLabels(evaluator: RankedOutputs): RankingReport {
  const labels = evaluator.labels.length;
  const perLabel = new Float64Array(labels);
  const aucs: (number | null)[] = [];
  const truth = evaluator.positiveOutputs();
  /** False cells whose output reaches truth[i] but not truth[i + 1]. */
  const reaching = new Float64Array(truth.length);
  for (let label = 0; label < labels; label++) {
    const outputs = evaluator.labelOutputs(label);
    perLabel[label] = averagePrecision(outputs);
    aucs.push(rocAuc(outputs));
    let i = -1;
    for (const output of outputs.negatives) {
      while (i + 1 < truth.length && (truth[i + 1] as number) <= output) i++;
      if (i >= 0) reaching[i] = (reaching[i] as number) + 1;
    }
  }
  let micro = 0;
  let falsePositives = 0;
  for (let i = truth.length - 1; i >= 0;) {
    const output = truth[i];
    let first = i;
    while (first >= 0 && truth[first] === output) falsePositives += reaching[first--] as number;
    const truePositives = truth.length - 1 - first;
    micro += ((i - first) * truePositives) / (truePositives + falsePositives);
    i = first;
  }
  const defined = aucs.filter((auc) => auc !== null);
  return {
    averagePrecision: perLabel,
    rocAuc: aucs,
    macroAveragePrecision: labels === 0 ? 0 : perLabel.reduce((a, b) => a + b, 0) / labels,
    microAveragePrecision: truth.length === 0 ? 0 : micro / truth.length,
    macroRocAuc: defined.length === 0 ? null : defined.reduce((a, b) => a + b, 0) / defined.length,
  };
}
