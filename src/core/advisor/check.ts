import { sampleRankCorrelation } from 'simple-statistics';
import { balanceOf, tolerance, type Advice, type Candidate } from './types.ts';

/** A finished run of the threshold ablation. */
export interface AblationRun {
  readonly threshold: number;
  readonly macroF1: number;
}

export interface CheckedRun {
  readonly threshold: number;
  readonly expectedMacroF1: number;
  readonly macroF1: number;
  /** Harmonic mean of the real macro-F1 and the assignment share. */
  readonly balance: number;
  readonly isInRange: boolean;
}

export interface AdviceCheck {
  readonly runs: readonly CheckedRun[];
  /** The run with the best real balance; null without runs. */
  readonly best: CheckedRun | null;
  /** Spearman's correlation of expected and real macro-F1; null below three different thresholds. */
  readonly rankCorrelation: number | null;
  /** Whether a run in the advised range is as good as the best; null where no run lies in the range. */
  readonly holds: boolean | null;
  readonly sentence: string;
}

/** Whether real runs bear the advice out, by the same measure of balance that it was given on. */
export function checkRuns(
  advice: Advice,
  at: (threshold: number) => Candidate,
  runs: readonly AblationRun[],
): AdviceCheck {
  const checked = runs
    .map(({ threshold, macroF1 }): CheckedRun => {
      const { expectedMacroF1, assignmentShare } = at(threshold);
      const isInRange = threshold >= advice.low && threshold <= advice.high;
      return { threshold, expectedMacroF1, macroF1, balance: balanceOf(macroF1, assignmentShare), isInRange };
    })
    .sort((a, b) => a.threshold - b.threshold);
  const first = checked[0];
  if (!first)
    return {
      runs: [],
      best: null,
      rankCorrelation: null,
      holds: null,
      sentence: 'No run of the ablation is finished yet.',
    };
  const best = checked.reduce((a, b) => (b.balance > a.balance ? b : a), first);
  const inRange = checked.filter((run) => run.isInRange);
  const holds =
    inRange.length === 0 ? null : inRange.some((run) => run.balance >= best.balance * (1 - tolerance));
  const isRanked = new Set(checked.map((run) => run.threshold)).size >= 3;
  const correlation = isRanked
    ? sampleRankCorrelation(
        checked.map((run) => run.expectedMacroF1),
        checked.map((run) => run.macroF1),
      )
    : null;
  const span = advice.low === advice.high ? `${advice.low}` : `${advice.low} to ${advice.high}`;
  const verdict =
    holds === null
      ? `No run lies in the advised range (${span}); the best so far is at ${best.threshold}.`
      : holds
        ? `The runs bear the advice out: within ${span} one is as good as the best, at ${best.threshold}.`
        : `The runs speak against the advice: the best is at ${best.threshold}, outside ${span}.`;
  return {
    runs: checked,
    best,
    rankCorrelation: correlation === null || Number.isNaN(correlation) ? null : correlation,
    holds,
    sentence: verdict,
  };
}
