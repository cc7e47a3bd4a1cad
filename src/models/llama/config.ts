import * as z from 'zod/mini';
import { VerbenaError } from '../../base/errors.ts';

/** How a family departs from Llama, as data: where its projections have biases, and whether its q and k heads are normed. */
interface Family {
  readonly qkvBias: boolean | 'configured';
  readonly outBias: boolean | 'configured';
  readonly qkNorm: boolean;
  readonly epsilon: number;
  readonly tied: boolean;
  readonly maxPositions: number;
  readonly theta: number;
}

const llama: Family = {
  qkvBias: 'configured',
  outBias: 'configured',
  qkNorm: false,
  epsilon: 1e-6,
  tied: false,
  maxPositions: 2048,
  theta: 10_000,
};

/** `model_type` -> family; defaults are transformers' own. */
const families = {
  llama,
  mistral: { ...llama, qkvBias: false, outBias: false, maxPositions: 131_072 },
  qwen2: { ...llama, qkvBias: true, outBias: false, maxPositions: 32_768 },
  qwen3: { ...llama, qkNorm: true, maxPositions: 32_768 },
} as const satisfies Readonly<Record<string, Family>>;

/** The `model_type`s that the engine's decoder runs. */
const decoderTypes = Object.keys(families) as readonly string[];

function isDecoderType(modelType: unknown): boolean {
  return typeof modelType === 'string' && modelType in families;
}

/** How angles are stretched beyond the trained length. */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalPositions: number;
    };

/** What decides the computation of any member of the family. */
export interface LlamaConfig {
  readonly modelType: string;
  readonly vocabularySize: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly headSize: number;
  readonly inner: number;
  readonly epsilon: number;
  readonly theta: number;
  readonly scaling: RopeScaling;
  readonly qkvBias: boolean;
  readonly outBias: boolean;
  readonly mlpBias: boolean;
  readonly qkNorm: boolean;
  /** The embedding is the head's weight too. */
  readonly tied: boolean;
  /** Tokens that prompt and reply may have together. */
  readonly maxPositions: number;
  readonly initializerRange: number;
  readonly beginId: number | null;
  readonly endIds: readonly number[];
}

const size = z.int().check(z.positive());
const tokenId = z.int().check(z.gte(0));
const ropeSchema = z.object({
  rope_type: z.optional(z.string()),
  type: z.optional(z.string()),
  rope_theta: z.optional(z.number().check(z.positive())),
  factor: z.optional(z.number().check(z.positive())),
  low_freq_factor: z.optional(z.number().check(z.positive())),
  high_freq_factor: z.optional(z.number().check(z.positive())),
  original_max_position_embeddings: z.optional(size),
  attention_factor: z.optional(z.nullable(z.literal(1))),
});

const schema = z.object({
  model_type: z.string(),
  vocab_size: size,
  hidden_size: size,
  intermediate_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: z.optional(z.nullable(size)),
  head_dim: z.optional(z.nullable(size)),
  hidden_act: z._default(z.enum(['silu', 'swish']), 'silu'),
  max_position_embeddings: z.optional(size),
  initializer_range: z._default(z.number(), 0.02),
  rms_norm_eps: z.optional(z.number().check(z.positive())),
  tie_word_embeddings: z.optional(z.boolean()),
  attention_bias: z._default(z.boolean(), false),
  mlp_bias: z._default(z.boolean(), false),
  rope_theta: z.optional(z.number().check(z.positive())),
  rope_scaling: z.optional(z.nullable(ropeSchema)),
  // transformers 5 keeps theta and scaling together.
  rope_parameters: z.optional(z.nullable(ropeSchema)),
  use_sliding_window: z.optional(z.boolean()),
  sliding_window: z.optional(z.nullable(size)),
  bos_token_id: z.optional(z.nullable(tokenId)),
  eos_token_id: z.optional(z.nullable(z.union([tokenId, z.array(tokenId)]))),
});

