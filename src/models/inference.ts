import type { EncodingPlan } from '../core/encodings/types.ts';
import { SessionClassifier } from './classifier.ts';
import { defineModel } from './create.ts';
import { labelHead } from './encodings/labelHead.ts';
import type { BatchCapacity } from './family.ts';
import { openSession, type Lowering } from './lowering.ts';
import type { ClassificationLoss } from './loss.ts';
import { recurrenceOf } from './recurrenceOf.ts';
import type { WeightSource } from './weights.ts';

export interface InferenceOptions {
  readonly config: unknown;
  /** A trained classifier's, head included; low-rank updates already added in. */
  readonly weights: WeightSource;
  readonly labelCount: number;
  readonly lowering: Lowering;
  readonly capacity: BatchCapacity;
  /** How the labels became outputs; default: each for itself. */
  readonly encoding?: EncodingPlan | undefined;
  /** What it was trained by: cross-entropy shares one probability among the labels; default: each has its own. */
  readonly loss?: ClassificationLoss | undefined;
}

/**
 * A classifier that only answers: parameters and the forward pass, no gradients, no moments. `trainStep` of what it returns fails.
 * Throws as `createTrainableModel`.
 */
export async function createInferenceModel(options: InferenceOptions): Promise<SessionClassifier> {
  const { config, weights, labelCount, lowering } = options;
  const definition = defineModel(config);
  const recurrence = recurrenceOf(definition, options.capacity);
  const memory = recurrence !== null;
  const head = labelHead(options.encoding, labelCount, options.loss);
  const inference = definition.graph({
    labelCount: head.outputs,
    training: false,
    dropout: null,
    memory,
    head: head.graph,
  });
  const common = { training: inference, inference, capacity: definition.capacity(options.capacity) };
  const session = await openSession(lowering, common);
  const model = new SessionClassifier(definition, session, labelCount, options.loss, recurrence, head);
  try {
    await model.load(weights, 0);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}
