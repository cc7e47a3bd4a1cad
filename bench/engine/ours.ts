import { openDevice } from '../../src/engine/webgpu/device.ts';
import { createTrainableModel } from '../../src/models/create.ts';
import type { OptimizerStep, PackedBatch } from '../../src/models/trainable.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import {
  adamW,
  benchBatch,
  layerNormEpsilon,
  startingWeights,
  type BenchConfig,
  type CreateStep,
} from './model.ts';

/** `config.json` of the measured model. */
function configJson(config: BenchConfig): Record<string, unknown> {
  return {
    model_type: 'xlnet',
    vocab_size: config.vocabulary,
    d_model: config.width,
    n_layer: config.layers,
    n_head: config.heads,
    d_inner: config.inner,
    d_head: config.width / config.heads,
    ff_activation: 'gelu',
    untie_r: true,
    attn_type: 'bi',
    layer_norm_eps: layerNormEpsilon,
    dropout: 0,
    summary_last_dropout: 0,
  };
}

function weightSource(config: BenchConfig): WeightSource {
  const weights = startingWeights(config);
  // A published file has it; fine-tuning never touches it.
  const mask = {
    name: 'transformer.mask_emb',
    shape: [1, 1, config.width],
    data: new Float32Array(config.width),
  };
  const all = new Map([...weights, mask].map((weight) => [weight.name, weight]));
  return {
    tensors: [...all.values()].map(({ name, shape }) => ({ name, shape })),
    read(name) {
      const weight = all.get(name);
      return weight ? Promise.resolve(weight.data) : Promise.reject(new Error(`no ${name}`));
    },
  };
}

/** Verbena's own engine, through the same door the trainer uses. */
export const createStep: CreateStep = async (config) => {
  const gpu = await openDevice(navigator.gpu);
  const { tokens, sequences } = config;
  const { model, fresh } = await createTrainableModel({
    config: configJson(config),
    weights: weightSource(config),
    labelCount: config.labels,
    lowering: { kind: 'webgpu', gpu },
    capacity: { tokens: tokens * sequences, sequences, maxLength: tokens },
    seed: 1,
    dropout: 0,
  });
  if (fresh.length > 0) throw new Error(`weights that were not set: ${fresh.join(', ')}`);
  const { ids, segments, targets } = benchBatch(config);
  const offsets = Uint32Array.from({ length: sequences + 1 }, (_, b) => b * tokens);
  const batch: PackedBatch = { ids, segments, offsets, targets };
  let steps = 0;
  return {
    async step() {
      const optimizer: OptimizerStep = {
        step: ++steps,
        ...adamW,
        decay: 'all',
        clipNorm: null,
        seed: 1,
      };
      const { loss } = await model.trainStep([batch], optimizer);
      await gpu.device.queue.onSubmittedWorkDone();
      return loss;
    },
    info: () => ({ engine: 'Verbena', plannedBytes: model.memory.totalBytes, ...model.memory.byCategory }),
  };
};
