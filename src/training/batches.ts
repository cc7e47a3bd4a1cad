import type { BatchCapacity } from '../models/family.ts';
import type { PackedBatch } from '../models/trainable.ts';
import { TrainingError } from './errors.ts';
import { longestPiece, segmentLengthOf } from './hyperparameters.ts';
import type { PackingLimits } from './packing.ts';
import type { Hyperparameters, TrainingRows } from './types.ts';

/** The most that a run's micro-batches hold, in training and evaluation alike. */
export function capacityOf(h: Hyperparameters): BatchCapacity {
  const { budgetTokens, batchSize, maxLength } = h;
  const segment = segmentLengthOf(h);
  return {
    tokens: budgetTokens,
    // Evaluation has no batch size: a small training batch must not make it crawl.
    sequences: Math.max(64, batchSize),
    maxLength: longestPiece(h),
    // Without a longer text there is nothing to remember.
    ...(h.longTexts === 'recurrence' && segment !== null && segment < maxLength
      ? { memoryLength: segment }
      : {}),
  };
}

/** What packing may put into a micro-batch of a capacity. */
export function limitsOf({ tokens, sequences, maxLength, memoryLength }: BatchCapacity): PackingLimits {
  return {
    budgetTokens: tokens,
    maxSequences: sequences,
    ...(memoryLength === undefined ? {} : { longestPiece: maxLength }),
  };
}

/**
 * Tokens that an optimizer step holds at most, whatever the seed: those of the longest training rows, of which no more counts than one
 * pass reads.
 */
export function longestStep(h: Hyperparameters, data: Pick<TrainingRows, 'tokens' | 'split'>): number {
  const { offsets } = data.tokens;
  const longest = longestPiece(h);
  const rowsOfLength = new Uint32Array(longest + 1);
  for (const row of data.split.train) {
    const length = Math.min(longest, (offsets[row + 1] as number) - (offsets[row] as number));
    rowsOfLength[length] = (rowsOfLength[length] as number) + 1;
  }
  let left = h.batchSize;
  let tokens = 0;
  for (let length = longest; length > 0 && left > 0; length--) {
    const taken = Math.min(left, rowsOfLength[length] as number);
    tokens += taken * length;
    left -= taken;
  }
  return tokens;
}

/**
 * Lays token-table rows end to end. With `withTargets`, targets are 0 or 1, `[B, L]`. `pieceOf`: the part of a row that is read; default:
 * all of it.
 */
export function packBatch(
  data: TrainingRows,
  rows: readonly number[],
  segmentIds: (ids: Int32Array) => Int32Array,
  withTargets: boolean,
  pieceOf = (row: number) =>
    data.tokens.ids.subarray(data.tokens.offsets[row] as number, data.tokens.offsets[row + 1] as number),
): PackedBatch {
  const packed = packSequences(rows.map(pieceOf), segmentIds);
  return withTargets ? { ...packed, targets: denseTargets(data, rows, Float32Array) } : packed;
}

/** Lays sequences end to end, without targets. */
export function packSequences(
  sequences: readonly Int32Array[],
  segmentIds: (ids: Int32Array) => Int32Array,
): PackedBatch {
  const offsets = new Uint32Array(sequences.length + 1);
  for (const [b, { length }] of sequences.entries()) offsets[b + 1] = (offsets[b] as number) + length;
  const total = offsets[sequences.length] as number;
  const ids = new Int32Array(total);
  const segments = new Int32Array(total);
  for (const [b, sequence] of sequences.entries()) {
    ids.set(sequence, offsets[b] as number);
    segments.set(segmentIds(sequence), offsets[b] as number);
  }
  return { ids, segments, offsets, targets: null };
}

/** Targets of rows as 0 or 1, row-major `[rows, labels]`. */
export function denseTargets<T extends Float32Array | Uint8Array>(
  data: TrainingRows,
  rows: ArrayLike<number>,
  Type: new (length: number) => T,
): T {
  const labelCount = data.labels.length;
  const targets = new Type(rows.length * labelCount);
  for (let b = 0; b < rows.length; b++) {
    const row = rows[b] as number;
    const end = data.targetOffsets[row + 1] as number;
    for (let k = data.targetOffsets[row] as number; k < end; k++)
      targets[b * labelCount + (data.targetIds[k] as number)] = 1;
  }
  return targets;
}

