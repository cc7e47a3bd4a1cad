import { GraphBuilder } from '../../src/engine/graph/builder.ts';
import { keepEverything } from '../../src/engine/plan/choices.ts';
import { matmul } from '../../src/engine/ops/matmul/op.ts';
import { takeRows } from '../../src/engine/ops/takeRows/op.ts';
import { openDevice } from '../../src/engine/webgpu/device.ts';
import { createWebGpuSession } from '../../src/engine/webgpu/session.ts';
import { matmulShapes } from '../../src/engine/webgpu/tuner/table.ts';
import { tuneMatmul } from '../../src/engine/webgpu/tuner/tune.ts';
import { createTrainableModel } from '../../src/models/create.ts';
import type { OptimizerStep, PackedBatch } from '../../src/models/trainable.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import {
  adamW,
  benchBatch,
  layerNormEpsilon,
  startingWeights,
  type BenchConfig,
  type BenchStep,
  type CreateStep,
} from './model.ts';
import { productData, type ProductConfig } from './products.ts';

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
    memory: { ...keepEverything, update: config.updatesByLayer ? 'layers' : 'end' },
    // Nothing is clipped.
    measures: false,
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

/** Matrix products alone, with the kernels that the tuner finds for them; on software adapters the fallback. */
export async function createProduct(config: ProductConfig): Promise<BenchStep> {
  const { rows, width, links } = config;
  const gpu = await openDevice(navigator.gpu);
  const g = new GraphBuilder();
  const product = matmul({ transposeA: false, transposeB: false });
  const w = g.input('w', [width, width], 'f32');
  let x = g.input('x', ['T', width], 'f32');
  for (let i = 0; i < links; i++) x = g.one(product, [x, w], `x.${i + 1}`);
  // One row comes back: what the others' bench reads too.
  g.output('row', g.one(takeRows(), [x, g.input('rows', ['B'], 'u32')], 'row'));
  const graph = g.build();
  const capacity = { T: rows, B: 1, R: 1, K: 1 };
  const table = await tuneMatmul(gpu, matmulShapes([graph], capacity));
  const session = await createWebGpuSession({
    gpu,
    training: new GraphBuilder().build(),
    inference: graph,
    capacity,
    matmul: table,
  });
  const data = productData(config);
  const tensors = new Map<string, Float32Array | Uint32Array>([
    ['x', data.x],
    ['w', data.w],
    ['rows', Uint32Array.of(rows - 1)],
  ]);
  return {
    async step() {
      const outputs = await session.infer({ dims: capacity, tensors, seed: 1, lossScale: 1 });
      return outputs.get('row')?.[0] ?? Number.NaN;
    },
    info: () => ({
      engine: 'Verbena',
      plannedBytes: session.plan.totalBytes,
      ...(table.peakGflops > 0 ? { peakGflops: table.peakGflops } : {}),
    }),
  };
}
