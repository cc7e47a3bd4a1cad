import { planEncoding } from '../core/encodings/plan.ts';
import type { EncodingPlan } from '../core/encodings/types.ts';
import type { Hyperparameters, TrainingRows } from './types.ts';

/** The settings' encoding for these rows; absent: binary relevance. A resumed run gets the same. Throws `encoding-cycle`. */
export function encodingOf(
  { encoding }: Pick<Hyperparameters, 'encoding'>,
  { labels, split, targetOffsets, targetIds }: TrainingRows,
  seed: number,
): EncodingPlan | undefined {
  if (encoding === undefined || encoding.kind === 'binary-relevance') return undefined;
  return planEncoding(encoding, { labels, train: split.train, targetOffsets, targetIds }, seed);
}