/**
 * Holds data against the settings before a run is written anywhere. Throws `no-training-rows`,
 * `training-data-invalid` (lengths that disagree, rows or labels out of range, empty rows), `rows-exceed-length`.
 */
export function assertTrainingRows(data: TrainingRows, maxLength: number): void {
  const { tokens, split, labels, targetOffsets, targetIds } = data;
  const rowCount = tokens.offsets.length - 1;
  if (split.train.length === 0)
    throw new TrainingError(
      'no-training-rows',
      'The training part of the split is empty.',
      'Lower the label threshold or give training a larger share of the split.',
    );
  if (labels.length === 0)
    throw invalid('no label is kept', 'Lower the label threshold until at least one label is kept.');
  if (rowCount < 0 || tokens.rowIds.length !== rowCount || targetOffsets.length !== rowCount + 1)
    throw invalid(
      `${rowCount} token rows, ${tokens.rowIds.length} row ids and ${targetOffsets.length - 1} target rows do not agree`,
    );
  if (tokens.offsets[rowCount] !== tokens.ids.length || targetOffsets[rowCount] !== targetIds.length)
    throw invalid('the row offsets do not end where the tokens or targets end');
  for (let k = 0; k < targetIds.length; k++)
    if ((targetIds[k] as number) >= labels.length) throw invalid(`target ${targetIds[k]} names no label`);
  for (const part of [split.train, split.validation, split.test])
    for (const row of part) {
      if (row >= rowCount) throw invalid(`the split names row ${row} of ${rowCount}`);
      const length = (tokens.offsets[row + 1] as number) - (tokens.offsets[row] as number);
      if (!(length > 0)) throw invalid(`row ${row} has no tokens`);
      if (length > maxLength)
        throw new TrainingError(
          'rows-exceed-length',
          `A row of ${length} tokens is longer than the maximum length of ${maxLength}.`,
          `Run the text cell again with the maximum length of ${maxLength}, or raise it here to ${length}.`,
          { row, length, maxLength },
        );
    }
}

/** Whether every row of the split has exactly one of at least two labels, which cross-entropy needs. Throws `targets-not-single`. */
export function assertSingleLabels({ split, labels, targetOffsets, tokens }: TrainingRows): void {
  const refuse = (problem: string, details: Readonly<Record<string, unknown>>) =>
    new TrainingError(
      'targets-not-single',
      `Cross-entropy cannot train on these rows: ${problem}.`,
      'Choose binary cross-entropy, or keep only rows with exactly one of at least two labels.',
      details,
    );
  if (labels.length < 2) throw refuse(`there is ${labels.length} label`, { labels: labels.length });
  for (const part of [split.train, split.validation, split.test])
    for (const row of part) {
      const count = (targetOffsets[row + 1] as number) - (targetOffsets[row] as number);
      const rowId = tokens.rowIds[row];
      if (count !== 1) throw refuse(`row ${rowId} has ${count} labels, not one`, { row: rowId, count });
    }
}

/**
 * Holds token ids against a model's vocabulary: an id beyond it would read another tensor's memory. Throws
 * `training-data-invalid`.
 */
export function assertVocabulary(ids: Int32Array, vocabularySize: number): void {
  const foreign = ids.find((id) => id < 0 || id >= vocabularySize);
  if (foreign !== undefined)
    throw invalid(
      `token id ${foreign} is not among the model’s ${vocabularySize} tokens`,
      'Tokenise the texts again with this model’s own tokenizer (the text cell).',
    );
}

function invalid(
  problem: string,
  remedy = 'Run the text and split cells again, then start the run.',
): TrainingError {
  return new TrainingError('training-data-invalid', `The training data cannot be used: ${problem}.`, remedy);
}
