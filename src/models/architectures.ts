import { firstPositionOf, variants } from './bert/variants.ts';

// What services need to know of a model from its config.json alone, without the engine: no graph is imported here.

/** transformers' class for a classifier of this `model_type`; null where Verbena does not know the type. */
export function classifierArchitecture(modelType: string): string | null {
  if (modelType === 'xlnet') return 'XLNetForSequenceClassification';
  return variants.find((variant) => variant.modelType === modelType)?.architecture ?? null;
}

/** Tokens of the longest text that a model's positions allow, special tokens included; null: no limit, or an unknown type. */
export function longestText(config: Readonly<Record<string, unknown>>): number | null {
  const variant = variants.find(({ modelType }) => modelType === config['model_type']);
  if (!variant) return null;
  const { padId, maxPositionEmbeddings } = variant.defaults;
  const number = (name: string, otherwise: number) => {
    const value = config[name];
    return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : otherwise;
  };
  const rows = number('max_position_embeddings', maxPositionEmbeddings);
  return Math.max(1, rows - firstPositionOf(variant, number('pad_token_id', padId)));
}
