import { differentiate } from '../../engine/graph/autodiff.ts';
import { GraphBuilder } from '../../engine/graph/builder.ts';
import type { Graph, ParameterPart, Tensor } from '../../engine/graph/types.ts';
import { activation } from '../../engine/ops/activation/op.ts';
import { add } from '../../engine/ops/add/op.ts';
import { addBias } from '../../engine/ops/addBias/op.ts';
import { bceWithLogits } from '../../engine/ops/bceWithLogits/op.ts';
import { dropout } from '../../engine/ops/dropout/op.ts';
import { embedding } from '../../engine/ops/embedding/op.ts';
import { layerNorm } from '../../engine/ops/layerNorm/op.ts';
import { matmul } from '../../engine/ops/matmul/op.ts';
import { relativeAttention } from '../../engine/ops/relativeAttention/op.ts';
import { takeRows } from '../../engine/ops/takeRows/op.ts';
import type { XlnetConfig } from './config.ts';

export interface XlnetGraphOptions {
  readonly config: XlnetConfig;
  readonly labelCount: number;
  /** Adds loss and gradients, and draws dropout. */
  readonly training: boolean;
  /** Replaces the configured rate; null: as configured. */
  readonly dropout: number | null;
  /** Keep every layer's hidden state readable as `hidden.0` ... `hidden.n`. */
  readonly keepHidden?: boolean;
}

/**
 * XLNet with Hugging Face's sequence-classification head over packed sequences: `XLNetForSequenceClassification`,
 * `problem_type` multi-label. Inputs: ids, segments `[T]` i32; order `[T]`, blocks `[K, 4]`, summaryRows `[B]` u32;
 * positions `[R, d_model]`; training also targets `[B, labels]`. Outputs: `logits` `[B, labels]`, in training `loss`.
 */
