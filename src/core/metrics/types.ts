/** Model outputs and truth of one evaluation, row-major `[rows, labels]` (the trainer's `EvaluationLogits` fits). */
export interface EvaluationInput {
  readonly labels: readonly string[];
  /** Either of the two. Probabilities are in [0, 1]. */
  readonly logits?: Float32Array | Float64Array;
  readonly probabilities?: Float32Array | Float64Array;
  /** 0 or 1. */
  readonly targets: Uint8Array;
}

/** A decision threshold on probabilities: one for all labels, or one a label. A cell is predicted where p >= threshold. */
export type DecisionThreshold = number | ArrayLike<number>;

export interface PrecisionRecallF1 {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

export type Average = 'micro' | 'macro' | 'weighted' | 'samples';

/** One label's row of the audit table. */
export interface LabelScores extends PrecisionRecallF1 {
  readonly labelId: number;
  readonly label: string;
  /** Rows that have the label. */
  readonly support: number;
  readonly predicted: number;
  readonly truePositives: number;
  readonly threshold: number;
  /** F1 below `auditF1`: to be looked at. */
  readonly flagged: boolean;
}

/** The audit's bar (issue section 8). */
export const auditF1 = 0.7;

/** Scores that need a decision threshold. scikit-learn's definitions with `zero_division=0`. */
export interface MetricReport extends Readonly<Record<Average, PrecisionRecallF1>> {
  /** Share of right cells, 1 - Hamming loss: the paper's "accuracy". High by itself where labels are sparse. */
  readonly labelAccuracy: number;
  /** Share of rows with every cell right: scikit-learn's `accuracy_score`. */
  readonly subsetAccuracy: number;
  readonly hammingLoss: number;
  readonly jaccard: { readonly samples: number; readonly micro: number; readonly macro: number };
  readonly rows: number;
  readonly labels: number;
  /** Cells predicted, true, and both. */
  readonly predicted: number;
  readonly support: number;
  readonly truePositives: number;
}

/** A report with its audit table, and the decisions' counts by label. */
export interface EvaluationReport extends MetricReport {
  readonly perLabel: readonly LabelScores[];
}

/** Scores of the ranking alone, whatever the threshold. Null where a label has only one class. */
export interface RankingReport {
  /** Area under the precision-recall steps, scikit-learn's `average_precision_score`; 0 without positives. `[labels]` */
  readonly averagePrecision: Float64Array;
  /** `[labels]` */
  readonly rocAuc: readonly (number | null)[];
  /** Mean over all labels. */
  readonly macroAveragePrecision: number;
  /** All cells as one ranking. */
  readonly microAveragePrecision: number;
  /** Mean over labels where it is defined; null where there is none. */
  readonly macroRocAuc: number | null;
}

/** Something a person should know before they believe a number. */
export interface EvaluationWarning {
  readonly code: 'all-zero-collapse' | 'train-validation-gap' | 'macro-below-micro' | 'logits-not-finite';
  readonly message: string;
  readonly remedy: string;
}
