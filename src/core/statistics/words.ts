import { plural } from '../../base/counts.ts';
import { significant } from '../../base/quantities.ts';
import type { Interval } from './bootstrap.ts';
import type { FoldSummary } from './folds.ts';
import type { McNemar } from './mcnemar.ts';

/** A share as points of a hundred with one decimal and a true minus sign; never "−0.0". */
export function points(share: number): string {
  const rounded = (100 * share).toFixed(1);
  return (Number(rounded) === 0 ? '0.0' : rounded).replace('-', '−');
}

/** `95 %`, `99.5 %`: a confidence is a round number, and is written as one. */
function confidenceWords(confidence: number): string {
  return `${significant(100 * confidence, 3)} %`;
}

/** Whether an interval of a difference leaves 0 out. */
export function isDistinguishable({ low, high }: Pick<Interval, 'low' | 'high'>): boolean {
  return low > 0 || high < 0;
}

/**
 * "not distinguishable at 95 %: difference 0.8 points, interval −0.4 to 2.1", or who is better and by how much. `adjustedP`: a
 * p-value adjusted for all comparisons; where it does not support the interval, the sentence says so and claims nothing.
 */
export function describeDifference(
  difference: Interval,
  names: { readonly first: string; readonly second: string },
  adjustedP: number | null = null,
): string {
  const { estimate, low, high, confidence } = difference;
  const level = confidenceWords(confidence);
  const measured = (by: number, from: number, to: number) =>
    `difference ${points(by)} points, interval ${points(from)} to ${points(to)}`;
  const numbers = measured(estimate, low, high);
  if (!isDistinguishable(difference)) return `not distinguishable at ${level}: ${numbers}`;
  if (adjustedP !== null && adjustedP > 1 - confidence)
    return `not distinguishable at ${level} once all comparisons are counted (p ${pValue(adjustedP)}): ${numbers}`;
  if (low > 0) return `${names.first} is better than ${names.second} at ${level}: ${numbers}`;
  return `${names.second} is better than ${names.first} at ${level}: ${measured(-estimate, -high, -low)}`;
}

/** A p-value as papers print it: "= 0.032", "< 0.001". */
export function pValue(p: number): string {
  if (p < 0.001) return '< 0.001';
  return `= ${p.toFixed(p < 0.1 ? 3 : 2)}`;
}

/** What McNemar's test found on subset accuracy, and which form of it was used. */
export function describeMcNemar(
  test: McNemar,
  names: { readonly first: string; readonly second: string },
  confidence = 0.95,
): string {
  const { onlyFirst, onlySecond } = test;
  const how =
    test.method === 'exact-binomial' ? 'exact binomial test' : 'chi-squared with continuity correction';
  const counts = `${names.first} alone gets ${plural(onlyFirst, 'row')} wholly right, ${names.second} alone ${onlySecond}`;
  const verdict =
    test.pValue > 1 - confidence
      ? `not distinguishable at ${confidenceWords(confidence)}`
      : `${onlyFirst > onlySecond ? names.first : names.second} is better at ${confidenceWords(confidence)}`;
  return `${verdict}: ${counts} (McNemar, ${how}, p ${pValue(test.pValue)})`;
}

/** "71.2 ± 1.4 over 5 folds (95 %: 69.5 to 72.9)", in points. */
export function describeFolds(summary: FoldSummary, unit: 'folds' | 'seeds' = 'folds'): string {
  const { values, standardDeviation, interval } = summary;
  if (standardDeviation === null || interval === null)
    return `${points(summary.mean)} from one ${unit.slice(0, -1)}: no deviation yet`;
  return (
    `${points(summary.mean)} ± ${points(standardDeviation)} over ${values.length} ${unit} ` +
    `(${confidenceWords(interval.confidence)}: ${points(interval.low)} to ${points(interval.high)})`
  );
}
