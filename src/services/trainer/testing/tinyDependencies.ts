import { createTrainableModel } from '../../../models/create.ts';
import { createInferenceModel } from '../../../models/inference.ts';
import type { TrainerDependencies } from '../dependencies.ts';
import type { RunStorage } from '../runStorage.ts';
import { processRunLocks } from '../../storage/locks.ts';
import { bagDependencies } from './bagDependencies.ts';

/** The trainer's dependencies with a real model of the engine on its CPU lowering, drawn from a config. */
export function tinyDependencies(
  storage: RunStorage,
  config: Readonly<Record<string, unknown>>,
): TrainerDependencies {
  const lowering = { kind: 'onnx', threads: 1 } as const;
  return {
    ...bagDependencies(storage, processRunLocks()),
    openModel: async () => ({
      config,
      tokenizer: { name: 'tiny', tokenizerJson: '{"model":{}}', tokenizerConfigJson: '{}' },
      async create(options) {
        const made = await createTrainableModel({ ...options, config, weights: null, lowering });
        options.onPlan?.(made.plan);
        return made.model;
      },
    }),
    restoreModel: (options) => createInferenceModel({ ...options, lowering }),
  };
}

/** Config of a BERT of one layer, with room for 40 positions and a vocabulary for the synthetic rows of so many labels. */
export function tinyBert(labels: number): Readonly<Record<string, unknown>> {
  return {
    model_type: 'bert',
    vocab_size: 40 + 5 * labels,
    hidden_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    intermediate_size: 32,
    max_position_embeddings: 40,
  };
}
