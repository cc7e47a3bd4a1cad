import { VerbenaError } from '../../base/errors.ts';
import type { LabelTable } from './labelTable.ts';

export interface CoOccurringLabel {
  readonly labelId: number;
  /** Rows with both. */
  readonly count: number;
  /** Share of the asked label's rows that also have this one. */
  readonly share: number;
}

export interface CoOccurrence {
  /** The labels most often found beside one, most frequent first. */
  coOccurring(labelId: number, topK: number): CoOccurringLabel[];
  /**
   * Rows that carry both labels, row-major `[n, n]` over `labelIds` in their order; the diagonal is the count of rows of
   * each. Throws `too-many-labels` above `maxMatrixLabels`.
   */
  coOccurrenceMatrix(labelIds: ArrayLike<number>): Uint32Array;
}

/** A 2,048² matrix holds 16 MB, and no screen shows more. */
export const maxMatrixLabels = 2048;

export class TooManyLabelsError extends VerbenaError<'too-many-labels'> {
  constructor(count: number) {
    super(
      'too-many-labels',
      `A matrix of ${count} × ${count} labels does not fit.`,
      `Ask for at most ${maxMatrixLabels} labels, for example the most frequent ones.`,
      { count },
    );
  }
}

export function createCoOccurrence(table: LabelTable, counts: Uint32Array): CoOccurrence {
  let rowsOfLabel: { offsets: Uint32Array; rows: Uint32Array } | null = null;
  const tally = new Uint32Array(table.labels.length);

  return {
    coOccurring(labelId, topK) {
      rowsOfLabel ??= invert(table, counts);
      tally.fill(0);
      const end = rowsOfLabel.offsets[labelId + 1] ?? 0;
      for (let i = rowsOfLabel.offsets[labelId] ?? 0; i < end; i++) {
        const row = rowsOfLabel.rows[i] as number;
        for (let j = table.rowOffsets[row] as number; j < (table.rowOffsets[row + 1] as number); j++) {
          const id = table.labelIds[j] as number;
          tally[id] = (tally[id] as number) + 1;
        }
      }
      const own = counts[labelId] ?? 0;
      const found: CoOccurringLabel[] = [];
      tally.forEach((count, id) => {
        if (count > 0 && id !== labelId) found.push({ labelId: id, count, share: count / own });
      });
      return found.sort((a, b) => b.count - a.count || a.labelId - b.labelId).slice(0, topK);
    },

    coOccurrenceMatrix(labelIds) {
      const n = labelIds.length;
      if (n > maxMatrixLabels) throw new TooManyLabelsError(n);
      const position = new Int32Array(table.labels.length).fill(-1);
      for (let i = 0; i < n; i++) position[labelIds[i] as number] = i;
      const matrix = new Uint32Array(n * n);
      for (let row = 0; row < table.rowCount; row++) {
        const start = table.rowOffsets[row] as number;
        const end = table.rowOffsets[row + 1] as number;
        for (let i = start; i < end; i++) {
          const a = position[table.labelIds[i] as number] as number;
          if (a < 0) continue;
          for (let j = start; j < end; j++) {
            const b = position[table.labelIds[j] as number] as number;
            if (b >= 0) matrix[a * n + b] = (matrix[a * n + b] as number) + 1;
          }
        }
      }
      return matrix;
    },
  };
}

/** Rows by label: the transpose of the table. */
function invert(table: LabelTable, counts: Uint32Array): { offsets: Uint32Array; rows: Uint32Array } {
  const offsets = new Uint32Array(counts.length + 1);
  counts.forEach((count, id) => (offsets[id + 1] = (offsets[id] as number) + count));
  const next = offsets.slice();
  const rows = new Uint32Array(table.labelIds.length);
  for (let row = 0; row < table.rowCount; row++)
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++) {
      const id = table.labelIds[i] as number;
      rows[next[id] as number] = row;
      next[id] = (next[id] as number) + 1;
    }
  return { offsets, rows };
}
