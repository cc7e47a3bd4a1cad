import { maxAttentionBlocks } from '../../engine/ops/packing.ts';
import type { ModelFamily } from '../family.ts';
import { parseBertConfig } from './config.ts';
import { bertFeed } from './feed.ts';
import { buildBertGraph } from './graph.ts';
import { variants, type Variant } from './variants.ts';

/** BERT, RoBERTa, ELECTRA and DistilBERT behind the interface that the trainer knows. */
export const bertFamilies: readonly ModelFamily[] = variants.map(familyOf);

function familyOf(variant: Variant): ModelFamily {
  return {
    modelType: variant.modelType,
    create(json) {
      const config = parseBertConfig(variant, json);
      return {
        vocabularySize: config.vocabularySize,
        maxPositions: config.positionRows - config.firstPosition,
        initializerRange: config.initializerRange,
        headPrefixes: variant.headPrefixes,
        ignoredPrefixes: variant.ignoredPrefixes,
        namePrefix: variant.prefix,
        passthrough: [],
        graph: (options) => buildBertGraph({ variant, config, ...options }),
        capacity: ({ tokens, sequences, maxLength }) => ({
          T: tokens,
          B: sequences,
          R: 2 * maxLength,
          K: maxAttentionBlocks(tokens, sequences),
        }),
        feed: (batch, { seed, lossScale }) => bertFeed(batch, { variant, config, seed, lossScale }),
        // [CLS] and [SEP], or <s> and </s>.
        specials: { before: 1, after: 1 },
        // A single text is all type 0; only the second of a pair would be 1.
        segmentIds: (ids) => new Int32Array(ids.length),
      };
    },
  };
}
