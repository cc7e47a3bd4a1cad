import { crossEntropyLoss, plainLoss, type ClassificationLoss } from '../models/loss.ts';
import type { LossSettings, TrainingRows } from './types.ts';

/** Cui et al.'s (2019) choice for data sets of thousands of rows. */
export const defaultBeta = 0.999;

/**
 * Weights of true cells from the number of training rows that have each label, `[labels]`, with mean 1 over labels (as Cui et al.
 * normalise theirs): inverse frequency `1 / n`, or the effective number `(1 - beta) / (1 - beta^n)`. A label without a
 * training row counts as having one.
 */
export function positiveWeights(
  { weighting, beta = defaultBeta }: Extract<LossSettings, { readonly kind: 'weighted' }>,
  counts: ArrayLike<number>,
): Float32Array {
  const raw = Float64Array.from({ length: counts.length }, (_, label) => {
    const n = Math.max(1, counts[label] as number);
    // expm1 and log1p: for beta near 1 both differences lose their digits.
    return weighting === 'inverse-frequency' || beta === 1
      ? 1 / n
      : beta === 0
        ? 1
        : (1 - beta) / -Math.expm1(n * Math.log1p(beta - 1));
  });
  const mean = raw.reduce((a, b) => a + b, 0) / raw.length;
  return Float32Array.from(raw, (weight) => weight / mean);
}

/** Training rows that have each label, `[labels]`. */
export function trainCounts({ split, labels, targetOffsets, targetIds }: TrainingRows): Uint32Array {
  const counts = new Uint32Array(labels.length);
  for (const row of split.train)
    for (let i = targetOffsets[row] as number; i < (targetOffsets[row + 1] as number); i++) {
      const label = targetIds[i] as number;
      counts[label] = (counts[label] as number) + 1;
    }
  return counts;
}

/** The settings' loss for these training rows: what the model is built with. A resumed run gets the same. */
export function lossOf(settings: LossSettings | undefined, rows: TrainingRows): ClassificationLoss {
  if (settings === undefined || settings.kind === 'bce') return plainLoss;
  if (settings.kind === 'cross-entropy') return crossEntropyLoss;
  if (settings.kind === 'weighted')
    return { shape: plainLoss.shape, positiveWeights: positiveWeights(settings, trainCounts(rows)) };
  return { shape: settings, positiveWeights: null };
}

/** Whether every number of the settings is in its range. */
export function isLossPossible(settings: LossSettings | undefined): boolean {
  const isGamma = (value: number) => value >= 0 && value <= 20;
  const isShare = (value: number) => value >= 0 && value < 1;
  switch (settings?.kind) {
    case undefined:
    case 'bce':
    case 'cross-entropy':
      return true;
    case 'weighted':
      return (
        ['inverse-frequency', 'effective-number'].includes(settings.weighting) &&
        isShare(settings.beta ?? defaultBeta)
      );
    case 'focal':
      return (
        isGamma(settings.gamma) && (settings.alpha === null || (settings.alpha > 0 && settings.alpha < 1))
      );
    case 'asymmetric':
      return isGamma(settings.gammaPositive) && isGamma(settings.gammaNegative) && isShare(settings.clip);
    default:
      return false;
  }
}
