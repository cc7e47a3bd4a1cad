import type { ActivationKind } from '../../engine/ops/activation/options.ts';

/** Where a hidden layer's tensors are called what, relative to the layer. */
export interface LayerNames {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly attentionOutput: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly outputNorm: string;
}

/** How `config.json` calls what the members of the family share; null: a member has no such field, and `fixed` says its value. */
export interface ConfigFields {
  readonly width: string;
  readonly layers: string;
  readonly heads: string;
  readonly inner: string;
  readonly activation: string;
  readonly hiddenDropout: string;
  readonly attentionDropout: string;
  /** Null in a file means the hidden dropout. */
  readonly headDropout: string;
  readonly embeddingWidth: string | null;
  readonly typeVocabulary: string | null;
  readonly epsilon: string | null;
}

/** Hugging Face's `*ForSequenceClassification` on the first token: (dropout) dense, activation, dropout, output. */
export interface HeadShape {
  readonly dense: string;
  readonly output: string;
  readonly activation: ActivationKind;
  readonly dropsFirst: boolean;
}

/** One member of the BERT family: everything in which it differs from the others. */
export interface Variant {
  readonly modelType: string;
  /** As a sentence names it. */
  readonly title: string;
  /** transformers' class that the head is taken from. */
  readonly architecture: string;
  /** A published checkpoint to name in errors. */
  readonly example: string;
  /** The encoder's prefix in published names, which files of the bare encoder leave out. */
  readonly prefix: string;
  /** Followed by a layer's number. */
  readonly layers: string;
  readonly names: LayerNames;
  readonly fields: ConfigFields;
  /** Hugging Face's defaults, under the names of `BertFields`. */
  readonly defaults: {
    readonly vocabularySize: number;
    readonly maxPositionEmbeddings: number;
    readonly embeddingWidth: number | null;
    readonly width: number;
    readonly layers: number;
    readonly heads: number;
    readonly inner: number;
    /** 0: no token types at all. */
    readonly typeVocabulary: number;
    readonly epsilon: number;
    readonly padId: number;
    readonly headDropout: number | null;
  };
  /** `after-padding`: the first token stands at `pad_token_id + 1`, and padding tokens at `pad_token_id` (fairseq's). */
  readonly positions: 'from-zero' | 'after-padding';
  /** Whether the attention's output is dropped before it meets the residual. */
  readonly dropsAttentionOutput: boolean;
  readonly head: HeadShape;
  /** Tensors that a pretrained file may lack. */
  readonly headPrefixes: readonly string[];
  /** Tensors of pretraining heads and saved buffers, with and without the encoder's prefix. */
  readonly ignoredPrefixes: readonly string[];
}

const bertNames: LayerNames = {
  query: 'attention.self.query',
  key: 'attention.self.key',
  value: 'attention.self.value',
  attentionOutput: 'attention.output.dense',
  attentionNorm: 'attention.output.LayerNorm',
  up: 'intermediate.dense',
  down: 'output.dense',
  outputNorm: 'output.LayerNorm',
};

const bertFields: ConfigFields = {
  width: 'hidden_size',
  layers: 'num_hidden_layers',
  heads: 'num_attention_heads',
  inner: 'intermediate_size',
  activation: 'hidden_act',
  hiddenDropout: 'hidden_dropout_prob',
  attentionDropout: 'attention_probs_dropout_prob',
  headDropout: 'classifier_dropout',
  embeddingWidth: null,
  typeVocabulary: 'type_vocab_size',
  epsilon: 'layer_norm_eps',
};

const baseDefaults: Variant['defaults'] = {
  vocabularySize: 30522,
  maxPositionEmbeddings: 512,
  embeddingWidth: null,
  width: 768,
  layers: 12,
  heads: 12,
  inner: 3072,
  typeVocabulary: 2,
  epsilon: 1e-12,
  padId: 0,
  headDropout: null,
};

// Heads of other tasks, which a pretrained or fine-tuned file may carry.
const otherTasks = ['qa_outputs.', 'cls.', 'lm_head.', 'vocab_', 'mlm_'];
const buffers = ['embeddings.position_ids', 'embeddings.token_type_ids'];

