import type { Node, Tensor } from '../../graph/types.ts';
import type { Binding } from '../../webgpu/kernel.ts';
import { inputAt } from '../check.ts';
import type { AttentionOptions } from './options.ts';

/** What the relative form reads besides q, k and v. */
export interface RelativeTensors {
  readonly r: Tensor;
  readonly biases: Tensor;
  readonly segmentEmbedding: Tensor;
  readonly segments: Tensor;
}

export interface ForwardTensors {
  readonly qkv: Tensor;
  readonly relative: RelativeTensors | null;
  readonly blocks: Tensor;
  readonly o: Tensor;
  readonly logSumExp: Tensor;
}

/** Gradients and scratch of the relative form. */
export interface RelativeGradients {
  readonly dR: Tensor;
  readonly dBiases: Tensor;
  readonly dSegment: Tensor;
  /** `[R, heads]`: sums of g by distance. */
  readonly distanceSums: Tensor;
  /** `[rows, W + heads]`: dR and the distance sums in several parts, where the distances pass is cut into parts. */
  readonly partials: Tensor;
}

export interface BackwardTensors extends ForwardTensors {
  readonly dO: Tensor;
  readonly dQkv: Tensor;
  readonly dRelative: RelativeGradients | null;
  /** Row and column sums: `rowSums`, `sumsAt`. */
  readonly sums: Tensor;
}

/** The size of the rows that attention runs over: with a memory its rows lie among the packed tokens. */
export function rowsDim({ relative }: AttentionOptions): 'T' | 'N' {
  return relative?.memory ? 'N' : 'T';
}

/** Inputs of the forward op, which both ops begin with. */
export function inputCount({ relative }: AttentionOptions): number {
  return relative ? 6 : 2;
}

/** Segments, where the form reads them, and blocks, bound as one range. */
export function packing({ relative, blocks }: ForwardTensors): Binding {
  const tensors = relative ? [relative.segments, blocks] : [blocks];
  return { name: 'packing', tensors, access: 'read', element: 'u32' };
}

/** The tensors of an `attention` node by name. */
export function forwardTensors({ inputs, outputs }: Node, options: AttentionOptions): ForwardTensors {
  return named([...inputs, ...outputs], options);
}

/** The tensors of an `attentionGradient` node by name. */
export function backwardTensors({ inputs, outputs }: Node, options: AttentionOptions): BackwardTensors {
  const out = (i: number) => inputAt('attentionGradient', outputs, i);
  return {
    ...named(inputs, options),
    dO: inputAt('attentionGradient', inputs, inputCount(options) + 2),
    dQkv: out(0),
    sums: out(1),
    dRelative: options.relative
      ? { dR: out(2), dBiases: out(3), dSegment: out(4), distanceSums: out(5), partials: out(6) }
      : null,
  };
}

function named(tensors: readonly Tensor[], options: AttentionOptions): ForwardTensors {
  const at = (i: number) => inputAt('attention', tensors, i);
  const count = inputCount(options);
  return {
    qkv: at(0),
    relative: options.relative ? { r: at(1), biases: at(2), segmentEmbedding: at(3), segments: at(4) } : null,
    blocks: at(count - 1),
    o: at(count),
    logSumExp: at(count + 1),
  };
}
