import type { Hyperparameters, LossSettings } from './types.ts';

// What a run's numbers are, in words: a reader must not take one loss for another.

/** The loss that training steps report, as papers name it; `undefined` is what runs from before there was a choice have. */
export function trainingLossName(loss: LossSettings | undefined): string {
  switch (loss?.kind) {
    case undefined:
    case 'bce':
      return 'BCE';
    case 'weighted':
      return loss.weighting === 'inverse-frequency'
        ? 'BCE weighted by 1 / count'
        : 'BCE weighted by effective number';
    case 'focal':
      return 'focal loss';
    case 'asymmetric':
      return 'asymmetric loss';
    case 'cross-entropy':
      return 'cross-entropy';
  }
}

/** How a run's outputs are probabilities: shared by the labels where rows have one each, else each label's own. */
export function probabilityFamily(loss: LossSettings | undefined): 'sigmoid' | 'softmax' {
  return loss?.kind === 'cross-entropy' ? 'softmax' : 'sigmoid';
}

/** The loss that evaluations report: cross-entropy for rows with one label each, else plain BCE, whatever was minimised. */
export function evaluationLossName(loss: LossSettings | undefined): string {
  return loss?.kind === 'cross-entropy' ? 'cross-entropy' : 'BCE';
}

/** What both abbreviations mean, for a tooltip. */
export const lossMeanings: Readonly<Record<string, string>> = {
  BCE: 'Binary cross-entropy, mean over rows and labels: −log of the probability given to each 0/1 answer, in nats.',
  'cross-entropy':
    'Of the softmax over labels, mean over rows: −log of the probability given to the row’s one label, in nats.',
};

/** How outputs of windows became those of a row; null: rows were read in one piece. */
export function poolingWords({
  longTexts,
  segmentLength = 512,
  windowPooling = 'mean',
}: Pick<Hyperparameters, 'longTexts' | 'segmentLength' | 'windowPooling'>): string | null {
  if (longTexts !== 'windows') return null;
  const how = windowPooling === 'max' ? 'label by label the largest' : 'the mean';
  return `log-odds of rows over ${segmentLength} tokens are ${how} of their windows’ log-odds`;
}
