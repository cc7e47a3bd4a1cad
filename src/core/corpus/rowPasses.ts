import type { Steps } from '../../base/steps.ts';

// Loops over every row of an index, each O(rows) and written in steps, so that none holds its thread for long.

export interface TextLengths {
  readonly min: number;
  readonly median: number;
  readonly p95: number;
  readonly max: number;
}

/** Rows with their labels as compressed sparse rows. */
export interface Rows {
  readonly rowCount: number;
  /** Index row of each row; null where they are the same. */
  readonly sourceRows: Uint32Array | null;
  readonly rowOffsets: Uint32Array;
  readonly labelIds: Uint32Array;
}

/** Rows between two chances to breathe: a few milliseconds of the slowest loop. */
const rowsAtOnce = 1 << 15;

const isPause = (row: number) => row % rowsAtOnce === rowsAtOnce - 1;

/**
 * For each row the first one with the same 64-bit hash, `[rows]`. Open addressing over the row numbers: 8 bytes a row at most
 * half full, no boxed keys.
 */
export function* findFirstRows(low: Uint32Array, high: Uint32Array): Steps<Uint32Array> {
  const rowCount = low.length;
  const firstRows = new Uint32Array(rowCount);
  let capacity = 16;
  while (capacity < rowCount * 2) capacity *= 2;
  const mask = capacity - 1;
  const slots = new Uint32Array(capacity);
  for (let row = 0; row < rowCount; row++) {
    if (isPause(row)) yield row;
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

/** One row for each text, the first; it carries the labels of all its copies, ascending. `labelIds` are below `labelCount`. */
export function* mergeRows(
  { rowOffsets, labelIds }: Rows,
  firstRows: Uint32Array,
  labelCount: number,
): Steps<Rows> {
  const rowCount = firstRows.length;
  // The rows of one text as a chain in their order, the next row plus one; 0 ends it. No object a row: a million would be felt.
  const nextCopy = new Uint32Array(rowCount);
  const lastCopy = new Uint32Array(rowCount);
  let keptCount = 0;
  for (let row = 0; row < rowCount; row++) {
    if (isPause(row)) yield row / 2;
    const first = firstRows[row] as number;
    if (first === row) keptCount++;
    else nextCopy[lastCopy[first] as number] = row + 1;
    lastCopy[first] = row;
  }
  const sourceRows = new Uint32Array(keptCount);
  const mergedOffsets = new Uint32Array(keptCount + 1);
  const mergedIds = new Uint32Array(labelIds.length);
  /** The kept row, plus one, that took a label last. */
  const takenBy = new Uint32Array(labelCount);
  let length = 0;
  let kept = 0;
  for (let row = 0; row < rowCount; row++) {
    if (isPause(row)) yield (rowCount + row) / 2;
    if (firstRows[row] !== row) continue;
    const start = length;
    for (let copy = row + 1; copy !== 0; copy = nextCopy[copy - 1] as number)
      for (let i = rowOffsets[copy - 1] as number; i < (rowOffsets[copy] as number); i++) {
        const id = labelIds[i] as number;
        if (takenBy[id] === row + 1) continue;
        takenBy[id] = row + 1;
        mergedIds[length++] = id;
      }
    if (nextCopy[row] !== 0) mergedIds.subarray(start, length).sort();
    sourceRows[kept++] = row;
    mergedOffsets[kept] = length;
  }
  return {
    rowCount: keptCount,
    sourceRows,
    rowOffsets: mergedOffsets,
    labelIds: mergedIds.slice(0, length),
  };
}

/** Rows that share a text, at most `limit` groups: the largest first, ties in the order of their first rows. */
export function* largestGroups(firstRows: Uint32Array, limit: number): Steps<number[][]> {
  const rowCount = firstRows.length;
  const sizes = new Uint32Array(rowCount);
  for (let row = 0; row < rowCount; row++) {
    if (isPause(row)) yield row / 3;
    const first = firstRows[row] as number;
    sizes[first] = (sizes[first] as number) + 1;
  }
  // Groups by size, so that no list of all groups is made or sorted: a corpus may hold as many as half its rows.
  const groupsOfSize = new Map<number, number>();
  for (let row = 0; row < rowCount; row++) {
    if (isPause(row)) yield (rowCount + row) / 3;
    const size = sizes[row] as number;
    if (size > 1) groupsOfSize.set(size, (groupsOfSize.get(size) ?? 0) + 1);
  }
  let smallest = Number.POSITIVE_INFINITY;
  let room = Math.max(0, limit);
  for (const size of [...groupsOfSize.keys()].sort((a, b) => b - a)) {
    if (room <= 0) break;
    smallest = size;
    room -= groupsOfSize.get(size) ?? 0;
  }
  // Of the smallest size taken, only so many as there is room for.
  let atSmallest = (groupsOfSize.get(smallest) ?? 0) + Math.min(0, room);
  const groups = new Map<number, number[]>();
  for (let row = 0; row < rowCount; row++) {
    if (isPause(row)) yield (2 * rowCount + row) / 3;
    const first = firstRows[row] as number;
    const size = sizes[first] as number;
    if (size < smallest) continue;
    if (first !== row) groups.get(first)?.push(row);
    else if (size > smallest || atSmallest-- > 0) groups.set(row, [row]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** Lengths below this are counted one by one; only the few longer ones are sorted. */
const countedLengths = 1 << 16;

/** Order statistics over `values` of the source rows (all `[0, rowCount)` where null), by counting. */
export function* measure(
  values: Uint32Array,
  sourceRows: Uint32Array | null,
  rowCount: number,
): Steps<TextLengths> {
  const counts = new Uint32Array(countedLengths);
  const long: number[] = [];
  const total = sourceRows ? sourceRows.length : rowCount;
  for (let i = 0; i < total; i++) {
    if (isPause(i)) yield i;
    const value = values[sourceRows ? (sourceRows[i] as number) : i] as number;
    if (value < countedLengths) counts[value] = (counts[value] as number) + 1;
    else long.push(value);
  }
  const longest = Uint32Array.from(long).sort();
  const at = (rank: number): number => {
    if (total === 0) return 0;
    let before = 0;
    for (let value = 0; value < countedLengths; value++) {
      before += counts[value] as number;
      if (before > rank) return value;
    }
    return longest[rank - before] ?? 0;
  };
  const share = (of: number) => at(Math.min(total - 1, Math.floor(of * total)));
  return { min: at(0), median: share(0.5), p95: share(0.95), max: at(total - 1) };
}
