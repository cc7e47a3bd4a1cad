import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { openNodeGpu } from '../../engine/testing/nodeGpu.ts';
import { SessionClassifier } from '../classifier.ts';
import { createTrainableModel, defineModel, type Lowering } from '../create.ts';
import { openSafetensors } from '../files/safetensors.ts';
import type { OptimizerStep, PackedBatch, TensorInfo } from '../trainable.ts';
import type { WeightSource } from '../weights.ts';
import { parseBertConfig } from './config.ts';
import { bertFeed, positionIds } from './feed.ts';
import { variants, type Variant } from './variants.ts';

// Third-party test data beside the repository; its tests skip without it.
const goldens = new URL('../../../../shared/goldens/', import.meta.url);
const vocabulary = 40;
const labelCount = 3;
const { gpu, ...none } = await openNodeGpu();
const noGpu = 'reason' in none ? ` (skipped: ${none.reason})` : '';

/** A small model of each kind; ELECTRA's embeddings are narrower than its layers, and dropout is on everywhere. */
function tinyConfig({ modelType, fields }: Variant): Record<string, unknown> {
  return {
    model_type: modelType,
    vocab_size: vocabulary,
    max_position_embeddings: 24,
    [fields.width]: 32,
    [fields.layers]: 2,
    [fields.heads]: 2,
    [fields.inner]: 48,
    initializer_range: 0.1,
    ...(fields.embeddingWidth ? { [fields.embeddingWidth]: 16 } : {}),
  };
}

const capacity = { tokens: 96, sequences: 8, maxLength: 24 };
const create = (
  variant: Variant,
  weights: WeightSource | null,
  lowering: Lowering = { kind: 'onnx', threads: 1 },
) =>
  createTrainableModel({
    config: tinyConfig(variant),
    weights,
    labelCount,
    lowering,
    capacity,
    seed: 5,
    dropout: null,
  });

/** Rows whose label is told by a token of its own. */
function rows(count: number, seed: number): PackedBatch {
  const stream = random(seed);
  const ids: number[] = [];
  const offsets = [0];
  const targets = new Float32Array(count * labelCount);
  for (let row = 0; row < count; row++) {
    const label = stream.integer(labelCount);
    targets[row * labelCount + label] = 1;
    ids.push(
      2,
      30 + label,
      ...Array.from({ length: 2 + stream.integer(8) }, () => 5 + stream.integer(20)),
      3,
    );
    offsets.push(ids.length);
  }
  return {
    ids: Int32Array.from(ids),
    segments: new Int32Array(ids.length),
    offsets: Uint32Array.from(offsets),
    targets,
  };
}

const step = (number: number): OptimizerStep => ({
  step: number,
  learningRate: 5e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'no-bias-no-norm',
  clipNorm: 1,
  seed: 7,
});

async function parametersOf(model: SessionClassifier): Promise<Map<string, Float32Array>> {
  const values = new Map<string, Float32Array>();
  for await (const { name, data } of model.readState(['parameter'])) values.set(name, data);
  return values;
}

/** A file that holds these tensors. */
function fileOf(tensors: readonly (TensorInfo & { readonly data: Float32Array })[]): WeightSource {
  return {
    tensors,
    async read(name) {
      const found = tensors.find((tensor) => tensor.name === name);
      if (!found) throw new Error(`${name} is not in the file`);
      return found.data;
    },
  };
}

async function savedTensors(model: SessionClassifier) {
  const values = await parametersOf(model);
  return model.parameters.map((tensor) => ({
    ...tensor,
    data: values.get(tensor.name) ?? new Float32Array(),
  }));
}

