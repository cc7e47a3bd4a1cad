import { differentiate } from '../../engine/graph/autodiff.ts';
import type { Graph, ParameterPart, Tensor } from '../../engine/graph/types.ts';
import { add } from '../../engine/ops/add/op.ts';
import { attention } from '../../engine/ops/attention/op.ts';
import { cachedAttention } from '../../engine/ops/cachedAttention/op.ts';
import { crossEntropy } from '../../engine/ops/crossEntropy/op.ts';
import { embedding } from '../../engine/ops/embedding/op.ts';
import { rmsNorm } from '../../engine/ops/rmsNorm/op.ts';
import { rope } from '../../engine/ops/rope/op.ts';
import { swiglu } from '../../engine/ops/swiglu/op.ts';
import { takeRows } from '../../engine/ops/takeRows/op.ts';
import { assertGroups, trains, wholeModel, type TrainedParts } from '../adapters/trainedParts.ts';
import { linear, ModelContext } from '../layers.ts';
import type { LlamaConfig } from './config.ts';

export interface LlamaGraphOptions {
  readonly config: LlamaConfig;
  /** `generate`: new tokens over a cache. `train`: whole sequences, the loss of what comes next in them, and its gradients. */
  readonly purpose: 'generate' | 'train';
  /** Rows of the cache of keys and values; the same in all graphs of a session. */
  readonly cacheRows: number;
  /** Default: everything trains. */
  readonly trained?: TrainedParts;
}

interface Build {
  readonly context: ModelContext;
  readonly config: LlamaConfig;
  readonly cacheRows: number;
  readonly isGenerating: boolean;
  readonly rotations: Tensor;
  readonly rows: Tensor;
}

/**
 * A decoder of the Llama family over packed tokens, with transformers' names. Inputs: ids `[T]` i32, order `[T]` u32, rotations
 * `[T, headSize]`, rows `[B]` u32: the tokens that are asked for what comes next. To generate also slots `[T]` and spans `[T, 4]` u32
 * (`cachedAttention`), else blocks `[K, 4]` u32 and classes `[B]` i32: the tokens that did come next.
 * Outputs: `logits` `[B, vocabulary]`; else `loss`, and `rowLoss` `[B]`.
 */
export function buildLlamaGraph({
  config,
  purpose,
  cacheRows,
  trained = wholeModel,
}: LlamaGraphOptions): Graph {
  const context = new ModelContext({ training: purpose === 'train', trained });
  const { graph } = context;
  const build: Build = {
    context,
    config,
    cacheRows,
    isGenerating: purpose === 'generate',
    rotations: graph.input('rotations', ['T', config.headSize], 'f32'),
    rows: graph.input('rows', ['B'], 'u32'),
  };
  const table = {
    name: 'model.embed_tokens.weight',
    shape: [config.vocabularySize, config.width],
    group: 'embedding',
    role: 'weight',
  } as const;
  let hidden = graph.one(
    embedding(),
    [graph.parameter(table), graph.input('ids', ['T'], 'i32'), graph.input('order', ['T'], 'u32')],
    'embedding',
  );
  for (let layer = 0; layer < config.layers; layer++) hidden = decoderLayer(build, hidden, layer);
  const last = norm(build, hidden, 'model.norm', 'final', 'final');
  const logits = linear(context, last, {
    label: 'logits',
    group: config.tied ? table.group : 'lmHead',
    weight: config.tied ? table.name : 'lm_head.weight',
    bias: null,
    inputs: config.width,
    outputs: config.vocabularySize,
  });
  // Also of a graph that only generates: an adapter whose targets the model does not have would change nothing, unsaid.
  assertGroups(trained, graph.parameterList);
  if (build.isGenerating) {
    graph.output('logits', logits);
    return graph.build();
  }
  const [loss, , rowLoss] = graph.apply(
    crossEntropy(),
    [logits, graph.input('classes', ['B'], 'i32')],
    'loss',
  );
  if (loss) graph.output('loss', loss);
  if (rowLoss) graph.output('rowLoss', rowLoss);
  if (loss)
    differentiate(graph, loss, (parameter) => !isCache(parameter.group) && trains(trained, parameter));
  return graph.build();
}

const cacheGroup = 'cache.';

/** Whether a parameter group is a cache of keys and values: planned as parameters are, never trained or saved. */
function isCache(group: string): boolean {
  return group.startsWith(cacheGroup);
}

function norm({ context, config }: Build, x: Tensor, name: string, label: string, group: string): Tensor {
  const { graph } = context;
  const gamma = graph.parameter({ name: `${name}.weight`, shape: [config.width], group, role: 'norm' });
  return graph.one(rmsNorm({ epsilon: config.epsilon }), [x, gamma], label);
}

/** Published matrices (or biases) stacked in one parameter, so that one product makes all their outputs. */
function stacked(
  modules: readonly (readonly [name: string, outputs: number])[],
  kind: 'weight' | 'bias',
  inputs: number,
): ParameterPart[] {
  let start = 0;
  return modules.map(([name, length]) => {
    const part: ParameterPart = {
      name: `${name}.${kind}`,
      shape: kind === 'weight' ? [length, inputs] : [length],
      axis: 'rows',
      start,
      length,
    };
    start += length;
    return part;
  });
}

