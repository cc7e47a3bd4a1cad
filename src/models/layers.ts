import { differentiate } from '../engine/graph/autodiff.ts';
import { GraphBuilder } from '../engine/graph/builder.ts';
import type { ParameterPart, Tensor } from '../engine/graph/types.ts';
import { add } from '../engine/ops/add/op.ts';
import { addBias } from '../engine/ops/addBias/op.ts';
import { dropout } from '../engine/ops/dropout/op.ts';
import { layerNorm } from '../engine/ops/layerNorm/op.ts';
import { matmul } from '../engine/ops/matmul/op.ts';
import { adapted } from './adapters/lora.ts';
import { encodeLogits, encodingNames, plainGraph, type HeadGraph } from './encodings/headGraph.ts';
import { assertGroups, trains, wholeModel, type TrainedParts } from './adapters/trainedParts.ts';
import type { GraphOptions } from './family.ts';
import { classificationLoss, plainLoss, type ClassificationLoss } from './loss.ts';

/** What the layers of one graph share while it is built: the graph, the count of its dropout sites, what of it trains. */
export class ModelContext {
  readonly graph = new GraphBuilder();
  readonly trained: TrainedParts;
  readonly training: boolean;
  readonly loss: ClassificationLoss;
  /** What the label encoding adds behind the outputs. */
  readonly head: HeadGraph;
  private sites = 0;

  constructor({
    training = false,
    trained = wholeModel,
    loss = plainLoss,
    head = plainGraph,
  }: Partial<Pick<GraphOptions, 'training' | 'trained' | 'loss' | 'head'>> = {}) {
    this.loss = loss;
    this.head = head;
    this.trained = trained;
    this.training = training;
  }

  /** Numbers the next place where dropout may strike: the mask's salt. Counted also where the rate is 0, so that a rate moves no other mask. */
  nextSite(): number {
    this.sites += 1;
    return this.sites;
  }
}

/** Dropout at a site of its own; the tensor itself at rate 0. */
export function dropped(context: ModelContext, x: Tensor, rate: number, name: string): Tensor {
  const salt = context.nextSite();
  return rate > 0 ? context.graph.one(dropout({ rate, salt }), [x], name) : x;
}

export interface LinearOptions {
  /** Labels the outputs in plans and errors. */
  readonly label: string;
  readonly group: string;
  /** Published name of the weight, or the engine's where `weightParts` says what it is packed from. */
  readonly weight: string;
  readonly weightParts?: readonly ParameterPart[];
  /** Null: no bias. */
  readonly bias: string | null;
  readonly biasParts?: readonly ParameterPart[];
  readonly inputs: number;
  readonly outputs: number;
  /** How the weight is stored: `[outputs, inputs]` (default; PyTorch's Linear) or `[inputs, outputs]`. */
  readonly stored?: 'outputs-first' | 'inputs-first';
}

/** Names of a PyTorch `Linear` called `name`. */
export function linearNames(name: string): { readonly weight: string; readonly bias: string } {
  return { weight: `${name}.weight`, bias: `${name}.bias` };
}

/** `y = x W (+ b)`: `[T, inputs]` to `[T, outputs]`. Every weight matrix of every model is applied here and nowhere else. */
export function linear(context: ModelContext, x: Tensor, options: LinearOptions): Tensor {
  const { graph } = context;
  const { label, group, inputs, outputs, weightParts, biasParts } = options;
  const inputsFirst = options.stored === 'inputs-first';
  const weight = graph.parameter({
    name: options.weight,
    shape: inputsFirst ? [inputs, outputs] : [outputs, inputs],
    group,
    role: 'weight',
    ...(weightParts ? { parts: weightParts } : {}),
  });
  const product = matmul({ transposeA: false, transposeB: !inputsFirst });
  if (options.bias === null) return adapted(context, x, graph.one(product, [x, weight], label), options);
  const bias = graph.parameter({
    name: options.bias,
    shape: [outputs],
    group,
    role: 'bias',
    ...(biasParts ? { parts: biasParts } : {}),
  });
  const biased = graph.one(addBias(), [graph.one(product, [x, weight], `${label}.product`), bias], label);
  return adapted(context, x, biased, options);
}

export interface NormOptions {
  readonly label: string;
  readonly group: string;
  /** Published name of the LayerNorm: its scale is `.weight`, its shift `.bias`. */
  readonly name: string;
  readonly width: number;
  readonly epsilon: number;
}

/** Layer norm over the last axis of `[T, width]`. */
export function norm({ graph }: ModelContext, x: Tensor, options: NormOptions): Tensor {
  const { label, group, name, width, epsilon } = options;
  const gamma = graph.parameter({ name: `${name}.weight`, shape: [width], group, role: 'norm' });
  const beta = graph.parameter({ name: `${name}.bias`, shape: [width], group, role: 'norm' });
  return graph.one(layerNorm(epsilon), [x, gamma, beta], label);
}

/** The end of a post-norm block: `norm(branch + residual)`. */
export function addAndNorm(
  context: ModelContext,
  branch: Tensor,
  residual: Tensor,
  sumLabel: string,
  options: NormOptions,
): Tensor {
  return norm(context, context.graph.one(add(), [branch, residual], sumLabel), options);
}

/** What the last linear layer reads, `[B, width]`: an output where the label encoding asks for it. */
export function headInput({ graph, head, training }: ModelContext, pooled: Tensor): Tensor {
  if (head.kind === 'named' && !training) graph.output(encodingNames.headInput, pooled);
  return pooled;
}

/**
 * Names `logits` `[B, outputs]` and, in training, adds the multi-label loss over input `targets` and every gradient. What a label
 * encoding adds stands between the two.
 */
export function finishClassifier(
  { graph, trained, loss: wanted, head }: ModelContext,
  logits: Tensor,
  labelCount: number,
  training: boolean,
): void {
  graph.output('logits', logits);
  const encoded = encodeLogits(graph, logits, labelCount, head, training);
  if (!training) return;
  const loss = classificationLoss(graph, encoded, labelCount, wanted);
  graph.output('loss', loss);
  assertGroups(trained, graph.parameterList);
  differentiate(graph, loss, (parameter) => trains(trained, parameter));
}
