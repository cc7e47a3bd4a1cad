import { random } from '../../base/random.ts';
import type { TaskOptions } from '../../base/progress.ts';
import { inSteps, type Steps } from '../../base/steps.ts';
import {
  addRows,
  clearTally,
  createTally,
  decisionRows,
  metrics,
  rowUnits,
  tallyAll,
  type DecisionRows,
  type MetricName,
  type ModelDecisions,
} from './decisionRows.ts';
import { quantile } from './distributions.ts';
import { StatisticsError } from './errors.ts';

export interface ResampleOptions extends TaskOptions {
  /** Default 10,000. */
  readonly resamples?: number;
  readonly seed?: number;
  /**
   * Group of each row, `[rows]`: rows of one group (the steps of one article) are drawn together, because they are not
   * independent evidence. Default: each row for itself.
   */
  readonly groups?: ArrayLike<number> | null;
}

/** Scores of every model on the same resampled rows: differences of one index are paired. Plain data, to be sent or kept. */
export interface Bootstrap {
  readonly metrics: readonly MetricName[];
  readonly resamples: number;
  /** On the rows as they are, `[models][metrics]`. */
  readonly estimates: readonly (readonly number[])[];
  /** `[models][metrics]`, each `[resamples]`. */
  readonly samples: readonly (readonly Float64Array[])[];
}

/**
 * Paired bootstrap over test rows (Efron 1979; for paired systems Koehn 2004): rows are drawn with replacement and every
 * model is scored on the same draw. It says how much a score owes to the choice of test rows, not to the training seed. A label
 * without positives in a draw has F1 0, as everywhere: with very rare labels macro-F1's samples lie a little low, in all models.
 * Reports `resamples` as rows of progress. Throws `comparison-shape-mismatch`, `comparison-too-few`, `statistics-option-invalid`, `aborted`.
 */
export async function bootstrap(
  input: ModelDecisions,
  names: readonly MetricName[],
  options: ResampleOptions = {},
): Promise<Bootstrap> {
  const resamples = checkResamples(options.resamples);
  const models = modelRows(input);
  const rows = models[0]?.rows ?? 0;
  if (rows === 0)
    throw new StatisticsError(
      'comparison-too-few',
      'There are no rows to draw from.',
      'Evaluate on at least one row, with at least one model.',
    );
  const units = rowUnits(rows, options.groups ?? null);
  const samples = models.map(() => names.map(() => new Float64Array(resamples)));
  const steps = resample(models, units, names, samples, resamples, options.seed ?? 0);
  await inSteps('Resampling', resamples, steps, options);
  const estimates = models.map((model) => {
    const tally = tallyAll(model);
    return names.map((name) => metrics[name](tally));
  });
  return { metrics: names, resamples, estimates, samples };
}

function* resample(
  models: readonly DecisionRows[],
  units: readonly Uint32Array[],
  names: readonly MetricName[],
  samples: readonly (readonly Float64Array[])[],
  resamples: number,
  seed: number,
): Steps<void> {
  const times = new Uint32Array(models[0]?.rows ?? 0);
  const tally = createTally(models[0]?.labels ?? 0);
  for (let sample = 0; sample < resamples; sample++) {
    if (sample % 16 === 0) yield sample;
    // A stream for each sample: the result does not depend on how the work is cut.
    const stream = random(seed, 0x626f6f74, sample);
    times.fill(0);
    for (let draw = 0; draw < units.length; draw++) {
      const members = units[stream.integer(units.length)] as Uint32Array;
      for (let i = 0; i < members.length; i++) {
        const row = members[i] as number;
        times[row] = (times[row] as number) + 1;
      }
    }
    models.forEach((model, m) => {
      clearTally(tally);
      addRows(tally, model, times);
      samples[m]?.forEach((values, k) => (values[sample] = metrics[names[k] as MetricName](tally)));
    });
  }
}

/** A score, or a difference of two, with its percentile interval. Shares, not points. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
}

/** The percentile interval of one model's score. */
export function scoreInterval(
  result: Bootstrap,
  model: number,
  metric: MetricName,
  confidence = 0.95,
): Interval {
  const k = metricIndex(result, metric);
  const estimate = result.estimates[model]?.[k] ?? Number.NaN;
  return percentileInterval(estimate, result.samples[model]?.[k] ?? new Float64Array(), confidence);
}

/** The percentile interval of `first - second`, resample by resample. */
export function differenceInterval(
  result: Bootstrap,
  first: number,
  second: number,
  metric: MetricName,
  confidence = 0.95,
): Interval {
  const k = metricIndex(result, metric);
  const a = result.samples[first]?.[k] ?? new Float64Array();
  const b = result.samples[second]?.[k] ?? new Float64Array();
  const estimate =
    (result.estimates[first]?.[k] ?? Number.NaN) - (result.estimates[second]?.[k] ?? Number.NaN);
  return percentileInterval(
    estimate,
    a.map((value, i) => value - (b[i] as number)),
    confidence,
  );
}

function percentileInterval(estimate: number, samples: Float64Array, confidence: number): Interval {
  const sorted = samples.slice().sort();
  const tail = (1 - confidence) / 2;
  return { estimate, low: quantile(sorted, tail), high: quantile(sorted, 1 - tail), confidence };
}

function metricIndex(result: Bootstrap, metric: MetricName): number {
  const k = result.metrics.indexOf(metric);
  if (k < 0)
    throw new StatisticsError(
      'statistics-option-invalid',
      `${metric} was not resampled.`,
      `Ask for one of ${result.metrics.join(', ')}, or resample again with it.`,
    );
  return k;
}

/** Row statistics of every model. Throws `comparison-shape-mismatch`. */
export function modelRows({ labels, targets, decisions }: ModelDecisions): DecisionRows[] {
  return decisions.map((of) => decisionRows(targets, of, labels));
}

/** A number of resamples or trials; default 10,000. Throws `statistics-option-invalid`. */
export function checkResamples(resamples = 10_000): number {
  if (Number.isSafeInteger(resamples) && resamples >= 1 && resamples <= 1_000_000) return resamples;
  throw new StatisticsError(
    'statistics-option-invalid',
    `${resamples} is no number of resamples.`,
    'Use a whole number from 1 to 1,000,000; 10,000 is usual.',
  );
}
