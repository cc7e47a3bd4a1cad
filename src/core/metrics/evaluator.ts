import { VerbenaError } from '../../base/errors.ts';
import { rowTally, scoreDecisions, scoreLabels, type DecisionCounts } from './decisions.ts';
import { rankLabels, type RankedOutputs } from './ranking.ts';
import type { DecisionThreshold, EvaluationInput, EvaluationReport, RankingReport } from './types.ts';

export class EvaluationError extends VerbenaError<'evaluation-shape-mismatch' | 'threshold-invalid'> {}

/** All hundredths, and some more. */
const keptReports = 128;

/** One evaluation, asked as often as a slider moves. */
export interface Evaluator extends RankedOutputs {
  readonly rows: number;
  readonly targets: Uint8Array;
  /** Rows that have each label, `[labels]`. */
  readonly support: Uint32Array;
  /** NaN or infinite outputs; such a cell counts as not predicted (NaN) or by its sign. */
  readonly notFinite: number;
  /** Every thresholded score. One pass over the cells. Throws `threshold-invalid`. */
  at(threshold: DecisionThreshold): EvaluationReport;
  /**
   * Cells predicted, and of those the true ones, of each label at many global thresholds, ascending: `[thresholds, labels]` each.
   * One pass over the cells for all of them. Throws `threshold-invalid`.
   */
  countAt(thresholds: ArrayLike<number>): { predicted: Uint32Array; truePositives: Uint32Array };
  /** 0/1 decisions, `[rows, labels]`. Throws `threshold-invalid`. */
  decide(threshold: DecisionThreshold): Uint8Array;
  /** Average precision and ROC AUC; computed on the first call. */
  ranking(): RankingReport;
  /** Binary cross-entropy of each row, mean over labels, `[rows]`; computed on the first call. */
  rowLosses(): Float64Array;
  /** Mean of `rowLosses`. */
  loss(): number;
  /** The model's probability of one cell. */
  probability(row: number, label: number): number;
  /** A probability as an output on this evaluation's scale, and back. */
  toOutput(probability: number): number;
  toProbability(output: number): number;
}

