/** A published checkpoint that Verbena trains, one a family: the encoders of the InstructNet comparison. */
export interface ModelPreset {
  readonly repository: string;
  /** As a picker names it. */
  readonly title: string;
  readonly description: string;
  /** The fields of its config.json that differ from transformers' defaults for its type. */
  readonly config: Readonly<Record<string, string | number>>;
  /** Of the encoder, without any head: counted from the architecture, which a test repeats. */
  readonly parameters: number;
}

export const modelPresets: readonly ModelPreset[] = [
  {
    repository: 'xlnet/xlnet-base-cased',
    title: 'XLNet-base',
    description: 'The paper’s model: texts of any length.',
    config: { model_type: 'xlnet', vocab_size: 32000, d_model: 768, n_layer: 12, n_head: 12, d_inner: 3072 },
    parameters: 116_718_336,
  },
  {
    repository: 'google-bert/bert-base-uncased',
    title: 'BERT-base, uncased',
    description: 'Uncased, texts of up to 512 tokens.',
    config: { model_type: 'bert' },
    parameters: 108_891_648,
  },
  {
    repository: 'FacebookAI/roberta-base',
    title: 'RoBERTa-base',
    description: 'Cased, texts of up to 512 tokens.',
    config: { model_type: 'roberta', max_position_embeddings: 514, type_vocab_size: 1, layer_norm_eps: 1e-5 },
    parameters: 124_055_040,
  },
  {
    repository: 'google/electra-base-discriminator',
    title: 'ELECTRA-base',
    description: 'Uncased, texts of up to 512 tokens.',
    config: {
      model_type: 'electra',
      embedding_size: 768,
      hidden_size: 768,
      num_attention_heads: 12,
      intermediate_size: 3072,
    },
    parameters: 108_891_648,
  },
  {
    repository: 'distilbert/distilbert-base-uncased',
    title: 'DistilBERT-base, uncased',
    description: 'Uncased, six layers, up to 512 tokens.',
    config: { model_type: 'distilbert' },
    parameters: 66_362_880,
  },
];

/** The preset of a repository, under its owner's name or, as the hub redirects them, without one. */
export function presetOf(repository: string): ModelPreset | null {
  return (
    modelPresets.find((preset) => preset.repository === repository) ??
    modelPresets.find((preset) => preset.repository.endsWith(`/${repository}`)) ??
    null
  );
}

/** `about 467 MB of f32 weights`: four bytes a parameter. What the hub holds may carry a pretraining head besides. */
export function weightSize({ parameters }: ModelPreset): string {
  return `about ${Math.round((parameters * 4) / 1e6)} MB of f32 weights`;
}
