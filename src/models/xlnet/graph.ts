import type { GraphBuilder } from '../../engine/graph/builder.ts';
import type { Graph, ParameterPart, Tensor } from '../../engine/graph/types.ts';
import { activation } from '../../engine/ops/activation/op.ts';
import { attention } from '../../engine/ops/attention/op.ts';
import { embedding } from '../../engine/ops/embedding/op.ts';
import { joinRows } from '../../engine/ops/joinRows/op.ts';
import { takeRows } from '../../engine/ops/takeRows/op.ts';
import {
  addAndNorm,
  dropped,
  finishClassifier,
  linear,
  linearNames,
  ModelContext,
  headInput,
} from '../layers.ts';
import type { GraphOptions } from '../family.ts';
import { finishEmbedder } from '../pooled.ts';
import type { XlnetConfig } from './config.ts';

export interface XlnetGraphOptions extends GraphOptions {
  readonly config: XlnetConfig;
}

/**
 * XLNet with Hugging Face's sequence-classification head over packed sequences: `XLNetForSequenceClassification`,
 * `problem_type` multi-label. Inputs: ids, segments `[T]` i32; order `[T]`, blocks `[K, 4]`, summaryRows `[B]` u32;
 * positions `[R, d_model]`; training also targets `[B, labels]`. Outputs: `logits` `[B, labels]`, in training `loss`.
 *
 * With `memory` (Hugging Face's `mems`) also memory.0 ... `[M, d_model]`, a layer's input for the segment before; sources `[N]` and
 * ownRows `[T]` u32 (`memoryLayout`); segments are `[N]`, blocks `[K, 5]`.
 */
export function buildXlnetGraph(options: XlnetGraphOptions): Graph {
  const { config, labelCount, training, memory = false } = options;
  const width = config.d_model;
  const rate = training ? (options.dropout ?? config.dropout) : 0;
  const summaryRate = training ? (options.dropout ?? config.summary_last_dropout) : 0;
  const context = new ModelContext(options);
  const g = context.graph;

  const ids = g.input('ids', ['T'], 'i32');
  const order = g.input('order', ['T'], 'u32');
  const segments = g.input('segments', [memory ? 'N' : 'T'], 'i32');
  const blocks = g.input('blocks', ['K', memory ? 5 : 4], 'u32');
  const table = g.parameter({
    name: 'transformer.word_embedding.weight',
    shape: [config.vocab_size, width],
    group: 'embedding',
    role: 'weight',
  });
  const embedded = g.one(embedding(), [table, ids, order], 'embedded');
  let hidden = dropped(context, embedded, rate, 'embedded.dropped');
  const positions = dropped(context, g.input('positions', ['R', width], 'f32'), rate, 'positions.dropped');
  if (options.keepHidden) g.output('hidden.0', hidden);

  const summaryRows = g.input('summaryRows', ['B'], 'u32');
  const places = memory
    ? { sources: g.input('sources', ['N'], 'u32'), ownRows: g.input('ownRows', ['T'], 'u32') }
    : null;
  const { pooled } = options;
  const readsLast = !options.keepHidden && (pooled ?? { pooling: 'last' }).pooling === 'last';
  const shared = { options, rate, positions, segments, blocks, places };
  let beforeLast = hidden;
  for (let layer = 0; layer < config.n_layer; layer++) {
    beforeLast = hidden;
    // Past the last attention nothing is read but the token of the summary: the rest of that layer is computed for it alone.
    const narrowedTo = layer === config.n_layer - 1 && readsLast ? summaryRows : null;
    const attended = relativeAttention(context, hidden, layer, narrowedTo, shared);
    hidden = feedForward(context, attended, layer, shared);
    if (options.keepHidden) g.output(`hidden.${layer + 1}`, hidden);
  }

  hidden = dropped(context, hidden, rate, 'final.dropped');
  if (pooled) {
    finishEmbedder(context, { last: hidden, beforeLast, isNarrowed: readsLast }, pooled);
    return g.build();
  }
  let summary = options.keepHidden ? g.one(takeRows(), [hidden, summaryRows], 'summary.rows') : hidden;
  const headLinear = (name: string, outputs: number) =>
    linear(context, summary, { label: name, group: 'head', ...linearNames(name), inputs: width, outputs });
  if (config.summary_use_proj) summary = headLinear('sequence_summary.summary', width);
  if (config.summary_activation === 'tanh') summary = g.one(activation('tanh'), [summary], 'summary.tanh');
  summary = headInput(context, dropped(context, summary, summaryRate, 'summary.dropped'));
  finishClassifier(context, headLinear('logits_proj', labelCount), labelCount, training);
  return g.build();
}

