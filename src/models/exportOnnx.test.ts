import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { InferenceSession, Tensor } from 'onnxruntime-web';
import { describe, expect, it } from 'vitest';
import { relativeError } from '../engine/testing/compare.ts';
import { loadOnnxRuntime } from '../engine/onnx/runtime.ts';
import { random } from '../base/random.ts';
import { createTrainableModel } from './create.ts';
import { createEncoder } from './encoder.ts';
import { exportEncoderOnnx, exportOnnx } from './exportOnnx.ts';
import { openSafetensors, type SafetensorsFile } from './files/safetensors.ts';
import { createInferenceModel } from './inference.ts';
import type { PackedBatch, TrainableModel } from './trainable.ts';
import type { WeightSource } from './weights.ts';

// The exported bytes run in onnxruntime by themselves, fed as a tokenizer feeds them, against Verbena's own session and against what
// PyTorch computed. Third-party test data beside the repository; its tests skip without it.
const goldens = new URL('../../../shared/goldens/', import.meta.url);

const common = { vocab_size: 40, initializer_range: 0.1, layer_norm_eps: 1e-12 };
const bertLike = { ...common, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 48 };
const configs: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  xlnet: { ...common, model_type: 'xlnet', d_model: 32, n_layer: 2, n_head: 2, d_inner: 48 },
  bert: { ...bertLike, model_type: 'bert', hidden_size: 32, max_position_embeddings: 24 },
  roberta: {
    ...bertLike,
    model_type: 'roberta',
    hidden_size: 32,
    max_position_embeddings: 26,
    pad_token_id: 1,
  },
  electra: {
    ...bertLike,
    model_type: 'electra',
    hidden_size: 32,
    embedding_size: 16,
    max_position_embeddings: 24,
  },
  distilbert: {
    ...common,
    model_type: 'distilbert',
    dim: 32,
    n_layers: 2,
    n_heads: 2,
    hidden_dim: 48,
    max_position_embeddings: 24,
  },
};
const labelCount = 3;
const capacity = { tokens: 128, sequences: 8, maxLength: 24 };
const lowering = { kind: 'onnx', threads: 1 } as const;

async function weightsOf(model: TrainableModel): Promise<WeightSource> {
  const data = new Map<string, Float32Array>();
  for await (const tensor of model.readState(['parameter'])) data.set(tensor.name, tensor.data);
  return { tensors: model.parameters, read: async (name) => data.get(name) ?? new Float32Array(0) };
}

/** A padded batch as a tokenizer gives it. */
interface Padded {
  readonly shape: readonly [rows: number, columns: number];
  readonly input_ids: readonly number[];
  readonly attention_mask: readonly number[];
  readonly token_type_ids: readonly number[];
}

async function run(bytes: Uint8Array, batch: Padded): Promise<Float32Array> {
  await loadOnnxRuntime(1);
  const session = await InferenceSession.create(bytes, { executionProviders: ['wasm'], logSeverityLevel: 4 });
  const feeds = Object.fromEntries(
    session.inputNames.map((name) => [
      name,
      new Tensor('int64', BigInt64Array.from(batch[name as 'input_ids'], BigInt), batch.shape),
    ]),
  );
  const outputs = await session.run(feeds);
  await session.release();
  return outputs[session.outputNames[0] ?? '']?.data as Float32Array;
}

/** Rows of 3 to 11 tokens, and the same padded: each row on a side of its own where the model allows both. */
function rowsOf(model: TrainableModel, side: (row: number) => 'left' | 'right'): [PackedBatch, Padded] {
  const stream = random(3);
  const columns = 12;
  const rows = Array.from({ length: 5 }, () =>
    Int32Array.from({ length: 3 + stream.integer(9) }, () => 5 + stream.integer(35)),
  );
  const offsets = [0];
  const padded = {
    input_ids: [] as number[],
    attention_mask: [] as number[],
    token_type_ids: [] as number[],
  };
  rows.forEach((ids, row) => {
    offsets.push((offsets.at(-1) ?? 0) + ids.length);
    const gap = Array.from({ length: columns - ids.length }, () => 1);
    const laid = (values: readonly number[], filler: number) => {
      const padding = gap.map(() => filler);
      return side(row) === 'left' ? [...padding, ...values] : [...values, ...padding];
    };
    padded.input_ids.push(...laid([...ids], 1));
    padded.attention_mask.push(
      ...laid(
        [...ids].map(() => 1),
        0,
      ),
    );
    padded.token_type_ids.push(...laid([...model.segmentIds(ids)], 0));
  });
  const packed = {
    ids: Int32Array.from(rows.flatMap((ids) => [...ids])),
    segments: Int32Array.from(rows.flatMap((ids) => [...model.segmentIds(ids)])),
    offsets: Uint32Array.from(offsets),
    targets: null,
  };
  return [packed, { ...padded, shape: [rows.length, columns] }];
}

