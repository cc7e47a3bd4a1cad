import { sigmoid } from '../metrics/evaluator.ts';
import { CalibrationError } from './reliability.ts';

/** Logits of one fold's held-out rows, from a model that has not seen them. */
export interface FoldLogits {
  /** Row positions, in the order of the logits. */
  readonly rows: ArrayLike<number>;
  /** Row-major `[rows, labels]`. */
  readonly logits: Float32Array | Float64Array;
}

/**
 * The folds' logits put together as probabilities `[rowCount, labels]`: every row judged by a model that did not train on it.
 * Throws `calibration-shape-mismatch`, `folds-overlap`, `folds-incomplete`.
 */
export function gatherOutOfFold(
  folds: readonly FoldLogits[],
  rowCount: number,
  labels: number,
): Float64Array {
  const probabilities = new Float64Array(rowCount * labels);
  const isSeen = new Uint8Array(rowCount);
  for (const [index, { rows, logits }] of folds.entries()) {
    if (logits.length !== rows.length * labels)
      throw new CalibrationError(
        'calibration-shape-mismatch',
        `Fold ${index + 1} has ${logits.length} logits for ${rows.length} rows of ${labels} labels.`,
        'Run this fold again: its data does not belong together.',
      );
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i] as number;
      if (!(row < rowCount) || isSeen[row])
        throw new CalibrationError(
          'folds-overlap',
          row < rowCount ? `Row ${row} is held out twice.` : `Row ${row} is not among the ${rowCount} rows.`,
          'Use the folds of one cross-validation over these rows.',
          { row },
        );
      isSeen[row] = 1;
      for (let label = 0; label < labels; label++)
        probabilities[row * labels + label] = sigmoid(logits[i * labels + label] as number);
    }
  }
  const missing = isSeen.indexOf(0);
  if (missing >= 0)
    throw new CalibrationError(
      'folds-incomplete',
      `${isSeen.reduce((sum, seen) => sum - seen, rowCount)} rows are in no fold, the first is row ${missing}.`,
      'Finish the remaining folds first.',
      { missing },
    );
  return probabilities;
}