describe.each(variants)('$modelType', (variant) => {
  const { modelType, fields, prefix } = variant;
  const invalid = (change: Record<string, unknown>) => {
    try {
      defineModel({ ...tinyConfig(variant), ...change });
    } catch (error) {
      return error as { code: string; message: string; details: { fields: string[] } };
    }
    throw new Error('nothing was thrown');
  };

  it('names what a config asks for and Verbena does not do', () => {
    for (const change of [
      { [fields.width]: 33 },
      { [fields.layers]: 0 },
      { [fields.activation]: 'softplus' },
      { [fields.hiddenDropout]: 1 },
      { vocab_size: '30522' },
      { position_embedding_type: 'relative_key_query' },
      { is_decoder: true },
      { sinusoidal_pos_embds: true },
      { pruned_heads: { 0: [1] } },
    ]) {
      const { code, message, details } = invalid(change);
      const [field = ''] = Object.keys(change);
      expect(code).toBe('config-invalid');
      expect(message).toContain(field);
      expect(details.fields.map((name) => name.split('.')[0])).toContain(field);
    }
    expect(() => defineModel({ ...tinyConfig(variant), position_embedding_type: 'absolute' })).not.toThrow();
  });

  it('lowers the loss of a short run with dropout on', async () => {
    const { model, fresh } = await create(variant, null);
    expect(fresh).toEqual(model.parameters.map(({ name }) => name));
    const losses: number[] = [];
    for (let i = 1; i <= 40; i++) {
      const { loss, gradientNorm } = await model.trainStep([rows(6, i), rows(5, 100 + i)], step(i));
      expect(gradientNorm).toBeGreaterThan(0);
      losses.push(loss);
    }
    const mean = (part: readonly number[]) => part.reduce((a, b) => a + b, 0) / part.length;
    expect(mean(losses.slice(-5))).toBeLessThan(0.6 * mean(losses.slice(0, 5)));
    model.dispose();
  });

  it('gives a text the same logits alone and packed with others', async () => {
    const { model } = await create(variant, null);
    const packed = rows(5, 3);
    const together = await model.logits(packed);
    for (let row = 0; row < 5; row++) {
      const [start, end] = [packed.offsets[row], packed.offsets[row + 1]] as [number, number];
      const alone = await model.logits({
        ids: packed.ids.slice(start, end),
        segments: packed.segments.slice(start, end),
        offsets: Uint32Array.of(0, end - start),
        targets: null,
      });
      alone.forEach((value, label) =>
        expect(value).toBeCloseTo(together[row * labelCount + label] as number, 5),
      );
    }
    model.dispose();
  });

  it('keeps every weight through a file under published names', async () => {
    const first = await create(variant, null);
    const saved = await savedTensors(first.model);
    const again = await create(variant, fileOf(saved));
    expect(again.fresh).toEqual([]);
    expect(await parametersOf(again.model)).toEqual(await parametersOf(first.model));
    expect(saved.every(({ name }) => !name.includes('qkv'))).toBe(true);
    first.model.dispose();
    again.model.dispose();
  });

  it('starts only the head of a pretrained encoder afresh', async () => {
    const { model } = await create(variant, null);
    const saved = await savedTensors(model);
    model.dispose();
    const isHead = (name: string) => variant.headPrefixes.some((head) => name.startsWith(head));
    const heads = saved.filter(({ name }) => isHead(name)).map(({ name }) => name);
    expect(heads).toHaveLength(4);
    const body = saved.filter(({ name }) => !isHead(name));
    const other = ['cls.predictions.bias', 'lm_head.dense.weight', `${prefix}embeddings.position_ids`].map(
      (name) => ({
        name,
        shape: [1],
        data: new Float32Array(1),
      }),
    );
    // As the bare encoder is saved, and as files of 2018 call a LayerNorm's tensors.
    const bare = body.map((tensor) => ({ ...tensor, name: tensor.name.slice(prefix.length) }));
    const old = body.map((tensor) => ({
      ...tensor,
      name: tensor.name
        .replace('LayerNorm.weight', 'LayerNorm.gamma')
        .replace('LayerNorm.bias', 'LayerNorm.beta'),
    }));
    for (const file of [[...body, ...other], bare, old]) {
      const loaded = await create(variant, fileOf(file));
      expect([...loaded.fresh].sort()).toEqual([...heads].sort());
      const values = await parametersOf(loaded.model);
      for (const { name, data } of body) expect(values.get(name)).toEqual(data);
      loaded.model.dispose();
    }
    const lacking = body.filter(({ name }) => !name.includes(variant.names.up));
    await expect(create(variant, fileOf(lacking))).rejects.toMatchObject({ code: 'tensors-missing' });
    const stray = {
      name: `${variant.layers}2.${variant.names.up}.bias`,
      shape: [48],
      data: new Float32Array(48),
    };
    await expect(create(variant, fileOf([...body, stray]))).rejects.toMatchObject({ code: 'tensors-extra' });
  });

  it('refuses a text longer than its positions', () => {
    const config = parseBertConfig(variant, tinyConfig(variant));
    const most = defineModel(tinyConfig(variant)).maxPositions ?? 0;
    const text = (length: number): PackedBatch => ({
      ids: new Int32Array(length).fill(9),
      segments: new Int32Array(length),
      offsets: Uint32Array.of(0, length),
      targets: null,
    });
    expect(most).toBe(modelType === 'roberta' ? 22 : 24);
    const feed = (batch: PackedBatch) => bertFeed(batch, { variant, config, seed: 0, lossScale: 1 });
    expect(() => feed(text(most))).not.toThrow();
    expect(() => feed(text(most + 1))).toThrow(expect.objectContaining({ code: 'text-too-long' }));
  });

  it.skipIf(!existsSync(goldens))('has exactly the tensors that Hugging Face saves', async () => {
    const read = (name: string) => readFileSync(new URL(`${modelType}/${name}`, goldens));
    const weights = await openSafetensors(new Uint8Array(read('model.safetensors')));
    const config: unknown = JSON.parse(read('config.json').toString());
    const { model, fresh } = await createTrainableModel({
      config,
      weights,
      labelCount: 5,
      lowering: { kind: 'onnx', threads: 1 },
      capacity,
      seed: 0,
      dropout: 0,
    });
    expect(fresh).toEqual([]);
    const byName = (a: TensorInfo, b: TensorInfo) => (a.name < b.name ? -1 : 1);
    expect([...model.parameters].sort(byName)).toEqual(
      weights.tensors.map(({ name, shape }) => ({ name, shape })).sort(byName),
    );
    for (const [name, data] of await parametersOf(model)) expect(data).toEqual(await weights.read(name));
    model.dispose();
  });

  it.skipIf(!gpu)(
    `trains on WebGPU as on the CPU, dropout masks included${noGpu}`,
    async () => {
      if (!gpu) return;
      const results = [];
      for (const lowering of [
        { kind: 'onnx', threads: 1 },
        { kind: 'webgpu', gpu },
      ] as const) {
        const { model } = await create(variant, null, lowering);
        const losses: number[] = [];
        for (let i = 1; i <= 3; i++) losses.push((await model.trainStep([rows(6, i)], step(i))).loss);
        results.push(losses);
        model.dispose();
      }
      const [cpu = [], device = []] = results;
      cpu.forEach((loss, i) => expect(device[i]).toBeCloseTo(loss, 4));
    },
    120_000,
  );
});

