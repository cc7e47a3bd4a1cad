import { mean, sampleStandardDeviation } from 'simple-statistics';
import { studentQuantile, studentTwoSided } from './distributions.ts';
import { StatisticsError } from './errors.ts';

/** One score over the folds of a cross-validation, or over seeds. */
export interface FoldSummary {
  readonly values: readonly number[];
  readonly mean: number;
  /** Sample standard deviation (n - 1); null for one value. */
  readonly standardDeviation: number | null;
  /** Student's t interval of the mean; null for one value. */
  readonly interval: { readonly low: number; readonly high: number; readonly confidence: number } | null;
}

export interface FoldOptions {
  /** Default 0.95. */
  readonly confidence?: number;
  /**
   * Rows tested over rows trained on in each fold, 1 / (k - 1) in k-fold cross-validation. Given, the variance of the mean is
   * s² (1/n + ratio), Nadeau and Bengio's correction (2003): folds share training rows, so that s²/n is too small. Leave it out
   * for independent runs, as of several seeds.
   */
  readonly testOverTrain?: number;
}

/** Mean, deviation and t interval of folds. Throws `comparison-too-few` without values. */
export function summariseFolds(values: readonly number[], options: FoldOptions = {}): FoldSummary {
  const { confidence = 0.95, testOverTrain = 0 } = options;
  if (values.length === 0)
    throw new StatisticsError('comparison-too-few', 'No fold has a score yet.', 'Wait for the first fold.');
  const center = mean([...values]);
  if (values.length === 1) return { values, mean: center, standardDeviation: null, interval: null };
  const deviation = sampleStandardDeviation([...values]);
  const half =
    studentQuantile(confidence, values.length - 1) * deviation * Math.sqrt(1 / values.length + testOverTrain);
  return {
    values,
    mean: center,
    standardDeviation: deviation,
    interval: { low: center - half, high: center + half, confidence },
  };
}

export interface FoldComparison extends FoldSummary {
  /** t = mean / its standard error, with n - 1 degrees of freedom; null where all differences are equal or there is one. */
  readonly t: number | null;
  /** Two-sided; null with `t`, but 1 where all differences are 0. */
  readonly pValue: number | null;
}

/**
 * Paired t-test of two models over the same folds; with `testOverTrain`, Nadeau and Bengio's corrected one. Throws
 * `comparison-shape-mismatch`, `comparison-too-few`.
 */
export function compareFolds(
  first: readonly number[],
  second: readonly number[],
  options: FoldOptions = {},
): FoldComparison {
  if (first.length !== second.length)
    throw new StatisticsError(
      'comparison-shape-mismatch',
      `${first.length} folds of one model and ${second.length} of the other.`,
      'Compare models on the same folds.',
    );
  const summary = summariseFolds(
    first.map((value, i) => value - (second[i] as number)),
    options,
  );
  const { standardDeviation, values } = summary;
  if (standardDeviation === null || standardDeviation === 0)
    return { ...summary, t: null, pValue: standardDeviation === 0 && summary.mean === 0 ? 1 : null };
  const t = summary.mean / (standardDeviation * Math.sqrt(1 / values.length + (options.testOverTrain ?? 0)));
  return { ...summary, t, pValue: studentTwoSided(t, values.length - 1) };
}
