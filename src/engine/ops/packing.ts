/** Query rows an attention workgroup owns. */
export const blockRows = 32;

/**
 * The row blocks of packed sequences, `[K, 4]`: first row, its sequence's first row, the row after the sequence's last,
 * and 1 where `reversed` says of the sequence's number that its distances count backwards, else 0. A block never crosses a
 * sequence's border.
 */
export function attentionBlocks(
  offsets: Uint32Array,
  reversed: (sequence: number) => boolean = () => false,
): Uint32Array {
  const blocks: number[] = [];
  for (let b = 0; b + 1 < offsets.length; b++) {
    const start = offsets[b] as number;
    const end = offsets[b + 1] as number;
    for (let row = start; row < end; row += blockRows) blocks.push(row, start, end, reversed(b) ? 1 : 0);
  }
  return Uint32Array.from(blocks);
}

/**
 * As `attentionBlocks`, where sequence b begins with `memory[b]` rows of memory: `[K, 5]`, the fifth number its first own row. Offsets count
 * both kinds of rows. A block holds rows of one kind.
 */
export function memoryBlocks(
  offsets: Uint32Array,
  memory: ArrayLike<number>,
  reversed: (sequence: number) => boolean = () => false,
): Uint32Array {
  const blocks: number[] = [];
  for (let b = 0; b + 1 < offsets.length; b++) {
    const start = offsets[b] as number;
    const end = offsets[b + 1] as number;
    const first = start + (memory[b] as number);
    const put = (row: number) => blocks.push(row, start, end, reversed(b) ? 1 : 0, first);
    for (let row = start; row < first; row += blockRows) put(row);
    for (let row = first; row < end; row += blockRows) put(row);
  }
  return Uint32Array.from(blocks);
}

/** Where own rows and rows of memory meet: sequence b is its `memory[b]` rows of memory, then its own. */
export interface MemoryLayout {
  /** `[B + 1]` over both kinds of rows. */
  readonly offsets: Uint32Array;
  /** `[N]`: below T the own row, else T + the row of memory (as `joinRows` reads it). */
  readonly sources: Uint32Array;
  /** `[T]`: the joined row of each own row. */
  readonly ownRows: Uint32Array;
}

/** Lays rows of memory, packed sequence by sequence, before the own rows of packed sequences. `offsets` count own rows. */
export function memoryLayout(offsets: Uint32Array, memory: ArrayLike<number>): MemoryLayout {
  const total = offsets.at(-1) ?? 0;
  const joined = new Uint32Array(offsets.length);
  for (let b = 0; b + 1 < offsets.length; b++)
    joined[b + 1] =
      (joined[b] as number) + (memory[b] as number) + (offsets[b + 1] as number) - (offsets[b] as number);
  const sources = new Uint32Array(joined.at(-1) ?? 0);
  const ownRows = new Uint32Array(total);
  let remembered = total;
  for (let b = 0; b + 1 < offsets.length; b++) {
    let row = joined[b] as number;
    for (let m = 0; m < (memory[b] as number); m++) sources[row++] = remembered++;
    for (let t = offsets[b] as number; t < (offsets[b + 1] as number); t++) {
      ownRows[t] = row;
      sources[row++] = t;
    }
  }
  return { offsets: joined, sources, ownRows };
}

/** The most blocks that `tokens` in `sequences` sequences can need. */
export function maxAttentionBlocks(tokens: number, sequences: number): number {
  return Math.ceil(tokens / blockRows) + sequences;
}

/** Token positions sorted by id, ties by position: the summing order of an embedding's gradient. */
export function embeddingOrder(ids: Int32Array): Uint32Array {
  const order = new Float64Array(ids.length);
  // One sortable number a token: exact, since both halves are below 2^26.
  for (let t = 0; t < ids.length; t++) order[t] = (ids[t] as number) * 0x400_0000 + t;
  order.sort();
  return Uint32Array.from(order, (key) => key % 0x400_0000);
}
