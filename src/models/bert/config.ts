import * as z from 'zod/mini';
import { VerbenaError } from '../../base/errors.ts';
import { activationKinds, type ActivationKind } from '../../engine/ops/activation/options.ts';
import { firstPositionOf, type Variant } from './variants.ts';

/** What decides the computation of any member of the family, under one set of names. */
export interface BertConfig {
  readonly vocabularySize: number;
  /** Width of the embeddings; where it is not `width`, a projection follows. */
  readonly embeddingWidth: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly headSize: number;
  readonly inner: number;
  readonly activation: ActivationKind;
  readonly hiddenDropout: number;
  readonly attentionDropout: number;
  readonly headDropout: number;
  /** Rows of the position table. */
  readonly positionRows: number;
  /** Row of a text's first token. */
  readonly firstPosition: number;
  readonly padId: number;
  /** 0: no token types. */
  readonly typeVocabulary: number;
  readonly epsilon: number;
  readonly initializerRange: number;
}

// transformers knows these activations under more than one name.
const aliases: Readonly<Record<string, ActivationKind>> = {
  gelu_pytorch_tanh: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_python: 'gelu',
  swish: 'silu',
};

const size = z.int().check(z.positive());
const rate = z.number().check(z.gte(0), z.lt(1));

/** The fields of one member's `config.json`, with Hugging Face's defaults. */
function schemaOf({ modelType, fields, defaults }: Variant) {
  const optional = (name: string | null, schema: z.ZodMiniType) => (name === null ? {} : { [name]: schema });
  return z.object({
    model_type: z.literal(modelType),
    vocab_size: z._default(size, defaults.vocabularySize),
    max_position_embeddings: z._default(size, defaults.maxPositionEmbeddings),
    pad_token_id: z._default(z.nullable(z.int().check(z.gte(0))), defaults.padId),
    initializer_range: z._default(z.number(), 0.02),
    [fields.width]: z._default(size, defaults.width),
    [fields.layers]: z._default(size, defaults.layers),
    [fields.heads]: z._default(size, defaults.heads),
    [fields.inner]: z._default(size, defaults.inner),
    [fields.activation]: z._default(z.enum([...activationKinds, ...Object.keys(aliases)]), 'gelu'),
    [fields.hiddenDropout]: z._default(rate, 0.1),
    [fields.attentionDropout]: z._default(rate, 0.1),
    [fields.headDropout]: z._default(z.nullable(rate), defaults.headDropout),
    ...optional(fields.embeddingWidth, z._default(size, defaults.embeddingWidth ?? defaults.width)),
    ...optional(
      fields.typeVocabulary,
      z._default(z.int().check(z.gte(0), z.lte(64)), defaults.typeVocabulary),
    ),
    ...optional(fields.epsilon, z._default(z.number().check(z.positive()), defaults.epsilon)),
    // What would make another computation of the same tensors.
    position_embedding_type: z.optional(z.nullable(z.literal('absolute'))),
    is_decoder: z.optional(z.literal(false)),
    add_cross_attention: z.optional(z.literal(false)),
    sinusoidal_pos_embds: z.optional(z.literal(false)),
    pruned_heads: z.optional(z.record(z.string(), z.never())),
  });
}

/** Reads a `config.json`, filling Hugging Face's defaults. Throws `config-invalid` naming every field that is wrong. */
export function parseBertConfig(variant: Variant, json: unknown): BertConfig {
  const parsed = schemaOf(variant).safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`,
    );
    throw invalid(
      variant,
      problems,
      parsed.error.issues.map((issue) => issue.path.join('.')),
    );
  }
  const { fields, defaults } = variant;
  const values = parsed.data as Readonly<Record<string, unknown>>;
  // The schema has made numbers of these, or refused.
  const number = (name: string) => values[name] as number;
  const either = (name: string | null, otherwise: number) => (name === null ? otherwise : number(name));
  const named = values[fields.activation] as string;
  const width = number(fields.width);
  const heads = number(fields.heads);
  const padId = (values['pad_token_id'] as number | null) ?? defaults.padId;
  const hiddenDropout = number(fields.hiddenDropout);
  const positionRows = number('max_position_embeddings');
  const firstPosition = firstPositionOf(variant, padId);
  if (width % heads !== 0) {
    throw invalid(
      variant,
      [`${fields.width} ${width} is not a multiple of ${fields.heads} ${heads}`],
      [fields.width, fields.heads],
    );
  }
  if (positionRows <= firstPosition) {
    throw invalid(
      variant,
      [`max_position_embeddings ${positionRows} leaves no position after padding's ${padId}`],
      ['max_position_embeddings', 'pad_token_id'],
    );
  }
  return {
    vocabularySize: number('vocab_size'),
    embeddingWidth: either(fields.embeddingWidth, width),
    width,
    layers: number(fields.layers),
    heads,
    headSize: width / heads,
    inner: number(fields.inner),
    activation: aliases[named] ?? (named as ActivationKind),
    hiddenDropout,
    attentionDropout: number(fields.attentionDropout),
    headDropout: (values[fields.headDropout] as number | null) ?? hiddenDropout,
    positionRows,
    firstPosition,
    padId,
    typeVocabulary: either(fields.typeVocabulary, defaults.typeVocabulary),
    epsilon: either(fields.epsilon, defaults.epsilon),
    initializerRange: number('initializer_range'),
  };
}

function invalid(
  { title, example }: Variant,
  problems: readonly string[],
  fields: readonly string[],
): VerbenaError {
  return new VerbenaError(
    'config-invalid',
    `config.json is not ${title} configuration Verbena can run (${problems.join('; ')}).`,
    `Choose an encoder with absolute positions, for example ${example}.`,
    { fields },
  );
}
