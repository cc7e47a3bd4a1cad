import { expect, test } from 'vitest';
import { createOnnxSession } from '../../engine/onnx/session.ts';
import { worstGradientError, verdict } from '../../engine/testing/gradientCheck.ts';
import { packedFeed } from '../../engine/testing/packed.ts';
import { addColumns } from '../../engine/ops/columns/op.ts';
import { SessionClassifier } from '../classifier.ts';
import { defineModel } from '../create.ts';
import { writeSafetensors, planSafetensors } from '../files/safetensorsWriter.ts';
import type { PackedBatch, StateTensor } from '../trainable.ts';
import type { WeightSource } from '../weights.ts';
import {
  adapterConfig,
  adapterNames,
  adapterWeights,
  mergedWeights,
  parseAdapterConfig,
  readAdapter,
} from './files.ts';
import { wholeModel, type LoraOptions, type TrainedParts } from './trainedParts.ts';

const xlnet = { model_type: 'xlnet', vocab_size: 40, d_model: 16, n_layer: 2, n_head: 2, d_inner: 32 };
const bert = {
  model_type: 'bert',
  vocab_size: 40,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 32,
  type_vocab_size: 2,
};
const cases = [
  { config: xlnet, targets: ['rel_attn.q', 'rel_attn.v', 'rel_attn.o', 'ff.layer_1'] },
  { config: bert, targets: ['query', 'value', 'output.dense'] },
];

const batch: PackedBatch = {
  ids: Int32Array.from({ length: 30 }, (_, i) => (i * 7) % 40),
  segments: new Int32Array(30),
  offsets: Uint32Array.of(0, 17, 26, 30),
  targets: Float32Array.of(1, 0, 0, 1, 1, 0),
};

const step = {
  step: 1,
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'all',
  clipNorm: null,
  seed: 3,
} as const;

async function open(config: unknown, trained: TrainedParts): Promise<SessionClassifier> {
  const definition = defineModel(config);
  const graph = (training: boolean) => definition.graph({ labelCount: 2, training, dropout: null, trained });
  const session = await createOnnxSession({
    training: graph(true),
    inference: graph(false),
    capacity: definition.capacity({ tokens: 32, sequences: 4, maxLength: 32 }),
  });
  return new SessionClassifier(definition, session, 2);
}

function parametersOf(config: unknown, trained: TrainedParts) {
  return defineModel(config).graph({ labelCount: 2, training: false, dropout: null, trained }).parameters;
}

async function weightsOf(model: SessionClassifier): Promise<WeightSource> {
  const state = new Map<string, StateTensor>();
  for await (const tensor of model.readState(['parameter'])) state.set(tensor.name, tensor);
  return {
    tensors: [...state.values()],
    read: async (name) => state.get(name)?.data ?? new Float32Array(),
  };
}

test.each(cases)(
  'LoRA on $config.model_type: only factors and head move; merged weights stand for it',
  async ({ config, targets }) => {
    const lora: LoraOptions = { rank: 4, alpha: 8, dropout: 0.1, targets };
    const trained: TrainedParts = { frozen: [], lora };
    const model = await open(config, trained);
    const fresh = await model.load(null, 1);
    expect(fresh.filter((name) => name.includes('lora_'))).toHaveLength(2 * 2 * 4);
    const start = await weightsOf(model);

    // B is zero: the adapted model begins as the plain one.
    const plain = await open(config, wholeModel);
    await plain.load(mergedWeights(start, parametersOf(config, trained)), 1);
    expect(await model.logits(batch)).toEqual(await plain.logits(batch));

    const losses: number[] = [];
    for (let i = 1; i <= 20; i++) losses.push((await model.trainStep([batch], { ...step, step: i })).loss);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
    const end = await weightsOf(model);
    const moved: string[] = [];
    for (const { name } of start.tensors) {
      const [before, after] = [await start.read(name), await end.read(name)];
      if (before.some((value, i) => value !== after[i])) moved.push(name);
    }
    const names = adapterNames(parametersOf(config, trained));
    expect(moved.toSorted()).toEqual([...names.keys()].toSorted());

    const merged = await open(config, wholeModel);
    await merged.load(mergedWeights(end, parametersOf(config, trained)), 1);
    const [expected, actual] = [await model.logits(batch), await merged.logits(batch)];
    actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 4));
    // The update is no rounding error.
    expect(await plain.logits(batch)).not.toEqual(actual);

    // Saved alone and read into a freshly loaded base, the adapter gives the same bits.
    const file = adapterWeights(end, parametersOf(config, trained));
    expect(file.tensors.every(({ name }) => name.startsWith('base_model.model.'))).toBe(true);
    const again = await open(config, trained);
    await again.load(mergedWeights(start, parametersOf(config, trained)), 9);
    await again.writeState(await collect(readAdapter(file, parametersOf(config, trained))));
    expect(await again.logits(batch)).toEqual(expected);
    for (const used of [model, plain, merged, again]) used.dispose();
  },
  120_000,
);

test('an adapter file is written under the names of PEFT, with the config that PEFT reads', async () => {
  const lora: LoraOptions = { rank: 2, alpha: 4, dropout: 0, targets: ['query', 'value'] };
  const names = [...adapterNames(parametersOf(bert, { frozen: [], lora })).values()];
  expect(names).toContain('base_model.model.bert.encoder.layer.1.attention.self.query.lora_A.weight');
  expect(names).toContain('base_model.model.bert.encoder.layer.0.attention.self.value.lora_B.weight');
  expect(names).toContain('base_model.model.classifier.weight');
  expect(names.some((name) => name.includes('.key.'))).toBe(false);
  const config = adapterConfig(lora, 'google-bert/bert-base-uncased', ['classifier']);
  expect(parseAdapterConfig(JSON.parse(JSON.stringify(config)))).toEqual(lora);
  expect(() => parseAdapterConfig({ ...(config as object), use_dora: true })).toThrow(/not a plain LoRA/);
  const model = await open(bert, { frozen: [], lora });
  await model.load(null, 1);
  const file = adapterWeights(await weightsOf(model), parametersOf(bert, { frozen: [], lora }));
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeSafetensors(planSafetensors(file.tensors), file.read)) chunks.push(chunk);
  expect(chunks.length).toBeGreaterThan(file.tensors.length / 2);
  model.dispose();
}, 60_000);

test('what matches nothing is refused with what there is', () => {
  const build = (trained: TrainedParts) => () =>
    defineModel(bert).graph({ labelCount: 2, training: true, dropout: null, trained });
  const lora = { rank: 2, alpha: 4, dropout: 0, targets: ['quest'] };
  expect(build({ frozen: ['layer.7'], lora: null })).toThrow(/no parts layer.7/);
  expect(build({ frozen: [], lora })).toThrow(/no matrices called quest/);
  expect(build({ frozen: [], lora: { ...lora, targets: ['query'], rank: 0 } })).toThrow(/rank is 0/);
});

test('the gradient of added columns agrees with finite differences', async () => {
  const error = await worstGradientError({
    feed: packedFeed({ lengths: [5, 2] }),
    build: (g) => {
      const parameter = (name: string, columns: number) =>
        g.parameter({ name, shape: [3, columns], group: 'all', role: 'weight' });
      const parts = [
        { start: 1, length: 2 },
        { start: 4, length: 3 },
      ];
      const inputs = [parameter('y', 8), parameter('a', 2), parameter('b', 3)];
      return g.one(addColumns(parts, 0.5), inputs, 'sum');
    },
  });
  expect(verdict(error, 1e-6)).toBe('agrees');
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