describe('an exported ONNX file', () => {
  it.each(Object.entries(configs))('of %s answers as the session does', async (type, config) => {
    const { model } = await createTrainableModel({
      config,
      weights: null,
      labelCount,
      lowering,
      capacity,
      seed: 5,
      dropout: null,
    });
    // XLNet knows only distances: a row may be padded on either side. The others count positions from the first column.
    const [packed, padded] = rowsOf(model, (row) => (type === 'xlnet' && row % 2 === 0 ? 'left' : 'right'));
    const { bytes, inputs } = await exportOnnx(config, await weightsOf(model), labelCount);
    expect(inputs).toEqual([
      'input_ids',
      'attention_mask',
      ...(type === 'distilbert' ? [] : ['token_type_ids']),
    ]);
    const expected = await model.logits(packed);
    model.dispose();
    expect(relativeError(await run(bytes, padded), expected)).toBeLessThan(2e-5);
  });

  it.each(Object.entries(configs))('of %s without its head gives its hidden states', async (_, config) => {
    const { model } = await createTrainableModel({
      config,
      weights: null,
      labelCount,
      lowering,
      capacity,
      seed: 7,
      dropout: null,
    });
    const [packed, padded] = rowsOf(model, () => 'right');
    const weights = await weightsOf(model);
    model.dispose();
    const { bytes } = await exportEncoderOnnx(config, weights);
    const encoder = await createEncoder({ config, weights, lowering, capacity });
    const [expected = new Float32Array(0)] = await encoder.hidden(packed, [encoder.layers]);
    encoder.dispose();
    // The session's rows are packed: the file's, where the mask shows them.
    const states = await run(bytes, padded);
    const width = 32;
    const shown = states.filter((_, at) => padded.attention_mask[Math.floor(at / width)]);
    expect(relativeError(shown, expected)).toBeLessThan(2e-5);
  });

  it('of a unidirectional XLNet hides what comes later', async () => {
    const config = { ...configs['xlnet'], attn_type: 'uni' };
    const { model } = await createTrainableModel({
      config,
      weights: null,
      labelCount,
      lowering,
      capacity,
      seed: 6,
      dropout: null,
    });
    const [packed, padded] = rowsOf(model, () => 'right');
    const { bytes } = await exportOnnx(config, await weightsOf(model), labelCount);
    const expected = await model.logits(packed);
    model.dispose();
    expect(relativeError(await run(bytes, padded), expected)).toBeLessThan(2e-5);
  });

  it('names what is missing from the weights', async () => {
    const none: WeightSource = { tensors: [], read: async () => new Float32Array(0) };
    await expect(exportOnnx(configs['bert'], none, labelCount)).rejects.toMatchObject({
      code: 'tensors-missing',
    });
  });
});

const sourceOf = (file: SafetensorsFile): WeightSource => ({
  tensors: file.tensors,
  read: (name) => file.read(name),
});

describe.skipIf(!existsSync(goldens))('on PyTorch’s batches', () => {
  it.each(['xlnet', 'bert', 'roberta', 'electra', 'distilbert'])(
    '%s gives PyTorch’s logits',
    async (name) => {
      const file = async (file: string) =>
        openSafetensors(new Uint8Array(await readFile(new URL(`${name}/${file}`, goldens))));
      const config: unknown = JSON.parse(await readFile(new URL(`${name}/config.json`, goldens), 'utf8'));
      const inputs = await file('inputs.safetensors');
      const weights = sourceOf(await file('model.safetensors'));
      const expected = await (await file('forward_backward.safetensors')).read('b0.logits');
      const read = async (field: string) =>
        inputs.has(`b0.${field}`) ? Array.from(await inputs.readF64(`b0.${field}`)) : [];
      const padded: Padded = {
        shape: [3, 16],
        input_ids: await read('input_ids'),
        attention_mask: await read('attention_mask'),
        token_type_ids: await read('token_type_ids'),
      };
      const { bytes } = await exportOnnx(config, weights, 5);
      expect(relativeError(await run(bytes, padded), expected)).toBeLessThan(1e-5);

      // What only answers needs no gradients and gives the same.
      const model = await createInferenceModel({ config, weights, labelCount: 5, lowering, capacity });
      expect(model.memory.byCategory).toMatchObject({ gradients: 0, moments: 0 });
      const kept = padded.attention_mask.flatMap((shown, at) => (shown ? [at] : []));
      const pick = (values: readonly number[]) => Int32Array.from(kept, (at) => values[at] ?? 0);
      const lengths = [0, 1, 2].map((row) => kept.filter((at) => Math.floor(at / 16) === row).length);
      const logits = await model.logits({
        ids: pick(padded.input_ids),
        segments: pick(padded.token_type_ids),
        offsets: Uint32Array.from([
          0,
          ...lengths.map((_, row) => lengths.slice(0, row + 1).reduce((a, b) => a + b)),
        ]),
        targets: null,
      });
      model.dispose();
      expect(relativeError(logits, expected)).toBeLessThan(1e-5);
    },
  );
});
