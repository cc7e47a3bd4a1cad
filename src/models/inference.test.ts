import { describe, expect, it } from 'vitest';
import { relativeError } from '../engine/testing/compare.ts';
import { openNodeGpu } from '../engine/testing/nodeGpu.ts';
import { createTrainableModel } from './create.ts';
import { createInferenceModel } from './inference.ts';
import type { WeightSource } from './weights.ts';

const { gpu, ...none } = await openNodeGpu();
const noGpu = 'reason' in none ? ` (skipped: ${none.reason})` : '';

const config = {
  model_type: 'distilbert',
  vocab_size: 40,
  initializer_range: 0.1,
  dim: 32,
  n_layers: 1,
  n_heads: 2,
  hidden_dim: 48,
  max_position_embeddings: 24,
};
const capacity = { tokens: 32, sequences: 4, maxLength: 16 };
const shared = { config, labelCount: 3, capacity } as const;

describe('a model that only answers', () => {
  it.skipIf(!gpu)(`gives the same logits on a GPU, with room for parameters alone${noGpu}`, async () => {
    if (!gpu) return;
    const cpu = { kind: 'onnx', threads: 1 } as const;
    const { model } = await createTrainableModel({
      ...shared,
      weights: null,
      lowering: cpu,
      seed: 5,
      dropout: null,
    });
    const data = new Map<string, Float32Array>();
    for await (const tensor of model.readState(['parameter'])) data.set(tensor.name, tensor.data);
    const weights: WeightSource = {
      tensors: model.parameters,
      read: async (name) => data.get(name) ?? new Float32Array(0),
    };
    const batch = {
      ids: Int32Array.of(2, 7, 8, 3, 2, 30, 31, 32, 33, 3),
      segments: new Int32Array(10),
      offsets: Uint32Array.of(0, 4, 10),
      targets: null,
    };
    const answering = await createInferenceModel({ ...shared, weights, lowering: { kind: 'webgpu', gpu } });
    expect(answering.memory.byCategory).toMatchObject({ gradients: 0, moments: 0 });
    expect(answering.memory.totalBytes).toBeLessThan(model.memory.totalBytes);
    expect(relativeError(await answering.logits(batch), await model.logits(batch))).toBeLessThan(1e-5);
    answering.dispose();
    model.dispose();
  });
});
