import { describe, expect, test } from 'vitest';
import { random } from '../base/random.ts';
import type { Pooling } from '../core/embedding/pooling.ts';
import { pool } from '../core/embedding/pooling.ts';
import { relativeError } from '../engine/testing/compare.ts';
import { openNodeGpu } from '../engine/testing/nodeGpu.ts';
import { createContrastiveModel, type ContrastiveBatch, type ContrastiveModel } from './contrastive.ts';
import type { Lowering } from './create.ts';
import { createEncoder } from './encoder.ts';
import type { OptimizerStep, PackedBatch } from './trainable.ts';

const bert = {
  model_type: 'bert',
  vocab_size: 40,
  hidden_size: 16,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 24,
  max_position_embeddings: 32,
  type_vocab_size: 1,
  initializer_range: 0.3,
};
const xlnet = {
  model_type: 'xlnet',
  vocab_size: 40,
  d_model: 16,
  n_layer: 2,
  n_head: 2,
  d_head: 8,
  d_inner: 24,
  initializer_range: 0.3,
};
const lengths = [5, 3, 7, 4, 6, 2, 5, 9, 3];
const positives = Int32Array.of(3, 4, 5, -1, -1, -1, -1, -1, -1);
const groups = Uint32Array.of(1, 2, 1, 1, 2, 1, 3, 4, 5);

function packed(rows: readonly number[]): PackedBatch {
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, b) => (offsets[b + 1] = (offsets[b] as number) + (lengths[row] as number)));
  const ids = Int32Array.from(
    rows.flatMap((row) => {
      const draw = random(row);
      return Array.from({ length: lengths[row] as number }, () => draw.integer(40));
    }),
  );
  return { ids, segments: new Int32Array(ids.length), offsets, targets: null };
}

function batchOf(parts: readonly (readonly number[])[]): ContrastiveBatch {
  return { positives, groups, parts: parts.map((rows) => ({ rows, packed: packed(rows) })) };
}

const whole = batchOf([[7, 2, 4, 0, 6, 3, 1, 8, 5]]);
const inParts = batchOf([
  [7, 2],
  [4, 0, 6, 3],
  [1, 8, 5],
]);
const update = (step: number): OptimizerStep => ({
  step,
  learningRate: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  decay: 'all',
  clipNorm: null,
  seed: 3,
});

const make = (
  pooling: Pooling,
  cachedTexts: number | null,
  dropout: number,
  { lowering = { kind: 'onnx', threads: 1 }, config = bert }: { lowering?: Lowering; config?: object } = {},
) =>
  createContrastiveModel({
    config,
    weights: null,
    lowering,
    capacity: { tokens: 64, sequences: 16, maxLength: 16 },
    seed: 1,
    dropout,
    pooling,
    temperature: 0.2,
    cachedTexts,
  });

async function parameters(model: ContrastiveModel): Promise<Float32Array> {
  const all: number[] = [];
  for await (const { data } of model.state.readState(['parameter']))
    for (const value of data) all.push(value);
  return Float32Array.from(all);
}

/** Loss, norm and vectors of two steps, and where the parameters then stand. */
async function twoSteps(model: ContrastiveModel, batch: ContrastiveBatch) {
  try {
    const first = await model.trainStep(batch, update(1));
    const second = await model.trainStep(batch, update(2));
    return { first, second, after: await parameters(model) };
  } finally {
    model.dispose();
  }
}

describe('gradient caching', () => {
  test.each(['first', 'last', 'mean', 'last-two-layers'] as const)(
    '%s: a batch in three parts trains as the whole one',
    async (pooling) => {
      const expected = await twoSteps(await make(pooling, null, 0), whole);
      const cached = await twoSteps(await make(pooling, positives.length, 0), inParts);
      for (const step of ['first', 'second'] as const) {
        expect(cached[step].loss).toBeCloseTo(expected[step].loss, 4);
        expect(relativeError([cached[step].gradientNorm], [expected[step].gradientNorm])).toBeLessThan(1e-4);
        expect(relativeError(cached[step].vectors.values, expected[step].vectors.values)).toBeLessThan(1e-4);
      }
      expect(expected.second.loss).toBeLessThan(expected.first.loss);
    },
  );

  test('the second pass draws the dropout of the first', async () => {
    const expected = await twoSteps(await make('mean', null, 0.3), whole);
    const cached = await twoSteps(await make('mean', positives.length, 0.3), whole);
    expect(cached.first.loss).toBeCloseTo(expected.first.loss, 5);
    expect(relativeError([cached.first.gradientNorm], [expected.first.gradientNorm])).toBeLessThan(1e-4);
    expect(relativeError(cached.second.vectors.values, expected.second.vectors.values)).toBeLessThan(1e-2);
    const still = await twoSteps(await make('mean', null, 0), whole);
    expect(Math.abs(still.first.loss - expected.first.loss)).toBeGreaterThan(0.01);
  });
});

test('an XLNet trains by its last token', async () => {
  const { first, second } = await twoSteps(await make('last', null, 0, { config: xlnet }), whole);
  expect(second.loss).toBeLessThan(first.loss);
});

test('what was tuned is what an encoder reads', async () => {
  const model = await make('mean', null, 0);
  try {
    const { vectors } = await model.trainStep(whole, { ...update(1), learningRate: 0 });
    const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
    for await (const { name, shape, data } of model.state.readState(['parameter']))
      tensors.set(name, { shape, data });
    const encoder = await createEncoder({
      config: bert,
      weights: {
        tensors: [...tensors].map(([name, { shape }]) => ({ name, shape })),
        read: async (name) => tensors.get(name)?.data ?? new Float32Array(),
      },
      lowering: { kind: 'onnx', threads: 1 },
      capacity: { tokens: 64, sequences: 16, maxLength: 16 },
    });
    const input = packed([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    const [last = new Float32Array()] = await encoder.hidden(input, [2]);
    const pooled = pool({ last, offsets: input.offsets, width: 16 }, 'mean');
    expect(relativeError(vectors.values, pooled.values)).toBeLessThan(1e-5);
    encoder.dispose();
  } finally {
    model.dispose();
  }
});

test('several micro-batches without caching are refused', async () => {
  const model = await make('mean', null, 0);
  await expect(model.trainStep(inParts, update(1))).rejects.toMatchObject({ code: 'batch-too-large' });
  model.dispose();
});

const { gpu, ...why } = await openNodeGpu();
const reason = 'reason' in why ? why.reason : '';

describe.skipIf(!gpu)(`on WebGPU${gpu ? '' : ` (skipped: ${reason})`}`, { timeout: 300_000 }, () => {
  test('a cached step gives the CPU path’s loss, gradient and parameters', async () => {
    if (!gpu) return;
    const expected = await twoSteps(await make('mean', positives.length, 0.1), inParts);
    const ours = await twoSteps(
      await make('mean', positives.length, 0.1, { lowering: { kind: 'webgpu', gpu } }),
      inParts,
    );
    expect(ours.first.loss).toBeCloseTo(expected.first.loss, 4);
    expect(relativeError([ours.first.gradientNorm], [expected.first.gradientNorm])).toBeLessThan(1e-3);
    expect(relativeError(ours.first.vectors.values, expected.first.vectors.values)).toBeLessThan(1e-4);
    expect(ours.second.loss).toBeCloseTo(expected.second.loss, 2);
  });
});
