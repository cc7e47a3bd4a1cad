import { hashAll } from '../base/random.ts';
import type { Hyperparameters, TokenRows } from './types.ts';

/** How a longer text is read in overlapping pieces, each of them a text of its own. */
export interface Windows {
  /** Tokens of a window, special tokens included. */
  readonly size: number;
  /** Text tokens from one window's start to the next. */
  readonly stride: number;
  readonly pooling: 'mean' | 'max';
}

/** Special tokens before and after every text. */
export interface Specials {
  readonly before: number;
  readonly after: number;
}

export const noSpecials: Specials = { before: 0, after: 0 };

/** The settings' windows; null: texts are read otherwise. */
export function windowsOf({
  longTexts,
  segmentLength = 512,
  windowStride,
  windowPooling = 'mean',
}: Pick<Hyperparameters, 'longTexts' | 'segmentLength' | 'windowStride' | 'windowPooling'>): Windows | null {
  if (longTexts !== 'windows') return null;
  return {
    size: segmentLength,
    stride: windowStride ?? Math.max(1, Math.floor(segmentLength / 2)),
    pooling: windowPooling,
  };
}

/** Windows over a row of so many tokens. */
export function windowCount(length: number, { size, stride }: Windows, specials: Specials): number {
  if (length <= size) return 1;
  const body = length - specials.before - specials.after;
  const room = Math.max(1, size - specials.before - specials.after);
  return 1 + Math.ceil((body - room) / Math.max(1, stride));
}

/**
 * Window `index` of a row: its special tokens around a piece of its text. The last window ends where the text ends, so that all windows
 * of a long row are full.
 */
export function windowAt(
  row: Int32Array,
  index: number,
  windows: Windows,
  { before, after }: Specials,
): Int32Array {
  const { size, stride } = windows;
  if (row.length <= size) return row;
  const room = Math.max(1, size - before - after);
  const body = row.length - before - after;
  const start = before + Math.min(index * stride, body - room);
  const piece = new Int32Array(before + room + after);
  piece.set(row.subarray(0, before));
  piece.set(row.subarray(start, start + room), before);
  piece.set(row.subarray(row.length - after), before + room);
  return piece;
}

// Names the random stream of a row's window; fixed for ever, since runs are resumed by it.
const windowSalt = 0x77696e64;

/** The window of a row that an epoch trains on: a function of (seed, epoch, row), so that all are seen in time and a resumed run sees the same. */
export function trainedWindow(
  { ids, offsets }: TokenRows,
  row: number,
  windows: Windows,
  specials: Specials,
  seed: number,
  epoch: number,
): Int32Array {
  const whole = ids.subarray(offsets[row] as number, offsets[row + 1] as number);
  const count = windowCount(whole.length, windows, specials);
  return windowAt(whole, count === 1 ? 0 : hashAll(seed, windowSalt, epoch, row) % count, windows, specials);
}

/** All windows of some rows, one after another, without copying a token until it is asked for. */
export interface WindowTable {
  /** As a token table's: window w has `offsets[w + 1] - offsets[w]` tokens. */
  readonly offsets: Uint32Array;
  /** Position among the rows of each window. */
  readonly owners: Uint32Array;
  sequence(window: number): Int32Array;
}

/** Windows over rows of a token table. */
export function windowTable(
  { ids, offsets }: TokenRows,
  rows: Uint32Array,
  windows: Windows,
  specials: Specials,
): WindowTable {
  const owners: number[] = [];
  const indices: number[] = [];
  const ends = [0];
  const rowOf = (at: number) => {
    const row = rows[at] as number;
    return ids.subarray(offsets[row] as number, offsets[row + 1] as number);
  };
  for (let at = 0; at < rows.length; at++) {
    const { length } = rowOf(at);
    const count = windowCount(length, windows, specials);
    for (let index = 0; index < count; index++) {
      owners.push(at);
      indices.push(index);
      ends.push((ends.at(-1) as number) + Math.min(length, windows.size));
    }
  }
  return {
    offsets: Uint32Array.from(ends),
    owners: Uint32Array.from(owners),
    sequence: (window) =>
      windowAt(rowOf(owners[window] as number), indices[window] as number, windows, specials),
  };
}

/** Gathers logits of windows into logits of rows, `[rows, labels]`: their mean, or the largest of each label. */
export function poolWindows(rows: number, labels: number, pooling: Windows['pooling'], owners: Uint32Array) {
  const logits = new Float32Array(rows * labels);
  const seen = new Uint32Array(rows);
  const total = new Uint32Array(rows);
  for (const owner of owners) total[owner] = (total[owner] as number) + 1;
  return {
    logits,
    /** Takes a window's logits `[labels]`; says whether its row is complete. */
    add(owner: number, window: Float32Array): boolean {
      const at = owner * labels;
      const before = seen[owner] as number;
      const count = total[owner] as number;
      for (let label = 0; label < labels; label++) {
        const value = window[label] as number;
        const known = logits[at + label] as number;
        logits[at + label] =
          pooling === 'mean' ? known + value / count : before === 0 ? value : Math.max(known, value);
      }
      seen[owner] = before + 1;
      return before + 1 === count;
    },
  };
}
