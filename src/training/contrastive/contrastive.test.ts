import { describe, expect, test } from 'vitest';
import { random } from '../../base/random.ts';
import { createContrastiveModel } from '../../models/contrastive.ts';
import { memoryFileStore, type FileStore } from '../checkpoints/fileStore.ts';
import { RunControl } from '../control.ts';
import { batchMaker } from './batches.ts';
import { trainContrastive } from './loop.ts';
import { assertContrastiveSettings, contrastiveDefaults, contrastiveSteps, stepShape } from './settings.ts';
import type { ContrastiveEvent, ContrastiveRows, ContrastiveSettings } from './types.ts';

const config = {
  model_type: 'bert',
  vocab_size: 60,
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  max_position_embeddings: 16,
  type_vocab_size: 1,
  initializer_range: 0.2,
  hidden_dropout_prob: 0.1,
};

// 48 texts of 6 verbs × 4 nouns: [CLS] verb filler noun filler [SEP].
const verbs = 6;
const nouns = 4;
const texts = Array.from({ length: 2 * verbs * nouns }, (_, i) => {
  const [verb, noun] = [i % verbs, Math.floor(i / verbs) % nouns];
  const draw = random(i);
  const filler = () => 30 + draw.integer(30);
  return { verb, noun, ids: [2, 5 + verb, filler(), 15 + noun, filler(), 3].slice(0, 5 + (i % 2)) };
});
const offsets = new Uint32Array(texts.length + 1);
texts.forEach(({ ids }, i) => (offsets[i + 1] = (offsets[i] as number) + ids.length));
const rows: ContrastiveRows = {
  ids: Int32Array.from(texts.flatMap(({ ids }) => ids)),
  offsets,
  categories: texts.map(({ verb, noun }) => ({ pair: `v${verb}|n${noun}`, category: `v${verb}|n${noun}` })),
};
const settings: ContrastiveSettings = {
  ...contrastiveDefaults,
  batchSize: 12,
  epochs: 6,
  learningRate: 0.01,
  temperature: 0.1,
  budgetTokens: 512,
  checkpointEverySteps: 4,
};

const makeModel = (wanted: ContrastiveSettings) =>
  createContrastiveModel({
    config,
    weights: null,
    lowering: { kind: 'onnx', threads: 1 },
    ...stepShape(wanted, offsets),
    seed: 1,
    dropout: wanted.dropout,
    pooling: wanted.pooling,
    temperature: wanted.temperature,
    ...(wanted.trained ? { trained: wanted.trained } : {}),
  });

async function run(wanted: ContrastiveSettings, files: FileStore = memoryFileStore(), stopAfter?: number) {
  const model = await makeModel(wanted);
  const control = new RunControl();
  const events: ContrastiveEvent[] = [];
  const onEvent = (event: ContrastiveEvent) => {
    events.push(event);
    if (event.kind === 'steps' && event.points[0]?.step === stopAfter) control.stop();
  };
  try {
    const outcome = await trainContrastive({
      model,
      rows,
      settings: wanted,
      seed: 7,
      files,
      control,
      onEvent,
      reportEveryMs: 0,
    });
    const weights: number[] = [];
    for await (const { data } of model.state.readState(['parameter'])) weights.push(...data);
    return { outcome, events, weights };
  } finally {
    model.dispose();
  }
}

describe('contrastive tuning', () => {
  test('brings texts of a category together and keeps the space spread', async () => {
    const { outcome, events } = await run(settings);
    expect(outcome).toMatchObject({ state: 'done', step: 24, totalSteps: 24 });
    const [first, last] = [outcome.points.slice(0, 4), outcome.points.slice(-4)];
    const mean = (points: typeof first, key: 'loss' | 'alignment' | 'uniformity') =>
      points.reduce((sum, point) => sum + point[key], 0) / points.length;
    expect(mean(last, 'loss')).toBeLessThan(0.6 * mean(first, 'loss'));
    // At first all vectors lie together; then they spread, but for those of one category.
    expect(mean(last, 'uniformity')).toBeLessThan(mean(first, 'uniformity') - 1);
    expect(mean(last, 'alignment')).toBeLessThan(0.5);
    expect(outcome.points.every(({ hardShare }) => hardShare === 1)).toBe(true);
    expect(events.at(-1)).toEqual({ kind: 'checkpoint', step: 24 });
  });

  test('stopped and continued, it makes the same steps', async () => {
    const whole = await run(settings);
    const files = memoryFileStore();
    const cut = await run(settings, files, 7);
    expect(cut.outcome).toMatchObject({ state: 'stopped', step: 7 });
    expect(await files.list()).toContain('checkpoint-000000007.safetensors');
    const rest = await run(settings, files);
    expect(rest.events[0]).toMatchObject({ detail: 'Continued from step 7.' });
    expect(rest.outcome.points.map(({ loss }) => loss)).toEqual(whole.outcome.points.map(({ loss }) => loss));
    expect(rest.weights).toEqual(whole.weights);
  });

  test('a budget below a batch caches gradients, and learns as well', async () => {
    const small = { ...settings, budgetTokens: 48, dropout: 0 };
    expect(stepShape(small, offsets)).toMatchObject({ cachedTexts: 36, capacity: { tokens: 48 } });
    const [cached, whole] = [await run(small), await run({ ...settings, dropout: 0 })];
    cached.outcome.points.forEach(({ loss }, i) =>
      expect(loss).toBeCloseTo(whole.outcome.points[i]?.loss ?? 0, 2),
    );
  });

  test('SimCSE draws dropout twice for one text', async () => {
    const { outcome } = await run({ ...settings, method: 'simcse', dropout: 0.2, epochs: 3 });
    const [first] = outcome.points;
    expect(first?.alignment).toBeGreaterThan(0.001);
    expect(outcome.points.at(-1)?.loss).toBeLessThan(first?.loss ?? 0);
    expect(first?.hardShare).toBe(0);
    const still = await run({ ...settings, method: 'simcse', dropout: 0, maxSteps: 1 });
    expect(still.outcome.points[0]?.alignment).toBeLessThan(1e-6);
  });

  test('with LoRA only the updates move', async () => {
    const trained = { frozen: [], lora: { rank: 2, alpha: 4, dropout: 0, targets: [] } };
    const { outcome, weights } = await run({ ...settings, trained, learningRate: 0.02, pooling: 'mean' });
    const loss = (points: typeof outcome.points) => points.reduce((sum, point) => sum + point.loss, 0);
    expect(loss(outcome.points.slice(-6))).toBeLessThan(loss(outcome.points.slice(0, 6)));
    const before = await makeModel({ ...settings, trained });
    let [moved, updates, at] = [0, 0, 0];
    for await (const { name, data } of before.state.readState(['parameter']))
      for (const value of data) {
        const isUpdate = name.includes('lora_');
        if (isUpdate) updates++;
        if (value !== weights[at++] && !isUpdate) moved++;
      }
    before.dispose();
    expect(moved).toBe(0);
    expect(updates).toBe(2 * (2 * 16 + 16 * 2));
  });
});

