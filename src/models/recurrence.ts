import type { PackedBatch } from './trainable.ts';

// Segment recurrence (Dai et al. 2019, section 3.2; kept by XLNet, Yang et al. 2019, section 2.4): a text longer than a segment is read
// piece by piece, and each layer sees what it was given for the piece before, without a gradient.

/** Rows of memory before sequence b. */
export function rowsBefore({ memory }: PackedBatch, b: number): number {
  return memory ? (memory.offsets[b + 1] as number) - (memory.offsets[b] as number) : 0;
}

export interface RecurrenceOptions {
  /** Tokens of a segment. */
  readonly maxLength: number;
  /** Rows that are remembered of what came before a segment; at most `maxLength`. */
  readonly memoryLength: number;
  readonly layers: number;
  /** Values of a row. */
  readonly width: number;
}

/** Runs a batch forward; of each layer, what it was given: `[T, d]`. */
export type LayerInputs = (batch: PackedBatch) => Promise<readonly Float32Array[]>;

/**
 * Where a text of `length` tokens is cut: `count + 1` ascending positions from 0 to `length`. All segments but the first are of
 * `maxLength`, so that the last, which is classified and trained, is full.
 */
export function segmentCuts(length: number, maxLength: number): number[] {
  const count = Math.max(1, Math.ceil(length / maxLength));
  return Array.from({ length: count + 1 }, (_, k) => Math.max(0, length - (count - k) * maxLength));
}

/**
 * Reads all segments of a batch's texts but the last, in order, and returns the last segments with the memory of those before. Texts
 * that end together are read together: the k-th segments from the end make one forward pass. No pass holds more tokens or rows of
 * memory than the texts have, each counted as at most `maxLength`.
 */
export async function carryMemory(
  batch: PackedBatch,
  options: RecurrenceOptions,
  read: LayerInputs,
): Promise<PackedBatch> {
  const { offsets } = batch;
  const cuts = Array.from({ length: offsets.length - 1 }, (_, b) => {
    const start = offsets[b] as number;
    return segmentCuts((offsets[b + 1] as number) - start, options.maxLength).map((at) => start + at);
  });
  const remembered: (readonly Float32Array[])[] = cuts.map(() =>
    Array.from({ length: options.layers }, () => new Float32Array()),
  );
  const most = Math.max(1, ...cuts.map((of) => of.length - 1));
  for (let behind = most - 1; behind >= 1; behind--) {
    const members = cuts.flatMap((of, b) => (of.length - 1 > behind ? [b] : []));
    const piece = segmentsOf(batch, cuts, members, behind, remembered, options);
    const states = await read(piece);
    for (const [at, b] of members.entries()) {
      const [from, to] = [piece.offsets[at] as number, piece.offsets[at + 1] as number];
      remembered[b] = (remembered[b] ?? []).map((before, layer) =>
        lastRows(
          before,
          (states[layer] as Float32Array).subarray(from * options.width, to * options.width),
          options,
        ),
      );
    }
  }
  const all = cuts.map((_, b) => b);
  return { ...segmentsOf(batch, cuts, all, 0, remembered, options), targets: batch.targets };
}

/** The last `memoryLength` rows of what is remembered and what was read after it (Hugging Face's `cache_mem`). */
function lastRows(
  before: Float32Array,
  read: Float32Array,
  { memoryLength, width }: RecurrenceOptions,
): Float32Array {
  const room = memoryLength * width;
  const fresh = read.subarray(Math.max(0, read.length - room));
  const kept = before.subarray(Math.max(0, before.length - (room - fresh.length)));
  const joined = new Float32Array(kept.length + fresh.length);
  joined.set(kept);
  joined.set(fresh, kept.length);
  return joined;
}

/** Of some texts the segment with `behind` segments after it, packed, with what is remembered from before it. */
function segmentsOf(
  { ids, segments }: PackedBatch,
  cuts: readonly (readonly number[])[],
  members: readonly number[],
  behind: number,
  remembered: readonly (readonly Float32Array[])[],
  { layers, width }: RecurrenceOptions,
): PackedBatch {
  const spans = members.map((b) => {
    const of = cuts[b] as readonly number[];
    return [of[of.length - 2 - behind] as number, of[of.length - 1 - behind] as number] as const;
  });
  const offsets = new Uint32Array(members.length + 1);
  const memoryOffsets = new Uint32Array(members.length + 1);
  for (const [at, [from, to]] of spans.entries()) {
    offsets[at + 1] = (offsets[at] as number) + to - from;
    const rows = (remembered[members[at] as number]?.[0]?.length ?? 0) / width;
    memoryOffsets[at + 1] = (memoryOffsets[at] as number) + rows;
  }
  const piece = { ids: new Int32Array(offsets.at(-1) ?? 0), segments: new Int32Array(offsets.at(-1) ?? 0) };
  for (const [at, [from, to]] of spans.entries()) {
    piece.ids.set(ids.subarray(from, to), offsets[at]);
    piece.segments.set(segments.subarray(from, to), offsets[at]);
  }
  const memory = Array.from({ length: layers }, (_, layer) => {
    const rows = new Float32Array((memoryOffsets.at(-1) ?? 0) * width);
    for (const [at, b] of members.entries())
      rows.set(remembered[b]?.[layer] ?? [], (memoryOffsets[at] as number) * width);
    return rows;
  });
  return { ...piece, offsets, targets: null, memory: { offsets: memoryOffsets, layers: memory } };
}
