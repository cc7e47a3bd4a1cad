import { breather } from '../../base/breath.ts';
import { throwIfAborted } from '../../base/progress.ts';
import type { LabelTable } from '../labels/labelTable.ts';
import type { IndexBuilder } from './indexBuilder.ts';

export interface TextLengths {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Rows as the page numbers them: all, or with duplicates merged into their first occurrence. */
export interface RowView {
  readonly rowCount: number;
  /** Index row of each row shown; null where they are the same. */
  readonly sourceRows: Uint32Array | null;
  readonly rowOffsets: Uint32Array;
  readonly labelIds: Uint32Array;
}

/** A finished index: duplicates found, both views on hand. Rows are equal when their normalised texts hash alike (64 bits). */
export class CorpusIndex {
  readonly builder: IndexBuilder;
  /** For each index row the first row with the same text: itself where there is none before. */
  readonly firstRows: Uint32Array;
  readonly duplicateRows: number;

  #merged: RowView | null = null;
  #plain: RowView | null = null;

  private constructor(builder: IndexBuilder, firstRows: Uint32Array) {
    this.builder = builder;
    this.firstRows = firstRows;
    let duplicates = 0;
    for (let row = 0; row < this.firstRows.length; row++) if (this.firstRows[row] !== row) duplicates++;
    this.duplicateRows = duplicates;
  }

  /** Finds the duplicates of a finished index pass, with breaths in between. Throws `aborted`. */
  static async build(builder: IndexBuilder, signal?: AbortSignal): Promise<CorpusIndex> {
    const breathe = breather();
    const search = findFirstRows(builder.hashLow.view, builder.hashHigh.view);
    for (;;) {
      const { done, value } = search.next();
      if (done) return new CorpusIndex(builder, value);
      await breathe();
      throwIfAborted(signal);
    }
  }

  view(merged: boolean): RowView {
    if (merged) return (this.#merged ??= this.#mergedView());
    return (this.#plain ??= this.#plainView());
  }

  /** The labels of all rows of a view, as the notebook's label table (fresh arrays, free to be transferred). */
  labelTable(merged: boolean): LabelTable {
    const { rowCount, rowOffsets, labelIds } = this.view(merged);
    return {
      rowCount,
      labels: [...this.builder.labels],
      rowOffsets: rowOffsets.slice(),
      labelIds: labelIds.slice(),
    };
  }

  /** Groups of rows (of the unmerged view) with the same text, the largest first. */
  duplicateGroups(limit: number): number[][] {
    const groups = new Map<number, number[]>();
    for (let row = 0; row < this.firstRows.length; row++) {
      const first = this.firstRows[row] as number;
      if (first === row) continue;
      const group = groups.get(first);
      if (group) group.push(row);
      else groups.set(first, [first, row]);
    }
    return [...groups.values()].sort((a, b) => b.length - a.length).slice(0, limit);
  }

  /** Characters a row of a view, in order statistics. */
  textLengths(merged: boolean): TextLengths {
    const { sourceRows } = this.view(merged);
    const all = this.builder.chars.view;
    const chars = (sourceRows ? sourceRows.map((row) => all[row] as number) : all.slice()).sort();
    const at = (share: number) => chars[Math.min(chars.length - 1, Math.floor(share * chars.length))] ?? 0;
    return { min: at(0), median: at(0.5), p95: at(0.95), max: chars.at(-1) ?? 0 };
  }

  #plainView(): RowView {
    const ends = this.builder.labelEnds.view;
    const rowOffsets = new Uint32Array(ends.length + 1);
    rowOffsets.set(ends, 1);
    return { rowCount: ends.length, sourceRows: null, rowOffsets, labelIds: this.builder.labelIds.view };
  }

  #mergedView(): RowView {
    const { rowOffsets, labelIds } = this.view(false);
    const rowCount = this.firstRows.length;
    const kept = this.firstRows.filter((first, row) => first === row);
    // Only rows that gain labels get a set; the others are copied as they stand.
    const gained = new Map<number, Set<number>>();
    for (let row = 0; row < rowCount; row++) {
      const first = this.firstRows[row] as number;
      if (first === row) continue;
      const joined =
        gained.get(first) ??
        new Set(labelIds.subarray(rowOffsets[first] as number, rowOffsets[first + 1] as number));
      for (let i = rowOffsets[row] as number; i < (rowOffsets[row + 1] as number); i++)
        joined.add(labelIds[i] as number);
      gained.set(first, joined);
    }
    const mergedOffsets = new Uint32Array(kept.length + 1);
    const mergedIds = new Uint32Array(labelIds.length);
    let length = 0;
    for (const [index, row] of kept.entries()) {
      const joined = gained.get(row);
      const ids = joined
        ? Uint32Array.from(joined).sort()
        : labelIds.subarray(rowOffsets[row] as number, rowOffsets[row + 1] as number);
      mergedIds.set(ids, length);
      length += ids.length;
      mergedOffsets[index + 1] = length;
    }
    return {
      rowCount: kept.length,
      sourceRows: kept,
      rowOffsets: mergedOffsets,
      labelIds: mergedIds.slice(0, length),
    };
  }
}

/** Rows between two chances to breathe. */
const rowsAtOnce = 1 << 15;

/** Open addressing over the row numbers: 8 bytes a row at most half full, no boxed keys. Pauses every `rowsAtOnce` rows. */
function* findFirstRows(low: Uint32Array, high: Uint32Array): Generator<undefined, Uint32Array> {
  const rowCount = low.length;
  const firstRows = new Uint32Array(rowCount);
  let capacity = 16;
  while (capacity < rowCount * 2) capacity *= 2;
  const mask = capacity - 1;
  const slots = new Uint32Array(capacity);
  for (let row = 0; row < rowCount; row++) {
    if (row % rowsAtOnce === rowsAtOnce - 1) yield undefined;
    let slot = (low[row] as number) & mask;
    for (;;) {
      const taken = slots[slot] as number;
      if (taken === 0) {
        slots[slot] = row + 1;
        firstRows[row] = row;
        break;
      }
      if (low[taken - 1] === low[row] && high[taken - 1] === high[row]) {
        firstRows[row] = taken - 1;
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
  return firstRows;
}
