import { formatCount } from '../../base/counts.ts';
import { formatPercent } from '../../base/quantities.ts';
import type { EvaluationWarning, MetricReport } from './types.ts';

/** The paper's failure signs, as numbers. */
const warningLimits = {
  /** Predicted cells over true cells below which a model counts as collapsed to nothing. */
  collapseShare: 0.02,
  /** Five points between train and validation (InstructNet, failure analysis). */
  gap: 0.05,
  /** Macro below micro by more than this: the rare labels fail. */
  macroBelowMicro: 0.15,
} as const;

/** Every code `diagnose` can give: each evaluation replaces what the one before it said. */
export const evaluationWarningCodes: ReadonlySet<string> = new Set([
  'logits-not-finite',
  'all-zero-collapse',
  'train-validation-gap',
  'macro-below-micro',
]);

export interface EvaluationEvidence {
  /** The evaluation shown: validation or test. */
  readonly report: MetricReport;
  /** The same model on training rows at the same threshold; null where it was not evaluated. */
  readonly train: MetricReport | null;
  /** Cells whose output is NaN or infinite (`evaluator.notFinite`). */
  readonly notFinite?: number;
}

/** What a person should know before they believe the numbers; empty where nothing is wrong. */
export function diagnose({ report, train, notFinite = 0 }: EvaluationEvidence): EvaluationWarning[] {
  const warnings: EvaluationWarning[] = [];
  if (notFinite > 0)
    warnings.push({
      code: 'logits-not-finite',
      message: `${formatCount(notFinite)} outputs are not numbers: the model diverged.`,
      remedy:
        'Resume from an earlier checkpoint with a lower learning rate, more warm-up or gradient clipping.',
    });

  const collapsed = report.support > 0 && report.predicted < warningLimits.collapseShare * report.support;
  if (collapsed)
    warnings.push({
      code: 'all-zero-collapse',
      message:
        `The model predicts almost nothing (${formatCount(report.predicted)} labels where ` +
        `${formatCount(report.support)} are true). Its label-wise accuracy of ${formatPercent(report.labelAccuracy, 2)} ` +
        'is what an empty answer scores.',
      remedy:
        'Train longer, lower the decision threshold or tune it per label, or raise the label threshold.',
    });

  if (train) {
    const [name, gap] = (
      [
        ['micro-F1', train.micro.f1 - report.micro.f1],
        ['macro-F1', train.macro.f1 - report.macro.f1],
        ['label-wise accuracy', train.labelAccuracy - report.labelAccuracy],
      ] as const
    ).reduce((worst, next) => (next[1] > worst[1] ? next : worst));
    if (gap > warningLimits.gap)
      warnings.push({
        code: 'train-validation-gap',
        message: `On the training rows ${name} is ${(gap * 100).toFixed(1)} points higher: the model overfits.`,
        remedy:
          'Stop earlier (patience), raise dropout or weight decay, lower the learning rate, or add data.',
      });
  }

  const lag = report.micro.f1 - report.macro.f1;
  if (!collapsed && lag > warningLimits.macroBelowMicro)
    warnings.push({
      code: 'macro-below-micro',
      message:
        `Macro-F1 (${formatPercent(report.macro.f1, 2)}) is ${(lag * 100).toFixed(1)} points below micro-F1 ` +
        `(${formatPercent(report.micro.f1, 2)}): frequent labels carry the score, rare ones fail.`,
      remedy: 'Look at the audit table sorted by F1; tune thresholds per label or raise the label threshold.',
    });
  return warnings;
}
