import type { Node, Tensor } from '../../graph/types.ts';
import { inputAt } from '../check.ts';

export interface ForwardTensors {
  readonly qkv: Tensor;
  readonly r: Tensor;
  readonly biases: Tensor;
  readonly segmentEmbedding: Tensor;
  /** Segments `[T]` and blocks `[K, 4]`, bound as one range. */
  readonly packing: readonly Tensor[];
  readonly o: Tensor;
  readonly logSumExp: Tensor;
}

export interface BackwardTensors extends ForwardTensors {
  readonly dO: Tensor;
  readonly dQkv: Tensor;
  readonly dR: Tensor;
  readonly dBiases: Tensor;
  readonly dSegment: Tensor;
  readonly sums: Tensor;
}

/** The tensors of a `relativeAttention` node by name. */
export function forwardTensors({ inputs, outputs }: Node): ForwardTensors {
  return named([...inputs, ...outputs]);
}

/** The tensors of a `relativeAttentionGradient` node by name. */
export function backwardTensors({ inputs, outputs }: Node): BackwardTensors {
  const name = 'relativeAttentionGradient';
  return {
    ...named(inputs),
    dO: inputAt(name, inputs, 8),
    dQkv: inputAt(name, outputs, 0),
    dR: inputAt(name, outputs, 1),
    dBiases: inputAt(name, outputs, 2),
    dSegment: inputAt(name, outputs, 3),
    sums: inputAt(name, outputs, 4),
  };
}

function named(tensors: readonly Tensor[]): ForwardTensors {
  const at = (i: number) => inputAt('relativeAttention', tensors, i);
  return {
    qkv: at(0),
    r: at(1),
    biases: at(2),
    segmentEmbedding: at(3),
    packing: [at(4), at(5)],
    o: at(6),
    logSumExp: at(7),
  };
}