/** Prepares logits or probabilities for repeated evaluation. Throws `evaluation-shape-mismatch`. */
export function createEvaluator(input: EvaluationInput): Evaluator {
  const { labels, targets } = input;
  const outputs = input.logits ?? input.probabilities;
  const labelCount = labels.length;
  const rows = labelCount === 0 ? 0 : targets.length / labelCount;
  if (
    !outputs ||
    outputs.length !== targets.length ||
    !Number.isInteger(rows) ||
    (rows === 0 && targets.length)
  )
    throw new EvaluationError(
      'evaluation-shape-mismatch',
      `${outputs?.length ?? 'No'} outputs and ${targets.length} targets do not make rows of ${labelCount} labels.`,
      'Run the evaluation again: its data does not belong together.',
    );
  const isLogits = input.logits !== undefined;
  const toOutput = isLogits ? logit : (p: number) => p;
  const toProbability = isLogits ? sigmoid : (p: number) => p;

  const support = new Uint32Array(labelCount);
  const rowSupport = new Uint32Array(rows);
  let notFinite = 0;
  for (let row = 0, cell = 0; row < rows; row++) {
    let sum = 0;
    for (let label = 0; label < labelCount; label++, cell++) {
      const target = targets[cell] as number;
      sum += target;
      support[label] = (support[label] as number) + target;
      if (!Number.isFinite(outputs[cell] as number)) notFinite++;
    }
    rowSupport[row] = sum;
  }

  /** `[labels]` on the scale of the outputs, so that a pass compares without a sigmoid a cell. */
  const cuts = (threshold: DecisionThreshold): Float64Array => {
    const all = typeof threshold === 'number' ? null : threshold;
    if (all && all.length !== labelCount)
      throw invalidThreshold(`${all.length} thresholds for ${labelCount} labels`);
    return Float64Array.from({ length: labelCount }, (_, label) => {
      const p = all ? (all[label] as number) : (threshold as number);
      if (!(p >= 0 && p <= 1)) throw invalidThreshold(`A threshold of ${p}`);
      return toOutput(p);
    });
  };

  const count = (cut: Float64Array): DecisionCounts => {
    const predicted = new Uint32Array(labelCount);
    const truePositives = new Uint32Array(labelCount);
    const tally = rowTally();
    for (let row = 0, cell = 0; row < rows; row++) {
      let positive = 0;
      let both = 0;
      for (let label = 0; label < labelCount; label++, cell++)
        if ((outputs[cell] as number) >= (cut[label] as number)) {
          const target = targets[cell] as number;
          positive++;
          both += target;
          predicted[label] = (predicted[label] as number) + 1;
          truePositives[label] = (truePositives[label] as number) + target;
        }
      tally.add(both, positive, rowSupport[row] as number);
    }
    return { rows, support, predicted, truePositives, ...tally.sums };
  };

  const labelOutputs = (label: number) => {
    const positives = new Float64Array(support[label] as number);
    const negatives = new Float64Array(rows - positives.length);
    let p = 0;
    let n = 0;
    for (let row = 0, cell = label; row < rows; row++, cell += labelCount) {
      const value = ranked(outputs[cell] as number);
      if (targets[cell] === 1) positives[p++] = value;
      else negatives[n++] = value;
    }
    return { positives: positives.sort(), negatives: negatives.sort() };
  };

  const positiveOutputs = () => {
    const found = new Float64Array(support.reduce((a, b) => a + b, 0));
    let p = 0;
    for (let cell = 0; cell < targets.length; cell++)
      if (targets[cell] === 1) found[p++] = ranked(outputs[cell] as number);
    return found.sort();
  };

  /** A slider comes by the same thresholds again and again. */
  const reports = new Map<number, EvaluationReport>();
  let ranking: RankingReport | null = null;
  let losses: Float64Array | null = null;
  const evaluator: Evaluator = {
    rows,
    labels,
    targets,
    support,
    notFinite,
    at(threshold) {
      const known = typeof threshold === 'number' ? reports.get(threshold) : undefined;
      if (known) return known;
      const cut = cuts(threshold);
      const counts = count(cut);
      const thresholdOf = (label: number) =>
        typeof threshold === 'number' ? threshold : (threshold[label] as number);
      const report = { ...scoreDecisions(counts), perLabel: scoreLabels(counts, labels, thresholdOf) };
      // Not for thresholds a label: their owner may write to them again.
      if (typeof threshold === 'number') {
        if (reports.size >= keptReports) reports.clear();
        reports.set(threshold, report);
      }
      return report;
    },
    countAt(thresholds) {
      const points = thresholds.length;
      const cut = Float64Array.from({ length: points }, (_, i) => cuts(thresholds[i] as number)[0] ?? 0);
      if (cut.some((value, i) => i > 0 && value < (cut[i - 1] as number)))
        throw invalidThreshold('A list of thresholds that does not ascend');
      const predicted = new Uint32Array(points * labelCount);
      const truePositives = new Uint32Array(points * labelCount);
      for (let row = 0, cell = 0; row < rows; row++)
        for (let label = 0; label < labelCount; label++, cell++) {
          // The last threshold that this output reaches; those below it are added up afterwards.
          const output = outputs[cell] as number;
          let low = 0;
          let high = points;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (output >= (cut[middle] as number)) low = middle + 1;
            else high = middle;
          }
          if (low === 0) continue;
          const at = (low - 1) * labelCount + label;
          predicted[at] = (predicted[at] as number) + 1;
          truePositives[at] = (truePositives[at] as number) + (targets[cell] as number);
        }
      for (const counts of [predicted, truePositives])
        for (let at = (points - 1) * labelCount - 1; at >= 0; at--)
          counts[at] = (counts[at] as number) + (counts[at + labelCount] as number);
      return { predicted, truePositives };
    },
    decide(threshold) {
      const cut = cuts(threshold);
      const decisions = new Uint8Array(targets.length);
      for (let row = 0, cell = 0; row < rows; row++)
        for (let label = 0; label < labelCount; label++, cell++)
          if ((outputs[cell] as number) >= (cut[label] as number)) decisions[cell] = 1;
      return decisions;
    },
    ranking: () => (ranking ??= rankLabels(evaluator)),
    rowLosses: () => (losses ??= rowLosses(outputs, targets, rows, labelCount, isLogits)),
    loss() {
      const perRow = evaluator.rowLosses();
      return rows === 0 ? 0 : perRow.reduce((a, b) => a + b, 0) / rows;
    },
    probability: (row, label) => toProbability(outputs[row * labelCount + label] as number),
    labelOutputs,
    positiveOutputs,
    toOutput,
    toProbability,
  };
  return evaluator;
}

/** NaN is never predicted: it ranks below everything. */
function ranked(output: number): number {
  return Number.isNaN(output) ? Number.NEGATIVE_INFINITY : output;
}

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

/** The inverse of `sigmoid`; infinite at 0 and 1. */
export function logit(p: number): number {
  return Math.log(p / (1 - p));
}

/** Stable for large logits, as `torch.nn.BCEWithLogitsLoss`; probabilities are kept 1e-15 away from 0 and 1. */
function rowLosses(
  outputs: Float32Array | Float64Array,
  targets: Uint8Array,
  rows: number,
  labels: number,
  isLogits: boolean,
): Float64Array {
  const losses = new Float64Array(rows);
  for (let row = 0, cell = 0; row < rows; row++) {
    let sum = 0;
    for (let label = 0; label < labels; label++, cell++) {
      const output = outputs[cell] as number;
      const target = targets[cell] as number;
      if (isLogits) sum += Math.max(output, 0) - output * target + Math.log1p(Math.exp(-Math.abs(output)));
      else sum -= Math.log(Math.min(Math.max(target ? output : 1 - output, 1e-15), 1));
    }
    losses[row] = sum / labels;
  }
  return losses;
}

function invalidThreshold(what: string): EvaluationError {
  return new EvaluationError(
    'threshold-invalid',
    `${what} cannot decide.`,
    'Use one threshold from 0 to 1, or one for each label.',
  );
}
