import { chiSquaredTail, fairCoinsAtMost } from './distributions.ts';

/** McNemar's test on rows that exactly one of two models gets right. */
export interface McNemar {
  /** Rows that only the first, only the second model gets right. */
  readonly onlyFirst: number;
  readonly onlySecond: number;
  /** Two-sided. */
  readonly pValue: number;
  /** Exact below 25 discordant rows, where chi-squared is a poor fit; else with Edwards' continuity correction. */
  readonly method: 'exact-binomial' | 'chi-squared-corrected';
  /** Chi-squared with one degree of freedom; null for the exact test. */
  readonly statistic: number | null;
}

/** Discordant rows from which on chi-squared is used. */
const exactBelow = 25;

/** From counts of discordant rows; equal to `statsmodels.stats.contingency_tables.mcnemar`. No discordant row: p = 1. */
export function mcnemarCounts(onlyFirst: number, onlySecond: number): McNemar {
  const discordant = onlyFirst + onlySecond;
  const counts = { onlyFirst, onlySecond };
  if (discordant < exactBelow) {
    const pValue = Math.min(1, 2 * fairCoinsAtMost(Math.min(onlyFirst, onlySecond), discordant));
    return { ...counts, pValue, method: 'exact-binomial', statistic: null };
  }
  const statistic = Math.max(0, Math.abs(onlyFirst - onlySecond) - 1) ** 2 / discordant;
  return { ...counts, pValue: chiSquaredTail(statistic), method: 'chi-squared-corrected', statistic };
}

/** From which rows each model gets right (0 or 1, `[rows]` both). */
export function mcnemar(firstRight: ArrayLike<number>, secondRight: ArrayLike<number>): McNemar {
  let onlyFirst = 0;
  let onlySecond = 0;
  for (let row = 0; row < firstRight.length; row++) {
    if (firstRight[row] && !secondRight[row]) onlyFirst++;
    else if (!firstRight[row] && secondRight[row]) onlySecond++;
  }
  return mcnemarCounts(onlyFirst, onlySecond);
}