describe('a step’s batch', () => {
  const shape = stepShape(settings, offsets);
  const limits = { budgetTokens: shape.capacity.tokens, maxSequences: shape.capacity.sequences };
  const segmentIds = (ids: Int32Array) => new Int32Array(ids.length);
  const make = (wanted: ContrastiveSettings) =>
    batchMaker(rows, wanted, { seed: 7, isCached: false, limits, segmentIds });

  test('holds anchors, positives of their category and hard negatives, each row an anchor once an epoch', () => {
    const maker = make(settings);
    const verbsOf = (batch: ReturnType<typeof maker>) => {
      const { ids, offsets: at } = batch.parts[0]?.packed ?? { ids: [], offsets: [] };
      return Array.from({ length: at.length - 1 }, (_, b) => [
        ids[(at[b] as number) + 1] as number,
        ids[(at[b] as number) + 3] as number,
      ]);
    };
    const anchors: string[] = [];
    for (let step = 0; step < 4; step++) {
      const batch = maker(1, step);
      const found = verbsOf(batch);
      for (let i = 0; i < 12; i++) {
        const [anchor = [], positive = [], negative = []] = [found[i], found[12 + i], found[24 + i]];
        expect(positive).toEqual(anchor);
        expect(negative).not.toEqual(anchor);
        expect(negative[0] === anchor[0] || negative[1] === anchor[1]).toBe(true);
        anchors.push(anchor.join());
      }
      expect([...batch.positives.subarray(0, 12)]).toEqual(Array.from({ length: 12 }, (_, i) => 12 + i));
    }
    const each = new Map<string, number>();
    for (const anchor of anchors) each.set(anchor, (each.get(anchor) ?? 0) + 1);
    expect([...each.values()].every((count) => count === 2)).toBe(true);
  });

  test('without hard negatives has two texts an anchor', () => {
    const { positives, hardShare } = make({ ...settings, hardNegatives: false })(0, 0);
    expect([positives.length, hardShare]).toEqual([24, 0]);
  });
});

describe('settings', () => {
  test('that cannot work are refused by name', () => {
    for (const [wrong, said] of [
      [{ batchSize: 1 }, /batch size is 1/],
      [{ temperature: 0 }, /temperature is 0/],
      [{ learningRate: Number.NaN }, /learning rate is NaN/],
      [{ warmupShare: 1 }, /warm-up share is 1/],
    ] as const)
      expect(() => assertContrastiveSettings({ ...settings, ...wrong })).toThrow(said);
    expect(() => stepShape({ ...settings, budgetTokens: 48, gradientCaching: 'off' }, offsets)).toThrow(
      expect.objectContaining({ code: 'budget-below-length' }),
    );
    expect(() => stepShape({ ...settings, budgetTokens: 5 }, offsets)).toThrow(/A text of 6 tokens/);
  });

  test('count steps: a rest of one anchor is left out', () => {
    expect(contrastiveSteps({ ...settings, epochs: 2 }, 25)).toBe(4);
    expect(contrastiveSteps({ ...settings, epochs: 2 }, 26)).toBe(6);
    expect(contrastiveSteps({ ...settings, maxSteps: 3 }, 48)).toBe(3);
  });

  test('one category only is refused', async () => {
    const model = await makeModel(settings);
    const categories = texts.map(() => ({ pair: 'a|b', category: 'a|b' }));
    const wrong = trainContrastive({
      model,
      rows: { ...rows, categories },
      settings,
      seed: 1,
      files: memoryFileStore(),
      control: new RunControl(),
      onEvent: () => undefined,
    });
    await expect(wrong).rejects.toMatchObject({ code: 'triplets-one-category' });
    model.dispose();
  });
});
