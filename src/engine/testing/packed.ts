import { random } from '../../base/random.ts';
import type { Tensor } from '../graph/types.ts';
import type { GraphBuilder } from '../graph/builder.ts';
import { attentionBlocks, embeddingOrder, memoryBlocks, memoryLayout } from '../ops/packing.ts';
import type { Feed, HostArray } from '../session.ts';

export interface PackedFeedOptions {
  /** Lengths of the packed sequences. */
  readonly lengths: readonly number[];
  readonly seed?: number;
  readonly vocabulary?: number;
  /** R is twice this; default: the longest sequence. */
  readonly reach?: number;
  readonly lossScale?: number;
  /** Of each sequence, whether its distances count backwards. */
  readonly reversed?: readonly boolean[];
  /** Of each sequence, how many rows of memory stand before its own; default: the batch has no memory. */
  readonly memory?: readonly number[];
  /** Further tensors. */
  readonly tensors?: ReadonlyMap<string, HostArray>;
}

/**
 * A random micro-batch of packed sequences: ids, order, segments (two in each sequence, then XLNet's 2 for its last token), blocks,
 * summaryRows. Under a memory also joinedSegments (memory's are 0), sources, ownRows. Same options, same feed.
 */
export function packedFeed(options: PackedFeedOptions): Feed {
  const { lengths, seed = 1, vocabulary = 11 } = options;
  const offsets = new Uint32Array(lengths.length + 1);
  lengths.forEach((length, b) => (offsets[b + 1] = (offsets[b] as number) + length));
  const total = offsets.at(-1) as number;
  const draw = random(seed, 1);
  const ids = Int32Array.from({ length: total }, () => draw.integer(vocabulary));
  const segments = new Int32Array(total);
  lengths.forEach((length, b) => {
    const start = offsets[b] as number;
    segments.fill(1, start + Math.floor(length / 2), start + length);
    if (length > 1) segments[start + length - 1] = 2;
  });
  const isReversed = (b: number) => options.reversed?.[b] ?? false;
  const joined = options.memory ? memoryLayout(offsets, options.memory) : null;
  const blocks = joined
    ? memoryBlocks(joined.offsets, options.memory ?? [], isReversed)
    : attentionBlocks(offsets, isReversed);
  const longest = Math.max(...lengths.map((length, b) => length + (options.memory?.[b] ?? 0)));
  return {
    dims: {
      T: total,
      B: lengths.length,
      R: 2 * (options.reach ?? longest),
      K: blocks.length / (joined ? 5 : 4),
      ...(joined ? { M: Math.max(1, joined.sources.length - total), N: joined.sources.length } : {}),
    },
    tensors: new Map<string, HostArray>([
      ['ids', ids],
      ['order', embeddingOrder(ids)],
      ['segments', segments],
      ['blocks', blocks],
      ['summaryRows', Uint32Array.from(lengths, (length, b) => (offsets[b] as number) + length - 1)],
      ...(joined
        ? ([
            [
              'joinedSegments',
              Int32Array.from(joined.sources, (row) => (row < total ? (segments[row] as number) : 0)),
            ],
            ['sources', joined.sources],
            ['ownRows', joined.ownRows],
          ] as const)
        : []),
      ...(options.tensors ?? []),
    ]),
    seed,
    lossScale: options.lossScale ?? 1,
  };
}

/** Normal random numbers of a shape. */
export function normals(count: number, seed: number, scale = 1): Float32Array {
  const draw = random(seed, 2);
  return Float32Array.from({ length: count }, () => scale * draw.normal());
}

/** Inputs that several ops share, declared under the names of `packedFeed`. */
export function packedInputs(graph: GraphBuilder): {
  ids: Tensor;
  order: Tensor;
  segments: Tensor;
  blocks: Tensor;
  summaryRows: Tensor;
} {
  return {
    ids: graph.input('ids', ['T'], 'i32'),
    order: graph.input('order', ['T'], 'u32'),
    segments: graph.input('segments', ['T'], 'i32'),
    blocks: graph.input('blocks', ['K', 4], 'u32'),
    summaryRows: graph.input('summaryRows', ['B'], 'u32'),
  };
}
