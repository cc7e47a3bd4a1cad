import { maxAttentionBlocks } from '../../engine/ops/packing.ts';
import type { ModelFamily } from '../family.ts';
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
      capacity: ({ tokens, sequences, maxLength }) => ({
        T: tokens,
        B: sequences,
        R: 2 * Math.ceil(maxLength / 16) * 16,
        K: maxAttentionBlocks(tokens, sequences),
      }),
      feed: (batch, options) =>
        xlnetFeed(batch, {
          width: config.d_model,
          seed: options.seed,
          lossScale: options.lossScale,
          lengthMultiple: options.lengthMultiple,
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
