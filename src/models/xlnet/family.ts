import type { Dims } from '../../engine/graph/types.ts';
import { maxAttentionBlocks } from '../../engine/ops/packing.ts';
import type { BatchCapacity, ModelFamily } from '../family.ts';
import { parseXlnetConfig } from './config.ts';
import { xlnetFeed } from './feed.ts';
import { buildXlnetGraph } from './graph.ts';

/** XLNet behind the interface that the trainer knows. */
export const xlnetFamily: ModelFamily = {
  modelType: 'xlnet',
  create(json) {
    const config = parseXlnetConfig(json);
    return {
      vocabularySize: config.vocab_size,
      maxPositions: null,
      initializerRange: config.initializer_range,
      headPrefixes: ['sequence_summary.', 'logits_proj.'],
      ignoredPrefixes: [
        'lm_loss.',
        'qa_outputs.',
        'start_logits.',
        'end_logits.',
        'answer_class.',
        'classifier.',
      ],
      namePrefix: 'transformer.',
      passthrough: [{ name: 'transformer.mask_emb', shape: [1, 1, config.d_model] }],
      graph: (options) => buildXlnetGraph({ config, ...options }),
      // <sep> <cls>
      specials: { before: 0, after: 2 },
      recurrence: { layers: config.n_layer, width: config.d_model },
      capacity: dimsOf,
      feed: (batch, options) =>
        xlnetFeed(batch, {
          width: config.d_model,
          seed: options.seed,
          lossScale: options.lossScale,
          lengthMultiple: options.lengthMultiple,
          memoryLayers: options.memory ? config.n_layer : null,
          clampLength: config.clamp_len,
          halfReversed: config.bi_data,
        }),
      // XLNet's tokenizer: text and <sep> are segment 0, <cls> is segment 2.
      segmentIds(ids) {
        const segments = new Int32Array(ids.length);
        if (ids.length > 0) segments[ids.length - 1] = 2;
        return segments;
      },
    };
  },
};

function dimsOf({ tokens, sequences, maxLength, memoryLength = 0 }: BatchCapacity): Dims {
  const K = maxAttentionBlocks(tokens, sequences);
  const R = 2 * Math.ceil((maxLength + memoryLength) / 16) * 16;
  if (memoryLength === 0) return { T: tokens, B: sequences, R, K };
  // Rows of memory are at most as many as tokens: who has them is a full segment (`carryMemory`).
  const M = Math.min(tokens, sequences * memoryLength);
  return { T: tokens, B: sequences, R, K: K + maxAttentionBlocks(M, sequences), M, N: tokens + M };
}