/** Reads a `config.json`, filling transformers' defaults. Throws `model-unsupported`, or `config-invalid` naming every field that is wrong. */
export function parseLlamaConfig(json: unknown): LlamaConfig {
  const type = (json as { model_type?: unknown } | null)?.model_type;
  const family: Family | undefined =
    typeof type === 'string' && isDecoderType(type) ? families[type as keyof typeof families] : undefined;
  if (!family)
    throw new VerbenaError(
      'model-unsupported',
      `The engine's decoder does not run models of type ${JSON.stringify(type ?? null)}.`,
      `Choose a model whose config.json says model_type ${decoderTypes.join(', ')}; SmolLM2 is one.`,
      { modelType: type, known: decoderTypes },
    );
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const fields = parsed.error.issues.map((issue) => issue.path.join('.') || 'config');
    throw invalid(
      parsed.error.issues.map((issue, i) => `${fields[i]}: ${issue.message}`),
      fields,
    );
  }
  const c = parsed.data;
  const heads = c.num_attention_heads;
  const keyHeads = c.num_key_value_heads ?? heads;
  const headSize = c.head_dim ?? c.hidden_size / heads;
  const configured = (bias: boolean | 'configured') => (bias === 'configured' ? c.attention_bias : bias);
  const problems = [
    ...(Number.isInteger(headSize)
      ? []
      : [`hidden_size ${c.hidden_size} is not a multiple of ${heads} heads`]),
    ...(headSize % 2 === 0 ? [] : [`head size ${headSize} is odd`]),
    ...(headSize <= 128 ? [] : [`head size ${headSize} is above 128`]),
    ...(heads % keyHeads === 0 ? [] : [`${keyHeads} key heads do not divide ${heads} heads`]),
  ];
  if (problems.length > 0)
    throw invalid(problems, ['num_attention_heads', 'num_key_value_heads', 'head_dim']);
  const maxPositions = c.max_position_embeddings ?? family.maxPositions;
  // Within one window, sliding attention is plain attention.
  const isSliding = c.use_sliding_window ?? type === 'mistral';
  const window = isSliding ? (c.sliding_window ?? null) : null;
  const ends = c.eos_token_id ?? [];
  return {
    modelType: c.model_type,
    vocabularySize: c.vocab_size,
    width: c.hidden_size,
    layers: c.num_hidden_layers,
    heads,
    keyHeads,
    headSize,
    inner: c.intermediate_size,
    epsilon: c.rms_norm_eps ?? family.epsilon,
    theta: c.rope_parameters?.rope_theta ?? c.rope_theta ?? family.theta,
    scaling: scalingOf(c.rope_parameters ?? c.rope_scaling ?? null, maxPositions),
    qkvBias: configured(family.qkvBias),
    outBias: configured(family.outBias),
    mlpBias: c.mlp_bias,
    qkNorm: family.qkNorm,
    tied: c.tie_word_embeddings ?? family.tied,
    maxPositions: window === null ? maxPositions : Math.min(window, maxPositions),
    initializerRange: c.initializer_range,
    beginId: c.bos_token_id ?? null,
    endIds: typeof ends === 'number' ? [ends] : ends,
  };
}

function scalingOf(rope: z.infer<typeof ropeSchema> | null, maxPositions: number): RopeScaling {
  const kind = rope?.rope_type ?? rope?.type ?? 'default';
  const number = (name: keyof z.infer<typeof ropeSchema>): number => {
    const value = rope?.[name];
    if (typeof value === 'number') return value;
    throw invalid([`rope ${kind} needs ${name}`], [name]);
  };
  switch (kind) {
    // Dynamic scaling begins past the trained length, which no text here reaches.
    case 'dynamic':
    case 'default':
      return { kind: 'none' };
    case 'linear':
      return { kind, factor: number('factor') };
    case 'llama3':
      return {
        kind,
        factor: number('factor'),
        lowFrequencyFactor: number('low_freq_factor'),
        highFrequencyFactor: number('high_freq_factor'),
        originalPositions: rope?.original_max_position_embeddings ?? maxPositions,
      };
    default:
      throw invalid([`rope_type ${kind} is not known`], ['rope_type']);
  }
}

function invalid(problems: readonly string[], fields: readonly string[]): VerbenaError {
  return new VerbenaError(
    'config-invalid',
    `config.json is not a decoder configuration Verbena can run (${problems.join('; ')}).`,
    'Choose a Llama-like model with default, linear or llama3 rotary positions, for example SmolLM2.',
    { fields },
  );
}