/** What all layers read. */
interface SharedByLayers {
  readonly options: XlnetGraphOptions;
  /** Of dropout. */
  readonly rate: number;
  readonly positions: Tensor;
  readonly segments: Tensor;
  readonly blocks: Tensor;
  /** Where remembered rows go, and where a batch's own are; null without memory. */
  readonly places: { readonly sources: Tensor; readonly ownRows: Tensor } | null;
}

/** Relative attention with its residual and norm: `[T, d_model]`, or `[B, d_model]` of the rows `narrowedTo`. */
function relativeAttention(
  context: ModelContext,
  hidden: Tensor,
  layer: number,
  narrowedTo: Tensor | null,
  { options, rate, positions, segments, blocks, places }: SharedByLayers,
): Tensor {
  const { config } = options;
  const { d_model: width, n_head: heads, d_head: headSize } = config;
  const g = context.graph;
  const prefix = `transformer.layer.${layer}`;
  const group = `layer.${layer}`;
  const projection = (letter: string, start: number): ParameterPart => ({
    name: `${prefix}.rel_attn.${letter}`,
    shape: [width, heads, headSize],
    axis: 'columns',
    start,
    length: width,
  });
  // Stored [model, heads, head size]: inputs first, but for o, which maps back.
  const project = (x: Tensor, letters: readonly string[], label: string, isBack = false) =>
    linear(context, x, {
      label: `${group}.${label}`,
      group,
      weight: `${prefix}.rel_attn.${label}`,
      weightParts: letters.map((letter, i) => projection(letter, i * width)),
      bias: null,
      inputs: width,
      outputs: letters.length * width,
      stored: isBack ? 'outputs-first' : 'inputs-first',
    });

  // q, k and v share one matrix product: [T, d] · [d, 3 d].
  if (places && !options.training) g.output(`memory.${layer}`, hidden);
  const remembered = places ? g.input(`memory.${layer}`, ['M', width], 'f32') : null;
  const seen =
    places && remembered
      ? g.one(joinRows(), [hidden, remembered, places.sources, places.ownRows], `${group}.joined`)
      : hidden;
  const qkv = project(seen, ['q', 'k', 'v'], 'qkv');
  const r = project(positions, ['r'], 'r');
  const answers = g.one(
    attention({
      heads,
      headSize,
      causal: config.attn_type === 'uni',
      rate,
      salt: context.nextSite(),
      relative: {
        segments: true,
        reversible: config.bi_data,
        // Hugging Face makes this mask only where attention is unidirectional.
        sameLength: config.same_length && config.attn_type === 'uni',
        memory: places !== null,
      },
    }),
    [qkv, r, ...attentionBiases(g, config, layer), segments, blocks],
    places ? `${group}.attended.joined` : `${group}.attended`,
  );
  const attended = places ? g.one(takeRows(), [answers, places.ownRows], `${group}.attended`) : answers;
  const taken = (all: Tensor, label: string) =>
    narrowedTo ? g.one(takeRows(), [all, narrowedTo], `${group}.${label}.rows`) : all;
  const projected = project(taken(attended, 'attended'), ['o'], 'o', true);
  const mixed = dropped(context, projected, rate, `${group}.o.dropped`);
  return addAndNorm(
    context,
    mixed,
    taken(hidden, 'input'),
    `${group}.attention`,
    layerNorm(config, layer, 'rel_attn.layer_norm'),
  );
}

/** Feed-forward with its residual and norm, of as many rows as `x` has. */
function feedForward(
  context: ModelContext,
  x: Tensor,
  layer: number,
  { options, rate }: SharedByLayers,
): Tensor {
  const { config } = options;
  const { d_model: width, d_inner: inner } = config;
  const prefix = `transformer.layer.${layer}`;
  const group = `layer.${layer}`;
  const up = linear(context, x, {
    label: `${group}.up`,
    group,
    ...linearNames(`${prefix}.ff.layer_1`),
    inputs: width,
    outputs: inner,
  });
  const activated = context.graph.one(activation(config.ff_activation), [up], `${group}.activated`);
  const down = linear(context, dropped(context, activated, rate, `${group}.activated.dropped`), {
    label: `${group}.down`,
    group,
    ...linearNames(`${prefix}.ff.layer_2`),
    inputs: inner,
    outputs: width,
  });
  const back = dropped(context, down, rate, `${group}.down.dropped`);
  return addAndNorm(context, back, x, `${group}.feedForward`, layerNorm(config, layer, 'ff.layer_norm'));
}

const layerNorm = ({ d_model, layer_norm_eps }: XlnetConfig, layer: number, name: string) => ({
  label: `layer.${layer}.${name}`,
  group: `layer.${layer}`,
  name: `transformer.layer.${layer}.${name}`,
  width: d_model,
  epsilon: layer_norm_eps,
});

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
