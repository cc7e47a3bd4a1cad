import { SessionClassifier } from './classifier.ts';
import { defineModel } from './create.ts';
import type { InferenceOptions } from './inference.ts';
import { openSession } from './lowering.ts';
import type { PackedBatch } from './trainable.ts';

/** A model read for its hidden states, not for labels. */
export interface Encoder {
  /** Hidden layers; layer 0 is the embedding. */
  readonly layers: number;
  /** Token type ids of one sequence, special tokens included. */
  segmentIds(ids: Int32Array): Int32Array;
  /** Hidden states `[T, width]` of each layer asked for. */
  hidden(batch: PackedBatch, layers: readonly number[]): Promise<readonly Float32Array[]>;
  dispose(): void;
}

/**
 * The forward pass of a pretrained or trained model with its hidden states as outputs; a head that the file lacks stays unread.
 * Throws as `createTrainableModel`.
 */
export async function createEncoder({
  config,
  weights,
  lowering,
  capacity,
}: Omit<InferenceOptions, 'labelCount'>): Promise<Encoder> {
  const definition = defineModel(config);
  const graph = definition.graph({ labelCount: 1, training: false, dropout: null, keepHidden: true });
  const layers = [...graph.outputs.keys()].filter((name) => name.startsWith('hidden.')).length - 1;
  const common = { training: graph, inference: graph, capacity: definition.capacity(capacity) };
  const session = await openSession(lowering, common);
  const model = new SessionClassifier(definition, session, 1);
  try {
    await model.load(withoutHead(weights, definition.headPrefixes), 0);
  } catch (error) {
    model.dispose();
    throw error;
  }
  return {
    layers,
    segmentIds: (ids) => model.segmentIds(ids),
    hidden: (batch, wanted) =>
      model.outputs(
        batch,
        wanted.map((layer) => `hidden.${layer}`),
      ),
    dispose: () => model.dispose(),
  };
}

/** A head of other labels would not fit the one label that stands in for all. */
export function withoutHead(
  weights: InferenceOptions['weights'],
  prefixes: readonly string[],
): InferenceOptions['weights'] {
  const tensors = weights.tensors.filter(({ name }) => !prefixes.some((prefix) => name.startsWith(prefix)));
  return { tensors, read: (name) => weights.read(name) };
}
