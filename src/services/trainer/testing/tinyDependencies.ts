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
