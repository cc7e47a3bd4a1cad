import * as z from 'zod/mini';
import { VerbenaError } from '../../base/errors.ts';
import { activationKinds } from '../../engine/ops/activation/options.ts';

const schema = z.object({
  model_type: z.literal('xlnet'),
  vocab_size: z.int().check(z.positive()),
  d_model: z.int().check(z.positive()),
  n_layer: z.int().check(z.positive()),
  n_head: z.int().check(z.positive()),
  d_inner: z.int().check(z.positive()),
  d_head: z.optional(z.int().check(z.positive())),
  ff_activation: z._default(z.enum(activationKinds), 'gelu'),
  untie_r: z._default(z.boolean(), true),
  attn_type: z._default(z.enum(['bi', 'uni']), 'bi'),
  clamp_len: z._default(z.int(), -1),
  same_length: z._default(z.boolean(), false),
  bi_data: z._default(z.boolean(), false),
  initializer_range: z._default(z.number(), 0.02),
  layer_norm_eps: z._default(z.number().check(z.positive()), 1e-12),
  dropout: z._default(z.number().check(z.gte(0), z.lt(1)), 0.1),
  summary_type: z._default(z.enum(['last', 'first', 'cls_index']), 'last'),
  summary_use_proj: z._default(z.boolean(), true),
  summary_activation: z._default(z.nullable(z.literal('tanh')), 'tanh'),
  summary_last_dropout: z._default(z.number().check(z.gte(0), z.lt(1)), 0.1),
});

/** The part of a Hugging Face XLNet `config.json` that decides the computation. */
export type XlnetConfig = Omit<z.infer<typeof schema>, 'd_head'> & { readonly d_head: number };

/** Reads a `config.json`, filling Hugging Face's defaults. Throws `config-invalid` naming every field that is wrong. */
export function parseXlnetConfig(json: unknown): XlnetConfig {
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(
      (issue) => `${issue.path.join('.') || 'config'}: ${issue.message}`,
    );
    throw new VerbenaError(
      'config-invalid',
      `config.json is not an XLNet configuration Verbena can run (${fields.join('; ')}).`,
      'Choose an XLNet model, for example xlnet/xlnet-base-cased.',
      { fields },
    );
  }
  const config = parsed.data;
  const headSize = config.d_head ?? config.d_model / config.n_head;
  if (!Number.isInteger(headSize) || headSize * config.n_head !== config.d_model) {
    throw new VerbenaError(
      'config-invalid',
      `d_model ${config.d_model} is not n_head ${config.n_head} × d_head ${headSize}.`,
      'Check config.json: XLNet needs d_model = n_head × d_head.',
      { fields: ['d_model', 'n_head', 'd_head'] },
    );
  }
  return { ...config, d_head: headSize };
}
