import { formatCount, plural } from '../../base/counts.ts';
import { formatPercent } from '../../base/quantities.ts';
import { leastLearned, type Advice, type Candidate } from './types.ts';

interface Range {
  readonly low: Candidate;
  readonly best: Candidate;
  readonly high: Candidate;
  /** The candidates just outside; null where there is none. */
  readonly below: Candidate | null;
  readonly above: Candidate | null;
}

/** A decimal where the share is small. */
const percent = (share: number) => formatPercent(share, share < 0.1 ? 1 : 0);
const score = (f1: number) => f1.toFixed(2);
const points = (f1: number) => (100 * f1).toFixed(0);

/** The advice, why not lower, why not higher, and what weakens it. */
export function adviceSentences(
  range: Range,
  evidence: Advice['evidence'],
  measuredLabels: number,
): string[] {
  const { low, best, high, below, above } = range;
  if (best.expectedMacroF1 < leastLearned)
    return [
      'The TF-IDF baseline learned none of the measured labels: its expected F1 is 0 at every threshold, so nothing speaks for one over another.',
      'Look at a few texts beside their labels: labels that do not follow from the words cannot be learned by counting words.',
    ];
  const span =
    low === high
      ? `Keep labels with at least ${formatCount(best.threshold)} records`
      : `Keep labels with at least ${formatCount(low.threshold)} to ${formatCount(high.threshold)} records; ${formatCount(best.threshold)} balances best`;
  const sentences = [
    `${span}: ${formatCount(best.labelsKept)} labels and ${percent(best.assignmentShare)} of all label assignments stay ` +
      `(${percent(best.recordShare)} of the records), and labels of that support reach a macro-F1 of about ` +
      `${score(best.expectedMacroF1)} with the TF-IDF baseline.`,
  ];
  if (below)
    sentences.push(
      `At ${formatCount(below.threshold)}, ${formatCount(below.labelsKept - low.labelsKept)} more labels come in for ` +
        `${percent(below.assignmentShare - low.assignmentShare)} of the assignments; the rarest of them reach an F1 of about ${score(below.expectedRarestF1)}.`,
    );
  if (above)
    sentences.push(
      `At ${formatCount(above.threshold)}, ${percent(high.assignmentShare - above.assignmentShare)} of the assignments are lost ` +
        `for ${points(above.expectedMacroF1 - high.expectedMacroF1)} points of macro-F1.`,
    );
  if (evidence.gainPerDoubling !== null)
    sentences.push(
      `Doubling a label’s own records gains ${(100 * evidence.gainPerDoubling).toFixed(1)} points of F1 on average.`,
    );
  if (low.labelShare === 1)
    sentences.push('Every label passes: rarer ones than these records have could not be weighed.');
  if (best.isExtrapolated)
    sentences.push(
      'No measured label is as rare as those at this threshold: measure with a lower one before relying on it.',
    );
  if (measuredLabels < 20)
    sentences.push(
      `Only ${plural(measuredLabels, 'label was', 'labels were')} measured: take the range as a first guess.`,
    );
  return sentences;
}
