import { compareFolds, summariseFolds, type FoldSummary } from '../../../core/statistics/folds.ts';
import { describeFolds, points, pValue } from '../../../core/statistics/words.ts';
import { templateOf } from '../../../notebook/experiments/templates.ts';
import type {
  Experiment,
  Variant,
  VariantResult,
  VariantScores,
} from '../../../notebook/experiments/types.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';

export type Decision = 'half' | 'tuned';

export const metricChoices: readonly { readonly value: keyof VariantScores; readonly label: string }[] = [
  { value: 'microF1', label: 'Micro-F1' },
  { value: 'macroF1', label: 'Macro-F1' },
  { value: 'weightedF1', label: 'Weighted F1' },
  { value: 'samplesF1', label: 'Samples F1' },
  { value: 'subsetAccuracy', label: 'Subset accuracy' },
  { value: 'labelAccuracy', label: 'Label-wise accuracy' },
];

export const metricName = (metric: keyof VariantScores): string =>
  metricChoices.find(({ value }) => value === metric)?.label ?? metric;

/** The scores under a decision rule; a variant without validation rows has only 0.5. */
export function scoresUnder(result: VariantResult, decision: Decision): VariantScores {
  return decision === 'tuned' && result.tuned ? result.tuned.scores : result.scores;
}

/** F1 of each label, likewise. */
export function labelF1({ perLabel }: VariantResult, decision: Decision): readonly number[] {
  return decision === 'tuned' && perLabel.tunedF1 ? perLabel.tunedF1 : perLabel.f1;
}

export const resultOf = ({ state }: Variant): VariantResult | null =>
  state.kind === 'done' ? state.result : null;

export interface Point {
  readonly variant: Variant;
  readonly x: number | string;
  readonly y: number;
  readonly result: VariantResult;
}

/** Finished variants of a kind in the order of the plan; a reference shared by all has no place of its own. */
export function pointsOf(
  { variants }: Experiment,
  kind: Variant['kind'],
  metric: keyof VariantScores,
  decision: Decision,
): Point[] {
  return variants.flatMap((variant) => {
    const result = resultOf(variant);
    return variant.kind === kind && variant.x !== null && result
      ? [{ variant, x: variant.x, y: scoresUnder(result, decision)[metric], result }]
      : [];
  });
}

/** The reference that belongs to all variants; null where each has its own, or it has not run. */
export function sharedReference({ variants }: Experiment): VariantResult | null {
  const shared = variants.find(({ kind, x }) => kind === 'reference' && x === null);
  return shared ? resultOf(shared) : null;
}

/** Mean and deviation over folds or seeds; null before the first. */
export function repeats(
  experiment: Experiment,
  kind: Variant['kind'],
  metric: keyof VariantScores,
  decision: Decision,
): FoldSummary | null {
  const values = pointsOf(experiment, kind, metric, decision).map(({ y }) => y);
  return values.length === 0 ? null : summariseFolds(values, foldOptions(experiment));
}

/** Folds share training rows, seeds do not: Nadeau and Bengio's correction for the first. */
function foldOptions({ template, variants }: Experiment): { readonly testOverTrain?: number } {
  const k = variants.find(({ fold }) => fold !== null)?.fold?.of;
  return template === 'folds' && k ? { testOverTrain: 1 / (k - 1) } : {};
}

/** What an experiment has found so far, in a sentence or two; null before there is anything to say. */
export function finding(
  experiment: Experiment,
  metric: keyof VariantScores,
  decision: Decision,
): string | null {
  const networks = pointsOf(experiment, 'network', metric, decision);
  if (networks.length === 0) return null;
  const name = metricName(metric);
  if (networks.every(({ y }) => y === 0))
    return `${name} 0.000 everywhere: at this threshold nothing is predicted. Decide at the threshold that is best on validation, or train longer.`;
  if (templateOf(experiment.template).plot === 'repeats') {
    const summary = repeats(experiment, 'network', metric, decision);
    if (!summary) return null;
    const unit = experiment.template === 'folds' ? 'folds' : 'seeds';
    const words = `${name} ${describeFolds(summary, unit)}`;
    return `${words}.${versusReference(experiment, metric, decision)}`;
  }
  if (experiment.template === 'threshold') {
    const steps = networks.map(
      ({ x, y, result }) => `${x} keeps ${plural(result.labels, 'label')} (${formatNumber(y)})`,
    );
    return `${name}: ${steps.join(', ')}. Fewer labels are an easier task: read each beside what predicting nothing scores.`;
  }
  const best = networks.reduce((a, b) => (b.y > a.y ? b : a));
  const worst = networks.reduce((a, b) => (b.y < a.y ? b : a));
  if (networks.length === 1) return `${name} ${formatNumber(best.y)} with ${best.variant.name}.`;
  if (best.y === worst.y) return `${name} ${formatNumber(best.y)} in all of them.`;
  return `${name} is highest with ${best.variant.name} (${formatNumber(best.y)}) and lowest with ${worst.variant.name} (${formatNumber(worst.y)}). One run each: a difference may be the seed's.`;
}

/** Network against reference over the same folds, where there are two or more. */
function versusReference(experiment: Experiment, metric: keyof VariantScores, decision: Decision): string {
  const references = new Map(
    pointsOf(experiment, 'reference', metric, decision).map(({ x, y }) => [x, y] as const),
  );
  const pairs = pointsOf(experiment, 'network', metric, decision).flatMap(({ x, y }) => {
    const other = references.get(x);
    return other === undefined ? [] : [[y, other] as const];
  });
  if (pairs.length < 2) return '';
  const { mean, pValue: p } = compareFolds(
    pairs.map(([a]) => a),
    pairs.map(([, b]) => b),
    foldOptions(experiment),
  );
  const verdict =
    p === null || p > 0.05
      ? 'not distinguishable from TF-IDF at 95 %'
      : mean > 0
        ? 'better than TF-IDF at 95 %'
        : 'worse than TF-IDF at 95 %';
  return ` The network is ${verdict}: difference ${points(mean)} points${p === null ? '' : `, p ${pValue(p)}`} (t-test over the same ${pairs.length} folds, corrected for shared training rows).`;
}

/** Numbers out of `100, 300 500`; null where a word is none, or out of range. */
export function parseNumbers(
  text: string,
  range: { readonly min: number; readonly max: number; readonly isWhole: boolean },
): number[] | null {
  const words = text.split(/[\s,;]+/u).filter((word) => word !== '');
  const numbers = words.map(Number);
  const isFine = (value: number) =>
    value >= range.min && value <= range.max && (!range.isWhole || Number.isInteger(value));
  return numbers.length > 0 && numbers.length <= 50 && numbers.every(isFine) ? numbers : null;
}
