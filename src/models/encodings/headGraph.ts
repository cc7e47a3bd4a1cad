import type { GraphBuilder } from '../../engine/graph/builder.ts';
import type { Tensor } from '../../engine/graph/types.ts';
import { add } from '../../engine/ops/add/op.ts';
import { matmul } from '../../engine/ops/matmul/op.ts';
import { multiply } from '../../engine/ops/multiply/op.ts';
import { headGroup } from '../adapters/trainedParts.ts';

/**
 * What a label encoding adds to a classifier's graph behind its outputs.
 *
 * - `plain`: nothing.
 * - `chain`: outputs see the true labels before them: `z += y (C ⊙ mask)ᵀ`.
 * - `masked`: cells without their parents are taken out of the loss: `z ⊙ mask`, a constant there.
 * - `named`: what the last linear layer reads is an output too, so that label names can be put through it.
 */
export type HeadGraph =
  | { readonly kind: 'plain' | 'masked' | 'named' }
  | { readonly kind: 'chain'; readonly labels: number };

export const plainGraph: HeadGraph = { kind: 'plain' };

/** The chain's parameter, ours: no published model has one. */
export const chainWeight = 'label_chain.weight';

/** Names of graph inputs and outputs that encodings add. */
export const encodingNames = {
  chainMask: 'chainMask',
  chainTargets: 'chainTargets',
  chain: 'chain',
  cellMask: 'cellMask',
  headInput: 'headInput',
} as const;

/**
 * Logits `[B, outputs]` as the loss of a training graph reads them. Without training the logits stay as they are, and a chain's masked
 * weights `[outputs, labels]` are an output beside them: what labels pass on is decided one after another, by the host.
 */
export function encodeLogits(
  graph: GraphBuilder,
  logits: Tensor,
  outputs: number,
  head: HeadGraph,
  training: boolean,
): Tensor {
  if (head.kind === 'masked' && training) {
    const mask = graph.input(encodingNames.cellMask, ['B', outputs], 'f32');
    return graph.one(multiply(), [logits, mask], 'logits.masked');
  }
  if (head.kind !== 'chain') return logits;
  const weight = graph.parameter({
    name: chainWeight,
    shape: [outputs, head.labels],
    group: headGroup,
    role: 'weight',
  });
  const mask = graph.input(encodingNames.chainMask, [outputs, head.labels], 'f32');
  const chain = graph.one(multiply(), [weight, mask], 'chain.masked');
  if (!training) {
    graph.output(encodingNames.chain, chain);
    return logits;
  }
  const before = graph.input(encodingNames.chainTargets, ['B', head.labels], 'f32');
  const passed = graph.one(matmul({ transposeA: false, transposeB: true }), [before, chain], 'chain.passed');
  return graph.one(add(), [passed, logits], 'logits.chained');
}