export function buildXlnetGraph(options: XlnetGraphOptions): Graph {
  const { config, labelCount, training } = options;
  const { d_model: width, n_head: heads, d_head: headSize, d_inner: inner } = config;
  const rate = training ? (options.dropout ?? config.dropout) : 0;
  const summaryRate = training ? (options.dropout ?? config.summary_last_dropout) : 0;
  const g = new GraphBuilder();
  let site = 0;
  const dropped = (x: Tensor, share: number, name: string): Tensor => {
    site += 1;
    return share > 0 ? g.one(dropout({ rate: share, salt: site }), [x], name) : x;
  };

  const ids = g.input('ids', ['T'], 'i32');
  const order = g.input('order', ['T'], 'u32');
  const segments = g.input('segments', ['T'], 'i32');
  const blocks = g.input('blocks', ['K', 4], 'u32');
  const table = g.parameter({
    name: 'transformer.word_embedding.weight',
    shape: [config.vocab_size, width],
    group: 'embedding',
    role: 'weight',
  });
  let hidden = dropped(g.one(embedding(), [table, ids, order], 'embedded'), rate, 'embedded.dropped');
  const positions = dropped(g.input('positions', ['R', width], 'f32'), rate, 'positions.dropped');
  if (options.keepHidden) g.output('hidden.0', hidden);

  for (let layer = 0; layer < config.n_layer; layer++) {
    const prefix = `transformer.layer.${layer}`;
    const group = `layer.${layer}`;
    const weight = (name: string, shape: readonly number[], parts?: readonly ParameterPart[]) =>
      g.parameter({ name: `${prefix}.${name}`, shape, group, role: 'weight', ...(parts ? { parts } : {}) });
    const bias = (name: string, size: number) =>
      g.parameter({ name: `${prefix}.${name}`, shape: [size], group, role: 'bias' });
    const norm = (name: string, x: Tensor) => {
      const gamma = g.parameter({ name: `${prefix}.${name}.weight`, shape: [width], group, role: 'norm' });
      const beta = g.parameter({ name: `${prefix}.${name}.bias`, shape: [width], group, role: 'norm' });
      return g.one(layerNorm(config.layer_norm_eps), [x, gamma, beta], `${group}.${name}`);
    };
    const fileHeads = [width, heads, headSize];
    const projection = (letter: string, start: number): ParameterPart => ({
      name: `${prefix}.rel_attn.${letter}`,
      shape: fileHeads,
      axis: 'columns',
      start,
      length: width,
    });
    const whole = (letter: string) => weight(`rel_attn.${letter}`, [width, width], [projection(letter, 0)]);

    // q, k and v share one matrix product: [T, d] · [d, 3 d].
    const qkvWeight = weight(
      'rel_attn.qkv',
      [width, 3 * width],
      [projection('q', 0), projection('k', width), projection('v', 2 * width)],
    );
    const qkv = g.one(matmul({ transposeA: false, transposeB: false }), [hidden, qkvWeight], `${group}.qkv`);
    const r = g.one(matmul({ transposeA: false, transposeB: false }), [positions, whole('r')], `${group}.r`);
    const attended = g.one(
      relativeAttention({
        heads,
        headSize,
        causal: config.attn_type === 'uni',
        segments: true,
        rate,
        salt: ++site,
      }),
      [qkv, r, ...attentionBiases(g, config, layer), segments, blocks],
      `${group}.attended`,
    );
    const projected = g.one(
      matmul({ transposeA: false, transposeB: true }),
      [attended, whole('o')],
      `${group}.o`,
    );
    hidden = norm(
      'rel_attn.layer_norm',
      g.one(add(), [dropped(projected, rate, `${group}.o.dropped`), hidden], `${group}.attention`),
    );

    const up = g.one(
      matmul({ transposeA: false, transposeB: true }),
      [hidden, weight('ff.layer_1.weight', [inner, width])],
      `${group}.up`,
    );
    const activated = g.one(
      activation(config.ff_activation),
      [g.one(addBias(), [up, bias('ff.layer_1.bias', inner)], `${group}.up.biased`)],
      `${group}.activated`,
    );
    const down = g.one(
      matmul({ transposeA: false, transposeB: true }),
      [dropped(activated, rate, `${group}.activated.dropped`), weight('ff.layer_2.weight', [width, inner])],
      `${group}.down`,
    );
    const biased = g.one(addBias(), [down, bias('ff.layer_2.bias', width)], `${group}.down.biased`);
    hidden = norm(
      'ff.layer_norm',
      g.one(add(), [dropped(biased, rate, `${group}.down.dropped`), hidden], `${group}.feedForward`),
    );
    if (options.keepHidden) g.output(`hidden.${layer + 1}`, hidden);
  }

  hidden = dropped(hidden, rate, 'final.dropped');
  let summary = g.one(takeRows(), [hidden, g.input('summaryRows', ['B'], 'u32')], 'summary.rows');
  const linear = (x: Tensor, name: string, rows: number, columns: number) =>
    g.one(
      addBias(),
      [
        g.one(
          matmul({ transposeA: false, transposeB: true }),
          [x, g.parameter({ name: `${name}.weight`, shape: [rows, columns], group: 'head', role: 'weight' })],
          `${name}.product`,
        ),
        g.parameter({ name: `${name}.bias`, shape: [rows], group: 'head', role: 'bias' }),
      ],
      name,
    );
  if (config.summary_use_proj) summary = linear(summary, 'sequence_summary.summary', width, width);
  if (config.summary_activation === 'tanh') summary = g.one(activation('tanh'), [summary], 'summary.tanh');
  summary = dropped(summary, summaryRate, 'summary.dropped');
  const logits = linear(summary, 'logits_proj', labelCount, width);
  g.output('logits', logits);

  if (training) {
    const [loss] = g.apply(bceWithLogits(), [logits, g.input('targets', ['B', labelCount], 'f32')], 'loss');
    if (loss) {
      g.output('loss', loss);
      differentiate(g, loss);
    }
  }
  return g.build();
}

/** `[biases [3, d], segmentEmbedding [2, d]]` of a layer; one set of biases for all layers where `untie_r` is false. */
function attentionBiases(g: GraphBuilder, config: XlnetConfig, layer: number): Tensor[] {
  const { d_model: width, n_head: heads, d_head: headSize } = config;
  const owner = `transformer.layer.${config.untie_r ? layer : 0}.rel_attn`;
  const row = (name: string, start: number): ParameterPart => ({
    name: `${owner}.${name}`,
    shape: [heads, headSize],
    axis: 'rows',
    start,
    length: 1,
  });
  return [
    g.parameter({
      name: `${owner}.biases`,
      shape: [3, width],
      group: config.untie_r ? `layer.${layer}` : 'shared',
      role: 'bias',
      parts: [row('r_w_bias', 0), row('r_r_bias', 1), row('r_s_bias', 2)],
    }),
    g.parameter({
      name: `transformer.layer.${layer}.rel_attn.seg_embed`,
      shape: [2, width],
      group: `layer.${layer}`,
      role: 'weight',
      parts: [
        {
          name: `transformer.layer.${layer}.rel_attn.seg_embed`,
          shape: [2, heads, headSize],
          axis: 'rows',
          start: 0,
          length: 2,
        },
      ],
    }),
  ];
}
