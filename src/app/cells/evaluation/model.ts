import { allZeroBaseline, labelPriorBaseline } from '../../../core/metrics/baselines.ts';
import { rowCrossEntropies } from '../../../core/metrics/crossEntropy.ts';
import { createEvaluator, type Evaluator } from '../../../core/metrics/evaluator.ts';
import { tuneThresholds, type TunedThresholds } from '../../../core/metrics/tuning.ts';
import type { DecisionThreshold, EvaluationReport } from '../../../core/metrics/types.ts';
import type { EvaluationLogits, Hyperparameters } from '../../../services/trainer/contract.ts';
import { evaluationLossName } from '../../../training/describe.ts';

/** One evaluation prepared for a moving threshold: what does not depend on it is computed once. */
export interface EvaluationModel {
  readonly evaluation: EvaluationLogits;
  readonly evaluator: Evaluator;
  readonly allZero: EvaluationReport;
  readonly labelPrior: EvaluationReport;
  /** True where the prior was counted on training rows; false: on the rows shown. */
  readonly priorFromTraining: boolean;
  /** What a row's loss is: `BCE`, or `cross-entropy` of runs for rows with one label each. */
  readonly lossName: string;
  /** Of each row, `[rows]`. */
  readonly rowLosses: () => Float64Array;
}

/** Prepares kept logits. `trainPriors` are shares of the training rows that have each label; `loss` is what the run minimised. */
export function createEvaluationModel(
  evaluation: EvaluationLogits,
  trainPriors: ArrayLike<number> | null,
  loss?: Hyperparameters['loss'],
): EvaluationModel {
  const { labels, logits, targets } = evaluation;
  const evaluator = createEvaluator(evaluation);
  let crossEntropies: Float64Array | null = null;
  const priors = trainPriors && trainPriors.length === labels.length ? trainPriors : undefined;
  return {
    evaluation,
    evaluator,
    allZero: allZeroBaseline({ labels, targets }),
    labelPrior: labelPriorBaseline({ labels, targets }, priors),
    priorFromTraining: priors !== undefined,
    lossName: evaluationLossName(loss),
    rowLosses: () =>
      loss?.kind === 'cross-entropy'
        ? (crossEntropies ??= rowCrossEntropies(logits, targets, labels.length))
        : evaluator.rowLosses(),
  };
}

/** Thresholds a label, tuned on validation rows; null where the run kept no validation logits over the same labels. */
export function tuneOn(
  validation: EvaluationLogits | null,
  labels: readonly string[],
): TunedThresholds | null {
  if (!validation || validation.labels.length !== labels.length || validation.targets.length === 0)
    return null;
  if (validation.labels.some((label, i) => label !== labels[i])) return null;
  return tuneThresholds(createEvaluator(validation));
}

/** The threshold in force. Per label where that is chosen and could be tuned, else the global one. */
export function thresholdInForce(
  decision: 'global' | 'per-label',
  global: number,
  tuned: TunedThresholds | null,
): DecisionThreshold {
  return decision === 'per-label' && tuned ? tuned.thresholds : global;
}

export type ColumnId = 'model' | 'allZero' | 'labelPrior' | 'reference';

/** A column of the metrics table. */
export interface MetricColumn {
  readonly id: ColumnId;
  readonly title: string;
  /** Null: not computed yet. */
  readonly report: EvaluationReport | null;
}

export interface MetricRow {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly better: 'higher' | 'lower';
  readonly of: (report: EvaluationReport) => number;
}

const averages = [
  ['micro', 'Micro'],
  ['macro', 'Macro'],
  ['weighted', 'Weighted'],
  ['samples', 'Samples'],
] as const;

const scores = [
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['f1', 'F1'],
] as const;

/** Every score of the table, in reading order. */
export const metricRows: readonly MetricRow[] = [
  {
    id: 'labelAccuracy',
    group: 'Accuracy',
    name: 'Label-wise accuracy',
    better: 'higher',
    of: (report) => report.labelAccuracy,
  },
  {
    id: 'subsetAccuracy',
    group: 'Accuracy',
    name: 'Subset accuracy',
    better: 'higher',
    of: (report) => report.subsetAccuracy,
  },
  {
    id: 'hammingLoss',
    group: 'Accuracy',
    name: 'Hamming loss',
    better: 'lower',
    of: (report) => report.hammingLoss,
  },
  ...averages.flatMap(([average, title]) =>
    scores.map(([score, name]): MetricRow => ({
      id: `${average}.${score}`,
      group: title,
      name: `${title} ${name}`,
      better: 'higher',
      of: (report) => report[average][score],
    })),
  ),
  ...averages.slice(0, 2).map(([average, title]): MetricRow => ({
    id: `jaccard.${average}`,
    group: 'Jaccard',
    name: `${title} Jaccard`,
    better: 'higher',
    of: (report) => report.jaccard[average as 'micro' | 'macro'],
  })),
  {
    id: 'jaccard.samples',
    group: 'Jaccard',
    name: 'Samples Jaccard',
    better: 'higher',
    of: (report) => report.jaccard.samples,
  },
];

/** Index of the best column of a row; -1 where nothing stands out (a tie over all, or one column). */
export function bestColumn(row: MetricRow, columns: readonly MetricColumn[]): number {
  const values = columns.map(({ report }) => (report ? row.of(report) : Number.NaN));
  const known = values.filter((value) => !Number.isNaN(value));
  if (known.length < 2) return -1;
  const best = row.better === 'higher' ? Math.max(...known) : Math.min(...known);
  return known.filter((value) => value === best).length === 1 ? values.indexOf(best) : -1;
}

/** One label in the audit table. */
export interface AuditRow {
  readonly labelId: number;
  readonly label: string;
  readonly support: number;
  readonly predicted: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly averagePrecision: number;
  readonly threshold: number;
  readonly flagged: boolean;
}

/** The audit of a report; average precision does not depend on the threshold and comes from the ranking. */
export function auditRows(report: EvaluationReport, averagePrecision: Float64Array): AuditRow[] {
  return report.perLabel.map((scored) => ({
    labelId: scored.labelId,
    label: scored.label,
    support: scored.support,
    predicted: scored.predicted,
    precision: scored.precision,
    recall: scored.recall,
    f1: scored.f1,
    averagePrecision: averagePrecision[scored.labelId] as number,
    threshold: scored.threshold,
    flagged: scored.flagged,
  }));
}

/** A precision-recall curve thinned to what a screen can show, from recall 0 to the label's last positive. */
export function precisionRecallCurve(
  evaluator: Evaluator,
  label: number,
  points = 400,
): { readonly recall: number[]; readonly precision: number[] } {
  const { positives, negatives } = evaluator.labelOutputs(label);
  const recall = [0];
  const precision = [1];
  let n = negatives.length;
  // Walks the positives from the highest down; negatives at or above each one are its false positives.
  const stride = Math.max(1, Math.floor(positives.length / points));
  for (let taken = 1; taken <= positives.length; taken++) {
    const cut = positives[positives.length - taken] as number;
    const next = positives[positives.length - taken - 1];
    if (next === cut || (taken % stride !== 0 && taken !== positives.length)) continue;
    while (n > 0 && (negatives[n - 1] as number) >= cut) n--;
    recall.push(taken / positives.length);
    precision.push(taken / (taken + negatives.length - n));
  }
  return { recall, precision };
}
