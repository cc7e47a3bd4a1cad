import type { Graph, ParameterPart, Tensor } from '../../engine/graph/types.ts';
import { activation } from '../../engine/ops/activation/op.ts';
import { add } from '../../engine/ops/add/op.ts';
import { attention } from '../../engine/ops/attention/op.ts';
import { embedding } from '../../engine/ops/embedding/op.ts';
import { matmul } from '../../engine/ops/matmul/op.ts';
import { takeRows } from '../../engine/ops/takeRows/op.ts';
import type { GraphOptions } from '../family.ts';
import {
  addAndNorm,
  dropped,
  finishClassifier,
  linear,
  linearNames,
  ModelContext,
  norm,
  headInput,
} from '../layers.ts';
import type { BertConfig } from './config.ts';
import { finishEmbedder } from '../pooled.ts';
import type { Variant } from './variants.ts';

export interface BertGraphOptions extends GraphOptions {
  readonly variant: Variant;
  readonly config: BertConfig;
}

/** Dropout rates of one graph: the configured ones, replaced, or none. */
interface Rates {
  readonly hidden: number;
  readonly attention: number;
  readonly head: number;
}

interface Build {
  readonly context: ModelContext;
  readonly variant: Variant;
  readonly config: BertConfig;
  readonly rates: Rates;
}

/**
 * An encoder of the BERT family with Hugging Face's sequence-classification head over packed sequences, `problem_type`
 * multi-label. Inputs: ids, positions `[T]` i32; order, positionOrder `[T]`, blocks `[K, 4]`, firstRows `[B]` u32; types
 * `[T, typeVocabulary]` one-hot where the member has token types; training also targets `[B, labels]`.
 * Outputs: `logits` `[B, labels]`, in training `loss`.
 */
export function buildBertGraph(options: BertGraphOptions): Graph {
  const { variant, config, labelCount, training } = options;
  const rateOf = (configured: number) => (training ? (options.dropout ?? configured) : 0);
  const build: Build = {
    context: new ModelContext(options),
    variant,
    config,
    rates: {
      hidden: rateOf(config.hiddenDropout),
      attention: rateOf(config.attentionDropout),
      head: rateOf(config.headDropout),
    },
  };
  const { graph } = build.context;
  const blocks = graph.input('blocks', ['K', 4], 'u32');
  const firstRows = graph.input('firstRows', ['B'], 'u32');
  let hidden = embeddings(build);
  if (options.keepHidden) graph.output('hidden.0', hidden);
  const { pooled } = options;
  const readsFirst = !options.keepHidden && (pooled ?? { pooling: 'first' }).pooling === 'first';
  let beforeLast = hidden;
  for (let layer = 0; layer < config.layers; layer++) {
    // Past the last attention nothing is read but each sequence's first token: the rest of that layer is computed for it alone.
    const isNarrowed = layer === config.layers - 1 && readsFirst;
    beforeLast = hidden;
    hidden = encoderLayer(build, hidden, { layer, blocks, rows: isNarrowed ? firstRows : null });
    if (options.keepHidden) graph.output(`hidden.${layer + 1}`, hidden);
  }
  if (pooled) {
    finishEmbedder(build.context, { last: hidden, beforeLast, isNarrowed: readsFirst }, pooled);
    return graph.build();
  }
  const first = options.keepHidden ? graph.one(takeRows(), [hidden, firstRows], 'head.first') : hidden;
  finishClassifier(build.context, head(build, first, labelCount), labelCount, training);
  return graph.build();
}

/** Words, positions and token types, summed, normed and dropped; projected where they are narrower than the layers. */
function embeddings({ context, variant, config, rates }: Build): Tensor {
  const { graph } = context;
  const { embeddingWidth: width } = config;
  const group = 'embedding';
  const table = (name: string, rows: number) =>
    graph.parameter({
      name: `${variant.prefix}embeddings.${name}.weight`,
      shape: [rows, width],
      group,
      role: 'weight',
    });
  const words = graph.one(
    embedding(),
    [
      table('word_embeddings', config.vocabularySize),
      graph.input('ids', ['T'], 'i32'),
      graph.input('order', ['T'], 'u32'),
    ],
    'embedding.words',
  );
  const positions = graph.one(
    embedding(),
    [
      table('position_embeddings', config.positionRows),
      graph.input('positions', ['T'], 'i32'),
      graph.input('positionOrder', ['T'], 'u32'),
    ],
    'embedding.positions',
  );
  let sum = graph.one(add(), [words, positions], 'embedding.sum');
  if (config.typeVocabulary > 0) {
    // A type stands for thousands of tokens: as a product its gradient is spread over workgroups, as a scatter one would add them all.
    const types = graph.one(
      matmul({ transposeA: false, transposeB: false }),
      [
        graph.input('types', ['T', config.typeVocabulary], 'f32'),
        table('token_type_embeddings', config.typeVocabulary),
      ],
      'embedding.types',
    );
    sum = graph.one(add(), [sum, types], 'embedding.sum.typed');
  }
  const normed = norm(context, sum, {
    label: 'embedding.normed',
    group,
    name: `${variant.prefix}embeddings.LayerNorm`,
    width,
    epsilon: config.epsilon,
  });
  const embedded = dropped(context, normed, rates.hidden, 'embedding.dropped');
  if (width === config.width) return embedded;
  return linear(context, embedded, {
    label: 'embedding.projected',
    group,
    ...linearNames(`${variant.prefix}embeddings_project`),
    inputs: width,
    outputs: config.width,
  });
}

