import { VerbenaError } from '../../base/errors.ts';
import { applyEdits, type EditedLabels, type LabelEdits } from './edits.ts';
import type { LabelTable } from './labelTable.ts';

export class LabelSelectionError extends VerbenaError<'label-threshold-invalid' | 'no-labels-kept'> {}

/** Algorithm 1 of InstructNet: a label is kept where its score is at least 1. */
export function selectionScore(count: number, threshold: number): number {
  return count / threshold;
}

/** Throws `label-threshold-invalid` unless the threshold is a positive, finite number. */
export function checkThreshold(threshold: number): void {
  if (!(threshold > 0 && Number.isFinite(threshold)))
    throw new LabelSelectionError(
      'label-threshold-invalid',
      `${threshold} is no label threshold.`,
      'Use a number of records above zero; 1 keeps every label.',
    );
}

/** Rows that carry each label, `[labels]`. */
export function countLabels(table: LabelTable): Uint32Array {
  const counts = new Uint32Array(table.labels.length);
  for (const id of table.labelIds) counts[id] = (counts[id] as number) + 1;
  return counts;
}

/**
 * The order in which a falling threshold lets labels in: pinned ones first, then by count, most frequent first, ties by
 * name (so that it does not depend on the order of the file). Excluded labels are not in it.
 */
export interface LabelOrder {
  readonly ids: Uint32Array;
  readonly pinnedCount: number;
}

export function orderLabels({ table, force }: EditedLabels, counts: Uint32Array): LabelOrder {
  const ids = Array.from(table.labels, (_, id) => id).filter((id) => force[id] !== -1);
  const name = (id: number) => table.labels[id] as string;
  ids.sort(
    (a, b) =>
      (force[b] as number) - (force[a] as number) ||
      (counts[b] as number) - (counts[a] as number) ||
      (name(a) < name(b) ? -1 : 1),
  );
  return { ids: Uint32Array.from(ids), pinnedCount: ids.filter((id) => force[id] === 1).length };
}

/** How many labels of the order a threshold keeps: its length is a binary search. */
export function keptCount(order: LabelOrder, counts: Uint32Array, threshold: number): number {
  checkThreshold(threshold);
  let low = order.pinnedCount;
  let high = order.ids.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const count = counts[order.ids[middle] as number] as number;
    if (selectionScore(count, threshold) >= 1) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What goes on to split, tokenisation and training: kept labels and the rows that have at least one. */
export interface SelectedLabels {
  /** Kept labels, most frequent first (pinned ones too stand where their count puts them). */
  readonly labels: readonly string[];
  /** Rows of the label table, ascending. */
  readonly rowIds: Uint32Array;
  /** Length `rowIds.length + 1`: position p has `targetIds[targetOffsets[p] .. targetOffsets[p + 1])`. */
  readonly targetOffsets: Uint32Array;
  /** Indices into `labels`, ascending inside a row. */
  readonly targetIds: Uint32Array;
}

/** Algorithm 1 with edits: kept labels, and the rows left with at least one. Throws `label-threshold-invalid`, `no-labels-kept`. */
export function selectLabels(table: LabelTable, edits: LabelEdits, threshold: number): SelectedLabels {
  const edited = applyEdits(table, edits);
  const counts = countLabels(edited.table);
  const order = orderLabels(edited, counts);
  const kept = order.ids.slice(0, keptCount(order, counts, threshold));
  if (kept.length === 0)
    throw new LabelSelectionError(
      'no-labels-kept',
      `No label occurs in ${threshold} records or more.`,
      'Lower the threshold, or pin the labels you want.',
      { threshold, mostFrequent: counts.reduce((a, b) => Math.max(a, b), 0) },
    );
  // Pinned labels lead the order; for people (and for heat maps) frequency is the better order.
  const name = (id: number) => edited.table.labels[id] as string;
  kept.sort((a, b) => (counts[b] as number) - (counts[a] as number) || (name(a) < name(b) ? -1 : 1));
  return gatherRows(edited.table, kept);
}

/** The rows of `table` that carry one of `kept`, with targets renumbered to positions in `kept`. */
function gatherRows(table: LabelTable, kept: Uint32Array): SelectedLabels {
  const targetOf = new Int32Array(table.labels.length).fill(-1);
  kept.forEach((id, target) => (targetOf[id] = target));
  const rowIds = new Uint32Array(table.rowCount);
  const targetOffsets = new Uint32Array(table.rowCount + 1);
  const targetIds = new Uint32Array(table.labelIds.length);
  let rows = 0;
  let end = 0;
  for (let row = 0; row < table.rowCount; row++) {
    const start = end;
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++) {
      const target = targetOf[table.labelIds[i] as number] as number;
      if (target >= 0) targetIds[end++] = target;
    }
    if (end === start) continue;
    targetIds.subarray(start, end).sort();
    rowIds[rows++] = row;
    targetOffsets[rows] = end;
  }
  return {
    labels: Array.from(kept, (id) => table.labels[id] as string),
    rowIds: rowIds.slice(0, rows),
    targetOffsets: targetOffsets.slice(0, rows + 1),
    targetIds: targetIds.slice(0, end),
  };
}

/** Sparse targets as a dense 0/1 matrix, row-major `[positions, labelCount]`; `positions` null: all of them. */
export function denseTargets(
  targets: Pick<SelectedLabels, 'targetOffsets' | 'targetIds'>,
  labelCount: number,
  positions: Uint32Array | null = null,
): Uint8Array {
  const rows = positions?.length ?? targets.targetOffsets.length - 1;
  const dense = new Uint8Array(rows * labelCount);
  for (let row = 0; row < rows; row++) {
    const position = positions ? (positions[row] as number) : row;
    const end = targets.targetOffsets[position + 1] as number;
    for (let i = targets.targetOffsets[position] as number; i < end; i++)
      dense[row * labelCount + (targets.targetIds[i] as number)] = 1;
  }
  return dense;
}
