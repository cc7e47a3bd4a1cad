import { precisionRecallF1, ratio } from './decisions.ts';
import type { Evaluator } from './evaluator.ts';
import { walkThresholds } from './ranking.ts';

export interface TunedThresholds {
  /** Probability thresholds, `[labels]`. */
  readonly thresholds: Float64Array;
  /** F1 of each label on the rows it was tuned on: optimistic, by design. */
  readonly f1: Float64Array;
  /** Labels left at the default for want of positives. */
  readonly leftAtDefault: readonly number[];
}

/**
 * The threshold of each label that maximises its F1 on these rows: tune on validation, report on test. A threshold lies half-way
 * (in probability) between two outputs; of equal ones the nearest to `fallback` wins. Labels with fewer than `minimumSupport`
 * positives keep `fallback`, as a threshold fitted to two rows is noise.
 */
export function tuneThresholds(evaluator: Evaluator, fallback = 0.5, minimumSupport = 3): TunedThresholds {
  const labels = evaluator.labels.length;
  const thresholds = new Float64Array(labels).fill(fallback);
  const f1 = new Float64Array(labels);
  const leftAtDefault: number[] = [];
  const current = evaluator.at(fallback).perLabel;
  for (let label = 0; label < labels; label++) {
    const support = evaluator.support[label] as number;
    f1[label] = current[label]?.f1 ?? 0;
    if (support < minimumSupport) {
      leftAtDefault.push(label);
      continue;
    }
    let best = Number.NEGATIVE_INFINITY;
    let pending: { high: number; f1: number } | null = null;
    const consider = (high: number, low: number, score: number) => {
      const threshold = nearestBetween(low, high, fallback);
      const better =
        score > best + 1e-12 ||
        (score > best - 1e-12 &&
          Math.abs(threshold - fallback) < Math.abs((thresholds[label] as number) - fallback));
      if (!better) return;
      best = Math.max(best, score);
      thresholds[label] = threshold;
      f1[label] = score;
    };
    walkThresholds(evaluator.labelOutputs(label), (output, truePositives, falsePositives) => {
      const probability = evaluator.toProbability(output);
      if (pending) consider(pending.high, probability, pending.f1);
      pending = { high: probability, f1: (2 * truePositives) / (truePositives + falsePositives + support) };
    });
    const last = pending as { high: number; f1: number } | null;
    if (last) consider(last.high, 0, last.f1);
  }
  return { thresholds, f1, leftAtDefault };
}

/** A threshold that predicts `high` but not `low`: `wish` where it lies between, else half-way. */
function nearestBetween(low: number, high: number, wish: number): number {
  return wish > low && wish <= high ? wish : (low + high) / 2;
}

/** Scores along a grid of global thresholds, for the threshold plot. */
export interface ThresholdCurve {
  readonly thresholds: Float64Array;
  readonly microF1: Float64Array;
  readonly macroF1: Float64Array;
  readonly microPrecision: Float64Array;
  readonly microRecall: Float64Array;
}

/** Evaluates `points` global thresholds spread evenly inside (0, 1), 0.5 among them when `points` is odd. */
export function thresholdCurve(evaluator: Evaluator, points = 39): ThresholdCurve {
  const make = () => new Float64Array(points);
  const curve = {
    thresholds: make(),
    microF1: make(),
    macroF1: make(),
    microPrecision: make(),
    microRecall: make(),
  };
  curve.thresholds.forEach((_, i) => (curve.thresholds[i] = (i + 1) / (points + 1)));
  const labels = evaluator.labels.length;
  const { predicted, truePositives } = evaluator.countAt(curve.thresholds);
  const { support } = evaluator;
  const truth = support.reduce((a, b) => a + b, 0);
  for (let i = 0; i < points; i++) {
    let positive = 0;
    let both = 0;
    let f1 = 0;
    for (let label = 0, at = i * labels; label < labels; label++, at++) {
      const m = predicted[at] as number;
      const k = truePositives[at] as number;
      positive += m;
      both += k;
      f1 += ratio(2 * k, m + (support[label] as number));
    }
    const micro = precisionRecallF1(both, positive, truth);
    curve.microF1[i] = micro.f1;
    curve.macroF1[i] = ratio(f1, labels);
    curve.microPrecision[i] = micro.precision;
    curve.microRecall[i] = micro.recall;
  }
  return curve;
}

/** The point of a curve where a score is highest. */
export function bestGlobalThreshold(curve: ThresholdCurve, score: 'microF1' | 'macroF1' = 'microF1'): number {
  const values = curve[score];
  let best = 0;
  values.forEach((value, i) => {
    if (value > (values[best] as number)) best = i;
  });
  return curve.thresholds[best] ?? 0.5;
}
