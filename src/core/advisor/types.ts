import type { LabelResult } from '../calibration/learningCurves.ts';

/** What a threshold would keep, and what could be learned of it. */
export interface Candidate {
  readonly threshold: number;
  readonly labelsKept: number;
  /** Of all labels, records and record-label pairs. */
  readonly labelShare: number;
  readonly recordShare: number;
  readonly assignmentShare: number;
  /** Records of the most frequent kept label over those of the rarest. */
  readonly imbalance: number;
  /** Mean over kept labels of the F1 that labels of their support reach. */
  readonly expectedMacroF1: number;
  /** The same for a label that just passes the threshold. */
  readonly expectedRarestF1: number;
  /** Harmonic mean of expected macro-F1 and assignment share: high only where much is kept and kept labels are learned. */
  readonly balance: number;
  /** Whether the rarest kept label has fewer (or more) training rows than any measured one. */
  readonly isExtrapolated: boolean;
}

export interface Advice {
  /**
   * Thresholds whose balance is within `tolerance` of the best, without a gap. Of candidates that keep the same labels the highest stands
   * for all.
   */
  readonly low: number;
  readonly high: number;
  readonly recommended: number;
  readonly evidence: {
    readonly candidates: readonly Candidate[];
    /** Expected F1 over training rows. */
    readonly curve: { readonly support: readonly number[]; readonly f1: readonly number[] };
    /** The measured labels behind it. */
    readonly points: readonly LabelResult[];
    /** Gain in F1 where a label's own support doubles; null where only one share was measured. */
    readonly gainPerDoubling: number | null;
    /** Records a label needs for an expected F1 of 0.7, the audit's bar; null where none was seen to reach it. */
    readonly recordsForAuditF1: number | null;
  };
  /** Whole sentences: the advice first, then why not lower, why not higher, and what weakens it. */
  readonly sentences: readonly string[];
}

/** Below this expected macro-F1 at its best threshold the baseline learned nothing, and has no advice to give. */
export const leastLearned = 0.005;

/** Relative loss of balance that counts as equally good. */
export const tolerance = 0.03;

/** Harmonic mean of a score and a share. */
export function balanceOf(f1: number, share: number): number {
  return f1 + share === 0 ? 0 : (2 * f1 * share) / (f1 + share);
}