interface LayerPlace {
  readonly layer: number;
  /** Attention row blocks, `[K, 4]`. */
  readonly blocks: Tensor;
  /** Rows to go on with after attention, `[B]`; null: all. */
  readonly rows: Tensor | null;
}

/** One post-norm block: attention, then the feed-forward network, each added to its input and normed. `[T, width]` or `[B, width]`. */
function encoderLayer(
  { context, variant, config, rates }: Build,
  x: Tensor,
  { layer, blocks, rows }: LayerPlace,
): Tensor {
  const { graph } = context;
  const { names } = variant;
  const { width, heads, headSize, inner } = config;
  const prefix = `${variant.layers}${layer}.`;
  const group = `layer.${layer}`;
  const normOptions = (name: string, label: string) => ({
    label: `${group}.${label}`,
    group,
    name: `${prefix}${name}`,
    width,
    epsilon: config.epsilon,
  });

  // q, k and v share one matrix product: their [width, width] matrices lie one below the other.
  const projections = [names.query, names.key, names.value];
  const qkv = linear(context, x, {
    label: `${group}.qkv`,
    group,
    weight: `${prefix}attention.qkv.weight`,
    weightParts: projections.map((name, i) => rowsPart(`${prefix}${name}.weight`, [width, width], i * width)),
    bias: `${prefix}attention.qkv.bias`,
    biasParts: projections.map((name, i) => rowsPart(`${prefix}${name}.bias`, [width], i * width)),
    inputs: width,
    outputs: 3 * width,
  });
  const attended = graph.one(
    attention({
      heads,
      headSize,
      causal: false,
      rate: rates.attention,
      salt: context.nextSite(),
      relative: null,
    }),
    [qkv, blocks],
    `${group}.attended`,
  );
  const taken = (all: Tensor, label: string) =>
    rows ? graph.one(takeRows(), [all, rows], `${group}.${label}.rows`) : all;
  const mixed = linear(context, taken(attended, 'attended'), {
    label: `${group}.o`,
    group,
    ...linearNames(`${prefix}${names.attentionOutput}`),
    inputs: width,
    outputs: width,
  });
  const attentionRate = variant.dropsAttentionOutput ? rates.hidden : 0;
  const between = addAndNorm(
    context,
    dropped(context, mixed, attentionRate, `${group}.o.dropped`),
    taken(x, 'input'),
    `${group}.attention`,
    normOptions(names.attentionNorm, 'attention.normed'),
  );

  const up = linear(context, between, {
    label: `${group}.up`,
    group,
    ...linearNames(`${prefix}${names.up}`),
    inputs: width,
    outputs: inner,
  });
  const down = linear(context, graph.one(activation(config.activation), [up], `${group}.activated`), {
    label: `${group}.down`,
    group,
    ...linearNames(`${prefix}${names.down}`),
    inputs: inner,
    outputs: width,
  });
  return addAndNorm(
    context,
    dropped(context, down, rates.hidden, `${group}.down.dropped`),
    between,
    `${group}.feedForward`,
    normOptions(names.outputNorm, 'feedForward.normed'),
  );
}

function rowsPart(name: string, shape: readonly number[], start: number): ParameterPart {
  return { name, shape, axis: 'rows', start, length: shape[0] ?? 1 };
}

/** Each sequence's first token, `[B, width]`, through a dense layer to the labels. */
function head({ context, variant, config, rates }: Build, first: Tensor, labelCount: number): Tensor {
  const { graph } = context;
  const { width } = config;
  const { dense, output, activation: kind, dropsFirst } = variant.head;
  const group = 'head';
  const read = dropsFirst ? dropped(context, first, rates.head, 'head.first.dropped') : first;
  const mapped = linear(context, read, {
    label: 'head.dense',
    group,
    ...linearNames(dense),
    inputs: width,
    outputs: width,
  });
  const activated = graph.one(activation(kind), [mapped], 'head.activated');
  const pooled = headInput(context, dropped(context, activated, rates.head, 'head.dropped'));
  return linear(context, pooled, {
    label: 'logits',
    group,
    ...linearNames(output),
    inputs: width,
    outputs: labelCount,
  });
}
