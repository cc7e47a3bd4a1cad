import { VerbenaError } from '../../base/errors.ts';
import type { Evaluator } from '../metrics/evaluator.ts';
import { walkThresholds, type ClassOutputs } from '../metrics/ranking.ts';
import { normalQuantile } from '../statistics/distributions.ts';
import { classProbabilities } from './probabilities.ts';

export class CalibrationError extends VerbenaError<
  'calibration-option-invalid' | 'folds-incomplete' | 'folds-overlap' | 'calibration-shape-mismatch'
> {}

/** Cells whose probability falls into one range, `[low, high)`; the last bin holds 1. */
export interface ReliabilityBin {
  readonly low: number;
  readonly high: number;
  readonly count: number;
  readonly meanProbability: number;
  /** Share of the cells that are true. */
  readonly observed: number;
  /** Wilson's score interval of `observed` at 95 %: how far chance alone moves it. */
  readonly interval: readonly [low: number, high: number];
}

/** How far probabilities can be taken at their word. */
export interface Reliability {
  /** Ascending, without empty ones. */
  readonly bins: readonly ReliabilityBin[];
  readonly count: number;
  /** Share of all cells that are true. */
  readonly baseRate: number;
  /** Mean over cells of |observed - mean probability| of their bin (Naeini et al. 2015), for the probability of the label. */
  readonly expectedError: number;
  /** Largest |observed - mean probability| of a bin. */
  readonly maximumError: number;
  /** Mean of (p - y)². */
  readonly brier: number;
  /** Brier score of always saying the base rate: low by itself where a label is rare. */
  readonly brierOfBaseRate: number;
}

/**
 * `equal-width`: bins of 1/n; nearly all cells of rare labels share the lowest. `equal-mass`: bins of about equally many cells
 * (equal probabilities stay together), which tells more there.
 */
export interface ReliabilityOptions {
  readonly binning?: 'equal-width' | 'equal-mass';
  /** Default 10. */
  readonly bins?: number;
}

/** Reliability of one label's probabilities, or of all cells pooled (null). Throws `calibration-option-invalid`. */
export function reliability(
  evaluator: Evaluator,
  label: number | null,
  options: ReliabilityOptions = {},
): Reliability {
  return reliabilityOf(classProbabilities(evaluator, label), options);
}

/** From ascending probabilities of true and false cells. Throws `calibration-option-invalid`. */
export function reliabilityOf(classes: ClassOutputs, options: ReliabilityOptions = {}): Reliability {
  const { binning = 'equal-width', bins: wanted = 10 } = options;
  if (!Number.isSafeInteger(wanted) || wanted < 1 || wanted > 1000)
    throw new CalibrationError(
      'calibration-option-invalid',
      `${wanted} is no number of bins.`,
      'Use a whole number from 1 to 1,000; 10 or 15 are usual.',
    );
  const count = classes.positives.length + classes.negatives.length;
  const bins = binning === 'equal-width' ? equalWidth(classes, wanted) : equalMass(classes, wanted, count);
  let expectedError = 0;
  let maximumError = 0;
  for (const bin of bins) {
    const gap = Math.abs(bin.observed - bin.meanProbability);
    expectedError += (bin.count / count) * gap;
    maximumError = Math.max(maximumError, gap);
  }
  const baseRate = count === 0 ? 0 : classes.positives.length / count;
  const squares =
    classes.positives.reduce((sum, p) => sum + (1 - p) ** 2, 0) +
    classes.negatives.reduce((sum, p) => sum + p ** 2, 0);
  return {
    bins,
    count,
    baseRate,
    expectedError,
    maximumError,
    brier: count === 0 ? 0 : squares / count,
    brierOfBaseRate: baseRate * (1 - baseRate),
  };
}

function equalWidth({ positives, negatives }: ClassOutputs, n: number): ReliabilityBin[] {
  const counts = new Float64Array(n);
  const truths = new Float64Array(n);
  const sums = new Float64Array(n);
  const add = (p: number, truth: number) => {
    const bin = Math.min(n - 1, Math.floor(p * n));
    counts[bin] = (counts[bin] as number) + 1;
    truths[bin] = (truths[bin] as number) + truth;
    sums[bin] = (sums[bin] as number) + p;
  };
  for (const p of positives) add(p, 1);
  for (const p of negatives) add(p, 0);
  const bins: ReliabilityBin[] = [];
  for (let i = 0; i < n; i++)
    if ((counts[i] as number) > 0)
      bins.push(makeBin(i / n, (i + 1) / n, counts[i] as number, truths[i] as number, sums[i] as number));
  return bins;
}

/** Borders lie half-way between neighbours. */
function equalMass(classes: ClassOutputs, n: number, count: number): ReliabilityBin[] {
  const bins: ReliabilityBin[] = [];
  let closed = { cells: 0, truths: 0, border: 1 };
  let sum = 0;
  let last: { p: number; cells: number; truths: number } | null = null;
  const close = (border: number) => {
    if (!last) return;
    const { cells, truths } = last;
    bins.push(makeBin(border, closed.border, cells - closed.cells, truths - closed.truths, sum));
    closed = { cells, truths, border };
    sum = 0;
  };
  walkThresholds(classes, (p, truths, falses) => {
    const cells = truths + falses;
    // From the top down: the bin ends here, or with this probability, whichever is nearer to a whole number of shares.
    const end = (Math.round((closed.cells * n) / count) + 1) * (count / n);
    if (last && last.cells > closed.cells && cells - end > end - last.cells) close((p + last.p) / 2);
    sum += p * (cells - (last?.cells ?? 0));
    last = { p, cells, truths };
  });
  close(0);
  return bins.reverse();
}

const z = normalQuantile(0.975);

function makeBin(low: number, high: number, count: number, truths: number, sum: number): ReliabilityBin {
  const observed = truths / count;
  const center = (observed + (z * z) / (2 * count)) / (1 + (z * z) / count);
  const half =
    (z / (1 + (z * z) / count)) * Math.sqrt((observed * (1 - observed)) / count + (z / (2 * count)) ** 2);
  const interval = [Math.max(0, center - half), Math.min(1, center + half)] as const;
  return { low, high, count, meanProbability: sum / count, observed, interval };
}
