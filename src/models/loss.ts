import type { Tensor } from '../engine/graph/types.ts';
import type { GraphBuilder } from '../engine/graph/builder.ts';
import { bceWithLogits } from '../engine/ops/bceWithLogits/op.ts';
import type { LossShape } from '../engine/ops/bceWithLogits/cell.ts';
import { crossEntropy } from '../engine/ops/crossEntropy/op.ts';

/**
 * What training minimises: a shape of binary cross-entropy, and how much a true cell of each label counts; or, where every row has exactly
 * one label, the cross-entropy of the softmax over labels, which takes no weights.
 */
export type ClassificationLoss =
  | {
      readonly shape: LossShape;
      /** `[labels]`; null: all 1. Not changed once given: sessions upload it once. */
      readonly positiveWeights: Float32Array | null;
    }
  | { readonly shape: { readonly kind: 'cross-entropy' }; readonly positiveWeights: null };

export const plainLoss = {
  shape: { kind: 'bce' },
  positiveWeights: null,
} as const satisfies ClassificationLoss;

/** Labels share one probability: `torch.nn.functional.cross_entropy`, mean over rows. */
export const crossEntropyLoss = {
  shape: { kind: 'cross-entropy' },
  positiveWeights: null,
} as const satisfies ClassificationLoss;

/** The graph input that carries `positiveWeights`. */
export const positiveWeightsInput = 'positiveWeights';

/** The graph input of cross-entropy: each row's label, `[B]` i32. */
export const classesInput = 'classes';

/**
 * Adds the loss of logits `[B, labels]` over input `targets` `[B, labels]`, or under cross-entropy over `classesInput`; returns it, `[1]`.
 */
export function classificationLoss(
  graph: GraphBuilder,
  logits: Tensor,
  labelCount: number,
  { shape, positiveWeights }: ClassificationLoss,
): Tensor {
  if (shape.kind === 'cross-entropy')
    return graph.one(crossEntropy(), [logits, graph.input(classesInput, ['B'], 'i32')], 'loss');
  const inputs = [logits, graph.input('targets', ['B', labelCount], 'f32')];
  if (positiveWeights) inputs.push(graph.input(positiveWeightsInput, [labelCount], 'f32'));
  return graph.one(bceWithLogits(shape), inputs, 'loss');
}
