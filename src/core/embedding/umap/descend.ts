import type { Steps } from '../../../base/steps.ts';
import type { NeighbourLists } from './neighbourLists.ts';

const mostRounds = 6;
/** Share of the entries that a round has to change to be followed by another; pynndescent's delta. */
const delta = 0.001;
const rowsPerBreath = 512;

/**
 * NN-descent (Dong, Moses & Li 2011) over full lists that are good already: a neighbour of a neighbour, or of a row that has this one for a
 * neighbour, is likely one. Pairs of which neither link is new were compared before. `values`: unit rows, `[count, width]`. Yields
 * shares of the work.
 */
export function* descend(values: Float32Array, width: number, lists: NeighbourLists): Steps<void> {
  const { count, k, rows } = lists;
  /** Who compared with whom last: rows stamped with the row that looks. */
  const stamps = new Uint32Array(count).fill(0xffff_ffff);
  lists.isNew.fill(1);
  for (let round = 0; round < mostRounds; round++) {
    // Lists change while they are walked: what a round looks at is as it was at its start.
    const before = rows.slice();
    const wasNew = lists.isNew.slice();
    lists.isNew.fill(0);
    const back = reversed(before, count, k);
    let changed = 0;
    const visit = (row: number, via: number, isViaNew: boolean) => {
      for (let at = via * k; at < (via + 1) * k; at++) {
        if (!isViaNew && wasNew[at] === 0) continue;
        const other = before[at] as number;
        if (stamps[other] === row) continue;
        stamps[other] = row;
        const score = dot(values, row * width, other * width, width);
        if (score > lists.worst(row) && !lists.has(row, other)) {
          lists.insert(row, other, score);
          changed++;
        }
        if (score > lists.worst(other) && !lists.has(other, row)) {
          lists.insert(other, row, score);
          changed++;
        }
      }
    };
    for (let row = 0; row < count; row++) {
      stamps[row] = row;
      for (let at = row * k; at < (row + 1) * k; at++) stamps[before[at] as number] = row;
      for (let at = row * k; at < (row + 1) * k; at++) visit(row, before[at] as number, wasNew[at] === 1);
      for (let at = back.offsets[row] as number; at < (back.offsets[row + 1] as number); at++) {
        const entry = back.entries[at] as number;
        visit(row, Math.floor(entry / k), wasNew[entry] === 1);
      }
      if (row % rowsPerBreath === 0) yield shareOf(round, row / count);
    }
    stamps.fill(0xffff_ffff);
    if (changed < delta * count * k) return;
  }
}

/** The first round takes most of the work, and how many follow is not known: each takes half of what is left. */
const shareOf = (round: number, done: number) => 1 - 0.5 ** round * (1 - done / 2);

/** Entries of the lists by the row they name, at most k of each: hubs would take all the time. */
function reversed(rows: Uint32Array, count: number, k: number) {
  const sizes = new Uint32Array(count);
  for (const row of rows) sizes[row] = Math.min(k, (sizes[row] as number) + 1);
  const offsets = new Uint32Array(count + 1);
  for (let row = 0; row < count; row++) offsets[row + 1] = (offsets[row] as number) + (sizes[row] as number);
  const entries = new Uint32Array(offsets[count] as number);
  const next = offsets.slice();
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    const to = next[row] as number;
    if (to === offsets[row + 1]) continue;
    entries[to] = at;
    next[row] = to + 1;
  }
  return { offsets, entries };
}

// Four sums: a single one would wait for its own last addition.
function dot(values: Float32Array, a: number, b: number, width: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < width; i += 4) {
    s0 += (values[a + i] as number) * (values[b + i] as number);
    s1 += (values[a + i + 1] as number) * (values[b + i + 1] as number);
    s2 += (values[a + i + 2] as number) * (values[b + i + 2] as number);
    s3 += (values[a + i + 3] as number) * (values[b + i + 3] as number);
  }
  for (; i < width; i++) s0 += (values[a + i] as number) * (values[b + i] as number);
  return Math.fround(s0 + s1 + (s2 + s3));
}
