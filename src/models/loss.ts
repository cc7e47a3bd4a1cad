import type { Tensor } from '../engine/graph/types.ts';
import type { GraphBuilder } from '../engine/graph/builder.ts';
import { bceWithLogits } from '../engine/ops/bceWithLogits/op.ts';
import type { LossShape } from '../engine/ops/bceWithLogits/cell.ts';

/** What training minimises: a shape of binary cross-entropy, and how much a true cell of each label counts. */
export interface ClassificationLoss {
  readonly shape: LossShape;
  /** `[labels]`; null: all 1. Not changed once given: sessions upload it once. */
  readonly positiveWeights: Float32Array | null;
}

export const plainLoss: ClassificationLoss = { shape: { kind: 'bce' }, positiveWeights: null };

/** The graph input that carries `positiveWeights`. */
export const positiveWeightsInput = 'positiveWeights';

/** Adds the multi-label loss of logits `[B, labels]` over input `targets`; returns it, `[1]`. */
export function classificationLoss(
  graph: GraphBuilder,
  logits: Tensor,
  labelCount: number,
  { shape, positiveWeights }: ClassificationLoss,
): Tensor {
  const inputs = [logits, graph.input('targets', ['B', labelCount], 'f32')];
  if (positiveWeights) inputs.push(graph.input(positiveWeightsInput, [labelCount], 'f32'));
  return graph.one(bceWithLogits(shape), inputs, 'loss');
}
