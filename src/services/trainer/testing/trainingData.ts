import type { TrainingRows } from '../../../training/types.ts';
import type { TrainingData } from '../contract.ts';

/** Rows as the trainer's contract has them, none of them cut. */
export function trainingDataOf(rows: TrainingRows): TrainingData {
  const { offsets } = rows.tokens;
  return {
    ...rows,
    dataHash: 'da7a',
    tokens: {
      ...rows.tokens,
      hash: '70ce',
      maxLength: 32,
      cleaning: { removeSpecialCharacters: true, removeStopWords: false, lemmatise: true, lowercase: false },
      fullLengths: Uint32Array.from(
        rows.tokens.rowIds,
        (_, i) => (offsets[i + 1] as number) - (offsets[i] as number),
      ),
    },
  };
}
