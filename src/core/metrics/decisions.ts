import type { LabelScores, MetricReport, PrecisionRecallF1 } from './types.ts';
import { auditF1 } from './types.ts';

/** What the decisions at one threshold count up to; every score is a function of it. */
export interface DecisionCounts {
  readonly rows: number;
  /** Each `[labels]`: cells true, predicted, and both. */
  readonly support: Uint32Array;
  readonly predicted: Uint32Array;
  readonly truePositives: Uint32Array;
  /** Each summed over rows. */
  readonly exactRows: number;
  readonly rowPrecision: number;
  readonly rowRecall: number;
  readonly rowF1: number;
  readonly rowJaccard: number;
}

/** a / b, and 0 where b is 0: scikit-learn's `zero_division=0`. */
export function ratio(a: number, b: number): number {
  return b === 0 ? 0 : a / b;
}

/** From cells true and predicted, predicted, and true. */
export function precisionRecallF1(
  truePositives: number,
  predicted: number,
  support: number,
): PrecisionRecallF1 {
  return {
    precision: ratio(truePositives, predicted),
    recall: ratio(truePositives, support),
    f1: ratio(2 * truePositives, predicted + support),
  };
}

/** Counts one row's cells in: n true, m predicted, k both. Shared by dense and sparse evaluations. */
export function rowTally() {
  const sums = { exactRows: 0, rowPrecision: 0, rowRecall: 0, rowF1: 0, rowJaccard: 0 };
  return {
    sums,
    add(both: number, predicted: number, support: number): void {
      if (both === predicted && both === support) sums.exactRows++;
      if (both === 0) return;
      sums.rowPrecision += both / predicted;
      sums.rowRecall += both / support;
      sums.rowF1 += (2 * both) / (predicted + support);
      sums.rowJaccard += both / (predicted + support - both);
    },
  };
}

/** All thresholded scores from the counts. */
export function scoreDecisions(counts: DecisionCounts): MetricReport {
  const { rows, support, predicted, truePositives } = counts;
  const labels = support.length;
  let truth = 0;
  let positive = 0;
  let both = 0;
  const macro = { precision: 0, recall: 0, f1: 0 };
  const weighted = { precision: 0, recall: 0, f1: 0 };
  let macroJaccard = 0;
  for (let label = 0; label < labels; label++) {
    const n = support[label] as number;
    const m = predicted[label] as number;
    const k = truePositives[label] as number;
    truth += n;
    positive += m;
    both += k;
    const scores = precisionRecallF1(k, m, n);
    for (const name of ['precision', 'recall', 'f1'] as const) {
      macro[name] += scores[name];
      weighted[name] += n * scores[name];
    }
    macroJaccard += ratio(k, n + m - k);
  }
  for (const name of ['precision', 'recall', 'f1'] as const) {
    macro[name] = ratio(macro[name], labels);
    weighted[name] = ratio(weighted[name], truth);
  }
  const wrong = truth + positive - 2 * both;
  const hammingLoss = ratio(wrong, rows * labels);
  return {
    labelAccuracy: rows * labels === 0 ? 0 : 1 - hammingLoss,
    subsetAccuracy: ratio(counts.exactRows, rows),
    hammingLoss,
    micro: precisionRecallF1(both, positive, truth),
    macro,
    weighted,
    samples: {
      precision: ratio(counts.rowPrecision, rows),
      recall: ratio(counts.rowRecall, rows),
      f1: ratio(counts.rowF1, rows),
    },
    jaccard: {
      samples: ratio(counts.rowJaccard, rows),
      micro: ratio(both, truth + positive - both),
      macro: ratio(macroJaccard, labels),
    },
    rows,
    labels,
    predicted: positive,
    support: truth,
    truePositives: both,
  };
}

/** The audit table's rows, in label order. */
export function scoreLabels(
  counts: Pick<DecisionCounts, 'support' | 'predicted' | 'truePositives'>,
  labels: readonly string[],
  thresholdOf: (label: number) => number,
): LabelScores[] {
  return labels.map((label, labelId) => {
    const support = counts.support[labelId] as number;
    const predicted = counts.predicted[labelId] as number;
    const truePositives = counts.truePositives[labelId] as number;
    const scores = precisionRecallF1(truePositives, predicted, support);
    return {
      labelId,
      label,
      support,
      predicted,
      truePositives,
      ...scores,
      threshold: thresholdOf(labelId),
      flagged: scores.f1 < auditF1,
    };
  });
}
