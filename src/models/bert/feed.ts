import { VerbenaError } from '../../base/errors.ts';
import { attentionBlocks, embeddingOrder } from '../../engine/ops/packing.ts';
import type { Feed, HostArray } from '../../engine/session.ts';
import type { PackedBatch } from '../trainable.ts';
import type { BertConfig } from './config.ts';
import type { Variant } from './variants.ts';

export interface FeedOptions {
  readonly variant: Variant;
  readonly config: BertConfig;
  readonly seed: number;
  readonly lossScale: number;
}

/** Lays a packed batch out as the inputs of `buildBertGraph`. Throws `text-too-long`, `segment-unknown`. */
export function bertFeed(batch: PackedBatch, { variant, config, seed, lossScale }: FeedOptions): Feed {
  const { ids, segments, offsets, targets } = batch;
  const positions = positionIds(batch, variant, config);
  const blocks = attentionBlocks(offsets);
  const tensors = new Map<string, HostArray>([
    ['ids', ids],
    ['order', embeddingOrder(ids)],
    ['positions', positions],
    ['positionOrder', embeddingOrder(positions)],
    ['blocks', blocks],
    ['firstRows', offsets.slice(0, -1)],
  ]);
  if (config.typeVocabulary > 0) tensors.set('types', oneHot(segments, config.typeVocabulary));
  if (targets) tensors.set('targets', targets);
  return {
    dims: { T: ids.length, B: offsets.length - 1, R: 2 * longestOf(offsets), K: blocks.length / 4 },
    tensors,
    seed,
    lossScale,
  };
}

/**
 * `[T]` rows of the position table: 0, 1, 2, ... in each sequence; or, after padding, `padId + 1, ...` over the tokens that are
 * not padding, which stay at `padId` and do not count (`create_position_ids_from_input_ids`).
 */
export function positionIds({ ids, offsets }: PackedBatch, variant: Variant, config: BertConfig): Int32Array {
  const positions = new Int32Array(ids.length);
  const skipsPadding = variant.positions === 'after-padding';
  for (let b = 0; b + 1 < offsets.length; b++) {
    const start = offsets[b] as number;
    const end = offsets[b + 1] as number;
    let next = config.firstPosition;
    for (let t = start; t < end; t++) {
      positions[t] = skipsPadding && ids[t] === config.padId ? config.padId : next++;
    }
    if (next > config.positionRows) {
      throw new VerbenaError(
        'text-too-long',
        `A text of ${end - start} tokens is longer than the ${config.positionRows - config.firstPosition} positions of this model.`,
        `Set the length limit to ${config.positionRows - config.firstPosition} or less, or choose XLNet, which has no such limit.`,
        { tokens: end - start, most: config.positionRows - config.firstPosition },
      );
    }
  }
  return positions;
}

function oneHot(segments: Int32Array, types: number): Float32Array {
  const rows = new Float32Array(segments.length * types);
  segments.forEach((type, t) => {
    if (!(type >= 0 && type < types)) {
      throw new VerbenaError(
        'segment-unknown',
        `Token type ${type} is beyond this model's ${types}.`,
        'Use the tokenizer that was published with this model.',
        { type, types },
      );
    }
    rows[t * types + type] = 1;
  });
  return rows;
}

/** No kernel of the family reads R; memory and time estimates take half of it for the longest sequence. */
function longestOf(offsets: Uint32Array): number {
  let longest = 1;
  for (let b = 0; b + 1 < offsets.length; b++)
    longest = Math.max(longest, (offsets[b + 1] as number) - (offsets[b] as number));
  return longest;
}
