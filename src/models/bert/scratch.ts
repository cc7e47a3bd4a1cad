/** The size of a small encoder that starts from random weights. */
export interface ScratchSize {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  /** Longest text, special tokens included. */
  readonly positions: number;
  readonly dropout: number;
}

/** Learns verb and noun of 20,000 instructions in minutes on a CPU. */
export const scratchDefaults: ScratchSize = {
  layers: 2,
  width: 128,
  heads: 4,
  inner: 512,
  positions: 128,
  dropout: 0.1,
};

/** The `config.json` of a BERT of this size over a vocabulary. */
export function scratchBert(vocabularySize: number, size: ScratchSize): Record<string, unknown> {
  const { layers, width, heads, inner, positions, dropout } = size;
  return {
    architectures: ['BertModel'],
    model_type: 'bert',
    vocab_size: vocabularySize,
    hidden_size: width,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: inner,
    hidden_act: 'gelu',
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: dropout,
    max_position_embeddings: positions,
    type_vocab_size: 1,
    layer_norm_eps: 1e-12,
    pad_token_id: 0,
    // Near 1 / sqrt(width): with the usual 0.02, meant for width 768, a narrow encoder hardly leaves its start (docs/results.md).
    initializer_range: Number(Math.min(0.08, 1 / Math.sqrt(width)).toFixed(4)),
    torch_dtype: 'float32',
  };
}