function ignored(prefix: string, own: readonly string[]): string[] {
  return [...otherTasks, ...[...buffers, ...own].flatMap((name) => [name, `${prefix}${name}`])];
}

const bert: Variant = {
  modelType: 'bert',
  title: 'a BERT',
  architecture: 'BertForSequenceClassification',
  example: 'google-bert/bert-base-uncased',
  prefix: 'bert.',
  layers: 'bert.encoder.layer.',
  names: bertNames,
  fields: bertFields,
  defaults: baseDefaults,
  positions: 'from-zero',
  dropsAttentionOutput: true,
  head: { dense: 'bert.pooler.dense', output: 'classifier', activation: 'tanh', dropsFirst: false },
  headPrefixes: ['bert.pooler.', 'classifier.'],
  ignoredPrefixes: ignored('bert.', []),
};

// A token classifier's head is one layer by the name of this one's module.
const plainClassifier = ['classifier.weight', 'classifier.bias'];

// The encoder's own pooler takes no part in RobertaForSequenceClassification.
const roberta: Variant = {
  ...bert,
  modelType: 'roberta',
  title: 'a RoBERTa',
  architecture: 'RobertaForSequenceClassification',
  example: 'FacebookAI/roberta-base',
  prefix: 'roberta.',
  layers: 'roberta.encoder.layer.',
  defaults: { ...baseDefaults, vocabularySize: 50265, padId: 1 },
  positions: 'after-padding',
  head: { dense: 'classifier.dense', output: 'classifier.out_proj', activation: 'tanh', dropsFirst: true },
  headPrefixes: ['classifier.'],
  ignoredPrefixes: [...ignored('roberta.', ['pooler.']), ...plainClassifier],
};

const electra: Variant = {
  ...bert,
  modelType: 'electra',
  title: 'an ELECTRA',
  architecture: 'ElectraForSequenceClassification',
  example: 'google/electra-base-discriminator',
  prefix: 'electra.',
  layers: 'electra.encoder.layer.',
  fields: { ...bertFields, embeddingWidth: 'embedding_size' },
  defaults: { ...baseDefaults, embeddingWidth: 128, width: 256, heads: 4, inner: 1024 },
  head: { dense: 'classifier.dense', output: 'classifier.out_proj', activation: 'gelu', dropsFirst: true },
  headPrefixes: ['classifier.'],
  ignoredPrefixes: [
    ...ignored('electra.', []),
    ...plainClassifier,
    'discriminator_predictions.',
    'generator_predictions.',
    'generator_lm_head.',
  ],
};

const distilbert: Variant = {
  modelType: 'distilbert',
  title: 'a DistilBERT',
  architecture: 'DistilBertForSequenceClassification',
  example: 'distilbert/distilbert-base-uncased',
  prefix: 'distilbert.',
  layers: 'distilbert.transformer.layer.',
  names: {
    query: 'attention.q_lin',
    key: 'attention.k_lin',
    value: 'attention.v_lin',
    attentionOutput: 'attention.out_lin',
    attentionNorm: 'sa_layer_norm',
    up: 'ffn.lin1',
    down: 'ffn.lin2',
    outputNorm: 'output_layer_norm',
  },
  fields: {
    width: 'dim',
    layers: 'n_layers',
    heads: 'n_heads',
    inner: 'hidden_dim',
    activation: 'activation',
    hiddenDropout: 'dropout',
    attentionDropout: 'attention_dropout',
    headDropout: 'seq_classif_dropout',
    embeddingWidth: null,
    typeVocabulary: null,
    epsilon: null,
  },
  defaults: { ...baseDefaults, layers: 6, typeVocabulary: 0, headDropout: 0.2 },
  positions: 'from-zero',
  dropsAttentionOutput: false,
  head: { dense: 'pre_classifier', output: 'classifier', activation: 'relu', dropsFirst: false },
  headPrefixes: ['pre_classifier.', 'classifier.'],
  ignoredPrefixes: ignored('distilbert.', []),
};

/** The members of the BERT family, as transformers' modelling files define them. */
export const variants: readonly Variant[] = [bert, roberta, electra, distilbert];

/** Row of the position table at which a text's first token stands. */
export function firstPositionOf({ positions }: Variant, padId: number): number {
  return positions === 'after-padding' ? padId + 1 : 0;
}
