import { throwIfAborted } from '../../../base/progress.ts';
import { BagModel } from '../../../training/testing/bagModel.ts';
import type { DeviceReport } from '../contract.ts';
import type { TrainerDependencies } from '../dependencies.ts';
import type { RunLocks } from '../../storage/locks.ts';
import type { RunStorage } from '../runStorage.ts';

export const testDevice: DeviceReport = {
  lowering: 'onnx',
  name: '1 thread of this CPU',
  reason: 'The CPU path was chosen.',
  isSoftware: true,
  limits: { threads: 1 },
  features: [],
};

/**
 * The trainer's dependencies with the bag model in the engine's place: a model folder is a config.json of
 * `{"model_type": "bag", "vocab_size": ..., "hidden_size": ...}`, and everything else is real.
 */
export function bagDependencies(storage: RunStorage, locks: RunLocks): TrainerDependencies {
  return {
    storage,
    locks,
    device: async () => testDevice,
    memory: () => ({ availableBytes: 2 ** 30, largestBufferBytes: null, machineBytes: null }),
    async restoreModel({ config, weights, labelCount }) {
      const model = new BagModel({
        vocabularySize: Number(config['vocab_size']),
        hiddenSize: Number(config['hidden_size']),
        labelCount,
        seed: 0,
      });
      const tensors = await Promise.all(
        weights.tensors.map(async ({ name, shape }) => ({
          kind: 'parameter' as const,
          name,
          shape,
          data: await weights.read(name),
        })),
      );
      await model.writeState(tensors);
      return model;
    },
    async openModel(source, { signal, onProgress }) {
      onProgress?.({ phase: 'Reading the model', done: 1, total: 2, unit: 'bytes' });
      throwIfAborted(signal);
      const file = source.kind === 'files' ? source.files.find(({ name }) => name === 'config.json') : null;
      const config = file
        ? (JSON.parse(await file.text()) as Record<string, unknown>)
        : { model_type: 'bag', vocab_size: 200, hidden_size: 8 };
      return {
        config,
        tokenizer: { name: 'bag', tokenizerJson: '{"model":{}}', tokenizerConfigJson: '{}' },
        create: async ({ labelCount, seed, dropout, signal: stop }) => {
          throwIfAborted(stop);
          return new BagModel({
            vocabularySize: Number(config['vocab_size']),
            hiddenSize: Number(config['hidden_size']),
            labelCount,
            seed,
            dropout: dropout ?? 0.1,
          });
        },
      };
    },
    planner: async () => (capacity) => ({
      totalBytes: 1000 * capacity.tokens,
      byCategory: { activations: 1000 * capacity.tokens },
    }),
  };
}