describe('token types', () => {
  const code = (modelType: string, segments: Int32Array) => {
    const variant = variants.find((candidate) => candidate.modelType === modelType) as Variant;
    const config = parseBertConfig(variant, tinyConfig(variant));
    const batch = { ids: Int32Array.of(2, 9, 3), segments, offsets: Uint32Array.of(0, 3), targets: null };
    try {
      return (
        bertFeed(batch, { variant, config, seed: 0, lossScale: 1 }).tensors.get('types')?.join('') ?? null
      );
    } catch (error) {
      return (error as { code: string }).code;
    }
  };

  it('become one-hot rows, none for DistilBERT, and may not be beyond the table', () => {
    expect(code('bert', Int32Array.of(0, 1, 0))).toBe('100110');
    expect(code('bert', Int32Array.of(0, 2, 2))).toBe('segment-unknown');
    expect(code('distilbert', Int32Array.of(0, 0, 0))).toBeNull();
  });
});

describe('RoBERTa’s positions', () => {
  it('begin after padding’s, which padding keeps and does not advance', () => {
    const roberta = variants.find(({ modelType }) => modelType === 'roberta');
    if (!roberta) throw new Error('RoBERTa is gone');
    const config = parseBertConfig(roberta, tinyConfig(roberta));
    const batch: PackedBatch = {
      ids: Int32Array.of(0, 9, 1, 9, 2, 0, 2),
      segments: new Int32Array(7),
      offsets: Uint32Array.of(0, 5, 7),
      targets: null,
    };
    expect([...positionIds(batch, roberta, config)]).toEqual([2, 3, 1, 4, 5, 2, 3]);
  });
});
