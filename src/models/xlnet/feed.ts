import { attentionBlocks, embeddingOrder, memoryBlocks, memoryLayout } from '../../engine/ops/packing.ts';
import type { Feed, HostArray } from '../../engine/session.ts';
import { rowsBefore } from '../recurrence.ts';
import type { PackedBatch } from '../trainable.ts';

export interface FeedOptions {
  readonly width: number;
  readonly seed: number;
  readonly lossScale: number;
  /** The longest sequence is rounded up to a multiple of this, so that position tables repeat between batches. */
  readonly lengthMultiple: number;
  /** Distances beyond this count as this (`clamp_len`); 0 or less: none do. */
  readonly clampLength: number;
  /** The second half of the sequences counts distances backwards (`bi_data`). */
  readonly halfReversed: boolean;
  /** Layers of a graph that reads memory; null (default): it does not. */
  readonly memoryLayers?: number | null;
}

/**
 * Lays a packed batch out as the inputs of `buildXlnetGraph`.
 *
 * Under `bi_data` Hugging Face's `relative_positional_encoding` gives the second half of the batch reversed distances. Here the batch
 * is the packed micro-batch; of an odd number of sequences, which Hugging Face cannot run, the middle one counts forwards.
 */
export function xlnetFeed(batch: PackedBatch, options: FeedOptions): Feed {
  const { ids, segments, offsets, targets } = batch;
  const sequences = offsets.length - 1;
  const memory = Uint32Array.from({ length: sequences }, (_, b) => rowsBefore(batch, b));
  let longest = 1;
  const summaryRows = new Uint32Array(sequences);
  for (let b = 0; b < sequences; b++) {
    const end = offsets[b + 1] as number;
    longest = Math.max(longest, (memory[b] as number) + end - (offsets[b] as number));
    summaryRows[b] = end - 1;
  }
  const reach = Math.ceil(longest / options.lengthMultiple) * options.lengthMultiple;
  const forwards = Math.ceil(sequences / 2);
  const isReversed = (b: number) => options.halfReversed && b >= forwards;
  const joined = options.memoryLayers ? memoryLayout(offsets, memory) : null;
  const blocks = joined
    ? memoryBlocks(joined.offsets, memory, isReversed)
    : attentionBlocks(offsets, isReversed);
  const tensors = new Map<string, HostArray>([
    ['ids', ids],
    // Hugging Face gives rows of memory the segment 0.
    ['segments', joined ? Int32Array.from(joined.sources, (row) => segments[row] ?? 0) : segments],
    ['order', embeddingOrder(ids)],
    ['blocks', blocks],
    ['summaryRows', summaryRows],
    ['positions', relativeSinusoids(reach, options.width, options.clampLength)],
  ]);
  if (targets) tensors.set('targets', targets);
  if (joined) {
    tensors.set('sources', joined.sources).set('ownRows', joined.ownRows);
    for (let layer = 0; layer < (options.memoryLayers ?? 0); layer++) {
      const rows = batch.memory?.layers[layer];
      // No tensor is empty: a row that nobody reads.
      tensors.set(`memory.${layer}`, rows && rows.length > 0 ? rows : noMemory(options.width));
    }
  }
  return {
    dims: {
      T: ids.length,
      B: sequences,
      R: 2 * reach,
      K: blocks.length / (joined ? 5 : 4),
      ...(joined ? { M: Math.max(1, joined.sources.length - ids.length), N: joined.sources.length } : {}),
    },
    tensors,
    seed: options.seed,
    lossScale: options.lossScale,
  };
}

const noMemories = new Map<number, Float32Array>();

function noMemory(width: number): Float32Array {
  const known = noMemories.get(width) ?? new Float32Array(width);
  noMemories.set(width, known);
  return known;
}

const tables = new Map<string, Float32Array>();

/**
 * `[2 n, width]`: row c holds sines, then cosines, of distance `n - c` over the frequencies `10000^(-2 i / width)`: XLNet's
 * `relative_positional_encoding`, distances held within ±`clampLength` where that is positive. The same array object is returned for the same sizes, so that uploads can be skipped.
 */
export function relativeSinusoids(n: number, width: number, clampLength = -1): Float32Array {
  const most = clampLength > 0 ? clampLength : n;
  const key = `${n}x${width}x${most}`;
  const known = tables.get(key);
  if (known) return known;
  const half = Math.ceil(width / 2);
  const table = new Float32Array(2 * n * width);
  for (let c = 0; c < 2 * n; c++) {
    for (let i = 0; i < half; i++) {
      const angle = Math.max(-most, Math.min(most, n - c)) / 10000 ** ((2 * i) / width);
      table[c * width + i] = Math.sin(angle);
      if (half + i < width) table[c * width + half + i] = Math.cos(angle);
    }
  }
  if (tables.size >= 64) tables.clear();
  tables.set(key, table);
  return table;
}
