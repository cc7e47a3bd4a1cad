import { allZeroBaseline, labelPriorBaseline } from '../../core/metrics/baselines.ts';
import { thresholdPickers } from '../../core/calibration/pickers.ts';
import { createEvaluator, type Evaluator } from '../../core/metrics/evaluator.ts';
import { bestGlobalThreshold, thresholdCurve } from '../../core/metrics/tuning.ts';
import type { DecisionThreshold, MetricReport } from '../../core/metrics/types.ts';
import type { EvaluationLogits } from '../../services/trainer/contract.ts';
import type { PickingId, VariantResult, VariantScores } from './types.ts';

/** The scores a variant keeps of a report. */
export function scoresOf(report: MetricReport): VariantScores {
  return {
    microF1: report.micro.f1,
    macroF1: report.macro.f1,
    weightedF1: report.weighted.f1,
    samplesF1: report.samples.f1,
    labelAccuracy: report.labelAccuracy,
    subsetAccuracy: report.subsetAccuracy,
  };
}

/**
 * Equal for the same rows and labels, in whatever order of rows (FNV-1a, 2 × 32 bit over sorted row ids and label names): two
 * evaluations with one fingerprint can be compared row by row.
 */
export function rowsFingerprint({ rowIds, labels }: Pick<EvaluationLogits, 'rowIds' | 'labels'>): string {
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  const add = (value: number) => {
    a = Math.imul(a ^ value, 0x01000193) >>> 0;
    b = Math.imul(b ^ ((value << 7) | (value >>> 25)), 0x85ebca6b) >>> 0;
  };
  for (const row of rowIds.slice().sort()) add(row);
  for (const label of labels) {
    add(0x10ffff);
    for (const character of label) add(character.codePointAt(0) ?? 0);
  }
  const hex = (value: number) => value.toString(16).padStart(8, '0');
  return `${rowIds.length}x${labels.length}-${hex(a)}${hex(b)}`;
}

export type ScoredParts = Pick<
  VariantResult,
  'labels' | 'judged' | 'rowsHash' | 'scores' | 'validation' | 'tuned' | 'allZero' | 'labelPrior' | 'perLabel'
>;

/**
 * Everything a variant's table and plots need, from its kept outputs: scores at 0.5 and at the threshold that is best on
 * validation rows, each with what models score that do not read. `priors`: shares of training rows a label, `[labels]`. `picking`: the
 * scores are at the thresholds it picks on validation rows; where there are none, at those that need no truth, else at 0.5.
 */
export function scoreVariant(
  judged: EvaluationLogits,
  validation: EvaluationLogits | null,
  priors: ArrayLike<number> | null,
  picking?: PickingId,
): ScoredParts {
  const { labels, targets } = judged;
  const evaluator = createEvaluator(judged);
  const held = validation && validation.targets.length > 0 ? createEvaluator(validation) : null;
  const report = evaluator.at(picking ? pickedThresholds(picking, held, evaluator) : 0.5);
  // Hundredths: what a slider can be set to.
  const threshold = held ? Number(bestGlobalThreshold(thresholdCurve(held, 99)).toFixed(2)) : null;
  const tuned = threshold === null ? null : evaluator.at(threshold);
  // Four digits: the document is saved with every change.
  const f1Of = (perLabel: typeof report.perLabel) => perLabel.map(({ f1 }) => Number(f1.toFixed(4)));
  return {
    labels: labels.length,
    judged: judged.split === 'test' ? 'test' : 'validation',
    rowsHash: rowsFingerprint(judged),
    scores: scoresOf(report),
    validation: held ? scoresOf(held.at(0.5)) : null,
    tuned: threshold === null || !tuned ? null : { threshold, scores: scoresOf(tuned) },
    allZero: scoresOf(allZeroBaseline({ labels, targets })),
    labelPrior: scoresOf(
      labelPriorBaseline({ labels, targets }, priors?.length === labels.length ? priors : undefined),
    ),
    perLabel: {
      names: report.perLabel.map(({ label }) => label),
      support: report.perLabel.map(({ support }) => support),
      f1: f1Of(report.perLabel),
      tunedF1: tuned && f1Of(tuned.perLabel),
    },
  };
}

function pickedThresholds(
  picking: PickingId,
  validation: Evaluator | null,
  judged: Evaluator,
): DecisionThreshold {
  const picker = thresholdPickers.find(({ id }) => id === picking);
  if (!picker || (picker.readsTargets && !validation)) return 0.5;
  return picker.pick(validation ?? judged);
}
