import { chainMask, chainTargets, decodeChains } from '../../core/encodings/chain.ts';
import { conditionalMask, decodeHierarchy } from '../../core/encodings/hierarchy.ts';
import type { EncodingPlan, LabelEncoding } from '../../core/encodings/types.ts';
import { lossCell, numbers } from '../../engine/ops/bceWithLogits/cell.ts';
import { VerbenaError } from '../../base/errors.ts';
import { classLogOdds } from '../../core/incubator/classifier/probabilities.ts';
import type { HostArray } from '../../engine/session.ts';
import { classesInput, plainLoss, type ClassificationLoss } from '../loss.ts';
import { encodingNames, plainGraph, type HeadGraph } from './headGraph.ts';

type Inputs = ReadonlyMap<string, HostArray>;
const none: Inputs = new Map();

/** Targets as the loss reads them, and what else a micro-batch's graph is fed. */
export interface EncodedTargets {
  /** `[B, outputs]`; null where the loss reads one of `inputs` instead. */
  readonly targets: Float32Array | null;
  readonly inputs: Inputs;
  /** Cells that are out of the loss. */
  readonly hiddenCells: number;
}

/** A label encoding as a model meets it: labels to targets before a step, outputs to logits a label after a forward pass. */
export interface LabelHead {
  readonly labels: number;
  /** Columns of the last linear layer. */
  readonly outputs: number;
  readonly graph: HeadGraph;
  /** What the loss adds up over, one row's: the step's loss is its mean. */
  readonly lossTermsPerRow: number;
  /** Targets `[B, labels]`. */
  encode(targets: Float32Array): EncodedTargets;
  /** What the inference graph is fed beside texts. */
  readonly inputs: Inputs;
  /** Outputs of the inference graph that `decode` reads. */
  readonly reads: readonly string[];
  /** Logits `[B, labels]`: the sigmoid of each is its label's probability. */
  decode(outputs: readonly Float32Array[]): Float32Array;
}

/** What an encoding adds to a graph, known without rows: for plans of memory. */
export function headGraphOf(encoding: LabelEncoding | EncodingPlan | undefined, labels: number): HeadGraph {
  switch (encoding?.kind) {
    case 'chain':
      return { kind: 'chain', labels };
    case 'hierarchical':
      return encoding.consistency === 'product' ? { kind: 'masked' } : plainGraph;
    case 'label-embedding':
      return { kind: 'named' };
    default:
      return plainGraph;
  }
}

/**
 * The head of an encoding; absent: binary relevance. Under cross-entropy, which goes with binary relevance only (`loss-encoding`), labels
 * are decoded to log-odds of their softmax: whoever takes the sigmoid of a logit gets the right probability here too.
 */
export function labelHead(
  plan: EncodingPlan | undefined,
  labels: number,
  loss: ClassificationLoss = plainLoss,
): LabelHead {
  const graph = headGraphOf(plan, labels);
  const plain: LabelHead = {
    labels,
    outputs: labels,
    graph,
    lossTermsPerRow: labels,
    encode: (targets) => ({ targets, inputs: none, hiddenCells: 0 }),
    inputs: none,
    reads: ['logits'],
    decode: ([logits = new Float32Array()]) => logits,
  };
  if (loss.shape.kind === 'cross-entropy') return singleLabelHead(plain, plan);
  switch (plan?.kind) {
    case 'chain': {
      const { orders, passes } = plan;
      // One array for good: a session does not upload again what it has seen.
      const inputs: Inputs = new Map([[encodingNames.chainMask, chainMask(orders, labels)]]);
      return {
        ...plain,
        outputs: labels * orders.length,
        lossTermsPerRow: labels * orders.length,
        inputs,
        reads: ['logits', encodingNames.chain],
        encode: (targets) => ({
          targets: chainTargets(targets, labels, orders.length),
          inputs: new Map([...inputs, [encodingNames.chainTargets, targets]]),
          hiddenCells: 0,
        }),
        decode: ([outputs = new Float32Array(), chain = new Float32Array()]) =>
          decodeChains(outputs, chain, labels, orders, passes),
      };
    }
    case 'hierarchical': {
      const { hierarchy, consistency } = plan;
      const decode: LabelHead['decode'] = ([outputs = new Float32Array()]) =>
        decodeHierarchy(outputs, labels, hierarchy, consistency);
      if (consistency === 'minimum') return { ...plain, decode };
      return {
        ...plain,
        decode,
        encode(targets) {
          const mask = conditionalMask(targets, labels, hierarchy);
          // Soft targets of cells without their parents would still count.
          const seen = targets.map((target, cell) => target * (mask[cell] as number));
          const hiddenCells = mask.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0);
          return { targets: seen, inputs: new Map([[encodingNames.cellMask, mask]]), hiddenCells };
        },
      };
    }
    default:
      return plain;
  }
}

/** One label a row, which all labels share. */
function singleLabelHead(plain: LabelHead, plan: EncodingPlan | undefined): LabelHead {
  const { labels } = plain;
  if (plan)
    throw new VerbenaError(
      'loss-encoding',
      `Cross-entropy cannot train the label encoding ${plan.kind}.`,
      'Choose binary relevance, or another loss.',
      { encoding: plan.kind },
    );
  return {
    ...plain,
    lossTermsPerRow: 1,
    encode: (targets) => ({
      targets: null,
      inputs: new Map([[classesInput, classIndices(targets, labels)]]),
      hiddenCells: 0,
    }),
    decode: ([logits = new Float32Array()]) => classLogOdds(logits, labels, 'softmax'),
  };
}

/** The one label of each row, `[B]`, of targets `[B, labels]`. Throws `targets-not-single`. */
export function classIndices(targets: Float32Array, labels: number): Int32Array {
  return Int32Array.from({ length: targets.length / labels }, (_, row) => {
    const own = targets.subarray(row * labels, (row + 1) * labels);
    const index = own.indexOf(1);
    if (index === -1 || own.some((target, label) => target !== (label === index ? 1 : 0)))
      throw new VerbenaError(
        'targets-not-single',
        'Cross-entropy was given a row that does not have exactly one label.',
        'Train with binary cross-entropy, or keep only rows that have one label.',
      );
    return index;
  });
}

/** Loss of a cell that is out of it: at logit 0, not true. Taken off again, so that the loss says what is learned. */
export function hiddenCellLoss({ shape }: ClassificationLoss = plainLoss): number {
  // Every row counts there.
  if (shape.kind === 'cross-entropy') return 0;
  return lossCell(numbers, 0, 0, null, shape).loss;
}

/** Positive weights `[labels]`, once a chain. */
export function tiledLoss(
  loss: ClassificationLoss,
  { labels, outputs }: Pick<LabelHead, 'labels' | 'outputs'>,
): ClassificationLoss {
  const { positiveWeights } = loss;
  if (!positiveWeights || outputs === labels) return loss;
  return {
    ...loss,
    positiveWeights: Float32Array.from({ length: outputs }, (_, i) => positiveWeights[i % labels] as number),
  };
}