/** Pre-norm attention and SwiGLU, each added to what it read. */
function decoderLayer(build: Build, x: Tensor, layer: number): Tensor {
  const { context, config, rows } = build;
  const { graph } = context;
  const group = `layer.${layer}`;
  const path = `model.layers.${layer}`;
  const { width, inner, heads, headSize } = config;
  const attended = attend(build, norm(build, x, `${path}.input_layernorm`, `${group}.normed`, group), layer);
  // Past the last attention only the tokens in `rows` are asked for anything.
  const isNarrowed = layer === config.layers - 1;
  const taken = (tensor: Tensor, label: string) =>
    isNarrowed ? graph.one(takeRows(), [tensor, rows], label) : tensor;
  const out = linear(context, taken(attended, `${group}.attended.rows`), {
    label: `${group}.out`,
    group,
    weight: `${path}.self_attn.o_proj.weight`,
    bias: config.outBias ? `${path}.self_attn.o_proj.bias` : null,
    inputs: heads * headSize,
    outputs: width,
  });
  const middle = graph.one(add(), [out, taken(x, `${group}.rows`)], `${group}.middle`);
  const gates = [
    [`${path}.mlp.gate_proj`, inner],
    [`${path}.mlp.up_proj`, inner],
  ] as const;
  const gated = linear(
    context,
    norm(build, middle, `${path}.post_attention_layernorm`, `${group}.middle.normed`, group),
    {
      label: `${group}.gates`,
      group,
      weight: `${group}.gates.weight`,
      weightParts: stacked(gates, 'weight', width),
      bias: config.mlpBias ? `${group}.gates.bias` : null,
      ...(config.mlpBias ? { biasParts: stacked(gates, 'bias', width) } : {}),
      inputs: width,
      outputs: 2 * inner,
    },
  );
  const down = linear(context, graph.one(swiglu(), [gated], `${group}.gated`), {
    label: `${group}.down`,
    group,
    weight: `${path}.mlp.down_proj.weight`,
    bias: config.mlpBias ? `${path}.mlp.down_proj.bias` : null,
    inputs: inner,
    outputs: width,
  });
  return graph.one(add(), [down, middle], `${group}.output`);
}

/** Grouped-query attention up to its output projection, `[T, heads · headSize]`. */
function attend(build: Build, x: Tensor, layer: number): Tensor {
  const { context, config, isGenerating, rotations } = build;
  const { graph } = context;
  const group = `layer.${layer}`;
  const path = `model.layers.${layer}.self_attn`;
  const { width, heads, keyHeads, headSize } = config;
  const projections = [
    [`${path}.q_proj`, heads * headSize],
    [`${path}.k_proj`, keyHeads * headSize],
    [`${path}.v_proj`, keyHeads * headSize],
  ] as const;
  let qkv = linear(context, x, {
    label: `${group}.qkv`,
    group,
    weight: `${group}.qkv.weight`,
    weightParts: stacked(projections, 'weight', width),
    bias: config.qkvBias ? `${group}.qkv.bias` : null,
    ...(config.qkvBias ? { biasParts: stacked(projections, 'bias', width) } : {}),
    inputs: width,
    outputs: (heads + 2 * keyHeads) * headSize,
  });
  if (config.qkNorm) {
    const gamma = graph.parameter({
      name: `${group}.qkNorm.weight`,
      shape: [2, headSize],
      group,
      role: 'norm',
      parts: ['q_norm', 'k_norm'].map((name, start) => ({
        name: `${path}.${name}.weight`,
        shape: [headSize],
        axis: 'rows' as const,
        start,
        length: 1,
      })),
    });
    const { epsilon } = config;
    const perHead = rmsNorm({ epsilon, heads: { size: headSize, parts: [heads, keyHeads] } });
    qkv = graph.one(perHead, [qkv, gamma], `${group}.qkv.normed`);
  }
  const turned = graph.one(
    rope({ heads, keyHeads, headSize, expand: !isGenerating }),
    [qkv, rotations],
    `${group}.turned`,
  );
  // Declared in every graph of a session, because a session has one list of parameters.
  const cache = graph.parameter({
    name: `${cacheGroup}${layer}`,
    shape: [build.cacheRows, 2 * keyHeads * headSize],
    group: `${cacheGroup}${layer}`,
    role: 'weight',
    parts: [],
  });
  if (isGenerating) {
    const inputs = [turned, cache, graph.input('slots', ['T'], 'u32'), graph.input('spans', ['T', 4], 'u32')];
    return graph.one(cachedAttention({ heads, keyHeads, headSize }), inputs, `${group}.attended`);
  }
  const causal = attention({
    heads,
    headSize,
    causal: true,
    rate: 0,
    salt: context.nextSite(),
    relative: null,
  });
  return graph.one(causal, [turned, graph.input('blocks', ['K', 4], 'u32')], `${group}.attended`);
}
