import { plural } from '../../base/counts.ts';
import type { Progress } from '../../base/progress.ts';
import {
  bootstrap,
  differenceInterval,
  modelRows,
  scoreInterval,
  type Interval,
  type ResampleOptions,
} from './bootstrap.ts';
import { adjust, type Correction } from './corrections.ts';
import type { MetricName } from './decisionRows.ts';
import { StatisticsError } from './errors.ts';
import { mcnemar, type McNemar } from './mcnemar.ts';
import { approximateRandomisation } from './randomisation.ts';
import { describeDifference, describeMcNemar } from './words.ts';

/** Several models on the same test rows. */
export interface ComparisonInput {
  readonly labels: number;
  /** 0 or 1, row-major `[rows, labels]`. */
  readonly targets: Uint8Array;
  readonly models: readonly { readonly name: string; readonly decisions: Uint8Array }[];
}

export interface ComparisonOptions extends ResampleOptions {
  readonly metrics?: readonly MetricName[];
  /** Default 0.95. */
  readonly confidence?: number;
  /** Over all pairs of models, for each metric by itself. Default Holm. */
  readonly correction?: Correction;
}

/** One pair of models on one metric. */
export interface PairResult {
  readonly first: number;
  readonly second: number;
  readonly metric: MetricName;
  /** First minus second, with its paired bootstrap interval (not adjusted). */
  readonly difference: Interval;
  /** McNemar for subset accuracy of ungrouped rows, approximate randomisation else. */
  readonly test: 'mcnemar' | 'approximate-randomisation';
  readonly mcnemar: McNemar | null;
  readonly pValue: number;
  readonly adjustedP: number;
  /** The adjusted p-value says so and, except for McNemar, the interval too. */
  readonly isDistinguishable: boolean;
  readonly sentence: string;
}

export interface ComparisonReport {
  readonly names: readonly string[];
  readonly metrics: readonly MetricName[];
  /** `[models][metrics]` */
  readonly scores: readonly (readonly Interval[])[];
  readonly pairs: readonly PairResult[];
  readonly correction: Correction;
  /** What the numbers rest on. */
  readonly method: string;
}

/**
 * The statistics of a model comparison: every model's scores with intervals, and every pair with difference, test, adjusted p-value and a
 * sentence. Progress counts resamples over all of its passes. Throws `comparison-shape-mismatch`, `comparison-too-few`,
 * `statistics-option-invalid`, `aborted`.
 */
export async function compareModels(
  input: ComparisonInput,
  options: ComparisonOptions = {},
): Promise<ComparisonReport> {
  const {
    confidence = 0.95,
    correction = 'holm',
    metrics = ['microF1', 'macroF1', 'subsetAccuracy'],
  } = options;
  if (!(confidence > 0 && confidence < 1))
    throw new StatisticsError(
      'statistics-option-invalid',
      `${confidence} is no confidence.`,
      'Use a share between 0 and 1, such as 0.95.',
    );
  const { labels, targets, models } = input;
  const decisions = models.map((model) => model.decisions);
  const pairs = models.flatMap((_, second) =>
    Array.from({ length: second }, (__, first) => [first, second] as const),
  );
  const passes = 1 + pairs.length;
  const pass = (index: number): ResampleOptions => ({
    ...options,
    onProgress: (progress: Progress) =>
      options.onProgress?.({
        ...progress,
        done: index * (progress.total ?? 0) + progress.done,
        total: progress.total === null ? null : passes * progress.total,
      }),
  });

  const samples = await bootstrap({ labels, targets, decisions }, metrics, pass(0));
  const exact = modelRows({ labels, targets, decisions }).map((rows) => rows.exact);
  // McNemar counts rows as independent; where groups say that they are not, swapping whole groups takes its place.
  const isGrouped = (options.groups ?? null) !== null;
  const swappable = metrics.filter((metric) => isGrouped || metric !== 'subsetAccuracy');
  const found: Omit<PairResult, 'adjustedP' | 'isDistinguishable' | 'sentence'>[] = [];
  for (const [index, [first, second]] of pairs.entries()) {
    const randomised = await approximateRandomisation(
      { labels, targets, first: decisions[first] as Uint8Array, second: decisions[second] as Uint8Array },
      swappable,
      pass(index + 1),
    );
    for (const metric of metrics) {
      const difference = differenceInterval(samples, first, second, metric, confidence);
      const swapped = randomised.find((result) => result.metric === metric);
      if (swapped) {
        const { pValue } = swapped;
        found.push({
          first,
          second,
          metric,
          difference,
          test: 'approximate-randomisation',
          mcnemar: null,
          pValue,
        });
      } else {
        const test = mcnemar(exact[first] as Uint8Array, exact[second] as Uint8Array);
        found.push({
          first,
          second,
          metric,
          difference,
          test: 'mcnemar',
          mcnemar: test,
          pValue: test.pValue,
        });
      }
    }
  }

  const adjusted = new Map<object, number>();
  for (const metric of metrics) {
    const family = found.filter((pair) => pair.metric === metric);
    const values = adjust(
      family.map((pair) => pair.pValue),
      correction,
    );
    family.forEach((pair, i) => adjusted.set(pair, values[i] as number));
  }
  return {
    names: models.map((model) => model.name),
    metrics,
    scores: models.map((_, model) =>
      metrics.map((metric) => scoreInterval(samples, model, metric, confidence)),
    ),
    pairs: found.map((pair) => finish(pair, adjusted.get(pair) ?? 1, models, confidence)),
    correction,
    method: methodOf(samples.resamples, isGrouped, correction, pairs.length),
  };
}

function finish(
  pair: Omit<PairResult, 'adjustedP' | 'isDistinguishable' | 'sentence'>,
  adjustedP: number,
  models: ComparisonInput['models'],
  confidence: number,
): PairResult {
  const names = { first: models[pair.first]?.name ?? '', second: models[pair.second]?.name ?? '' };
  const { low, high } = pair.difference;
  const isDistinguishable = adjustedP <= 1 - confidence && (pair.mcnemar !== null || low > 0 || high < 0);
  const sentence = pair.mcnemar
    ? describeMcNemar({ ...pair.mcnemar, pValue: adjustedP }, names, confidence)
    : describeDifference(pair.difference, names, adjustedP);
  return { ...pair, adjustedP, isDistinguishable, sentence };
}

const correctionWords = {
  holm: 'p-values adjusted by Holm’s method',
  'benjamini-hochberg': 'p-values adjusted by Benjamini and Hochberg’s method',
  none: 'p-values not adjusted',
} as const satisfies Record<Correction, string>;

function methodOf(resamples: number, isGrouped: boolean, correction: Correction, pairs: number): string {
  const unit = isGrouped ? 'groups of test rows' : 'test rows';
  const tests = isGrouped
    ? 'approximate randomisation of groups'
    : 'McNemar on subset accuracy, approximate randomisation on the rest';
  return (
    `Intervals: percentiles of ${resamples.toLocaleString('en')} paired bootstrap resamples of ${unit}. ` +
    `Tests: ${tests}; ${correctionWords[correction]} ` +
    `over ${plural(pairs, 'pair')} a metric. They cover the choice of test rows, not the training seed.`
  );
}
