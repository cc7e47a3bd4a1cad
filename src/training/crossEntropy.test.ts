import { describe, expect, it } from 'vitest';
import type { EncodingPlan } from '../core/encodings/types.ts';
import { sigmoid } from '../core/metrics/evaluator.ts';
import { openNodeGpu } from '../engine/testing/nodeGpu.ts';
import { createWebGpuSession } from '../engine/webgpu/session.ts';
import { SessionClassifier } from '../models/classifier.ts';
import { createTrainableModel, defineModel, type Lowering } from '../models/create.ts';
import { classIndices } from '../models/encodings/labelHead.ts';
import { crossEntropyLoss } from '../models/loss.ts';
import type { StateTensor } from '../models/trainable.ts';
import { assertSingleLabels, capacityOf, packBatch } from './batches.ts';
import { memoryFileStore } from './checkpoints/fileStore.ts';
import { crossEntropyOf } from './evaluate.ts';
import { assertHyperparameters, hyperparameterProblems } from './hyperparameters.ts';
import { lossOf } from './loss.ts';
import { firstDifference, trainPart, type ResumeSubject } from './testing/resume.ts';
import { quickHyperparameters, singleLabelRows, syntheticRows } from './testing/rows.ts';
import type { Hyperparameters } from './types.ts';

const data = singleLabelRows({ rows: 400, labels: 4, seed: 2 });
const labelCount = data.labels.length;

const config = {
  model_type: 'xlnet',
  vocab_size: data.vocabularySize,
  d_model: 16,
  n_layer: 1,
  n_head: 2,
  d_head: 8,
  d_inner: 32,
  initializer_range: 0.2,
};

const hyperparameters: Hyperparameters = { ...quickHyperparameters, loss: { kind: 'cross-entropy' } };
const onnx: Lowering = { kind: 'onnx', threads: 1 };

async function create(lowering: Lowering, chosen = hyperparameters, dropout: number | null = 0) {
  const made = await createTrainableModel({
    config,
    weights: null,
    labelCount,
    lowering,
    capacity: capacityOf(chosen),
    seed: 4,
    dropout,
    loss: lossOf(chosen.loss, data),
  });
  return made.model;
}

type Model = Awaited<ReturnType<typeof create>>;

const batchOf = (model: Model, rows: readonly number[]) =>
  packBatch(data, rows, (ids) => model.segmentIds(ids), true);

async function parametersOf(model: Model): Promise<StateTensor[]> {
  const state: StateTensor[] = [];
  for await (const tensor of model.readState(['parameter']))
    state.push({ ...tensor, data: tensor.data.slice() });
  return state;
}

/** What `torch.nn.functional.cross_entropy` gives: mean over rows. */
function byHand(logits: Float32Array, rows: readonly number[]): number {
  const sum = rows.reduce((total, row, b) => {
    const own = Array.from(logits.subarray(b * labelCount, (b + 1) * labelCount));
    const all = Math.log(own.reduce((at, z) => at + Math.exp(z), 0));
    return total + all - (own[data.targetIds[row] as number] as number);
  }, 0);
  return sum / rows.length;
}

const rows = [0, 1, 2, 3, 4, 5];
const { beta1, beta2, epsilon, weightDecay, decay, clipNorm } = hyperparameters;
const update = { learningRate: 5e-3, beta1, beta2, epsilon, weightDecay, decay, clipNorm, seed: 1 };

const { gpu } = await openNodeGpu();
const lowerings: Lowering[] = gpu ? [onnx, { kind: 'webgpu', gpu }] : [onnx];

describe.each(lowerings.map((lowering) => ({ lowering, on: lowering.kind })))('on $on', ({ lowering }) => {
  it('is the mean over rows, and the logits that are kept are log-odds of the softmax', async () => {
    const model = await create(lowering);
    try {
      const batch = batchOf(model, rows);
      const [raw = new Float32Array()] = await model.outputs(batch, ['logits']);
      const kept = await model.logits(batch);
      for (let at = 0; at < raw.length; at += labelCount) {
        const own = Array.from(raw.subarray(at, at + labelCount), Math.exp);
        const total = own.reduce((a, c) => a + c, 0);
        own.forEach((share, k) => expect(sigmoid(kept[at + k] as number)).toBeCloseTo(share / total, 5));
      }
      const expected = byHand(raw, rows);
      expect(crossEntropyOf(kept, Uint8Array.from(batch.targets ?? []), labelCount)).toBeCloseTo(expected, 5);
      expect((await model.trainStep([batch], { ...update, step: 1 })).loss).toBeCloseTo(expected, 5);
      // The same rows again, after one step.
      expect((await model.trainStep([batch], { ...update, step: 2 })).loss).toBeLessThan(expected);
    } finally {
      model.dispose();
    }
  }, 120_000);

  it('is lowered by the same steps however rows are split into micro-batches', async () => {
    const whole = await create(lowering);
    const split = await create(lowering);
    try {
      const batch = batchOf(whole, rows);
      const parts = [[0], [1, 2, 3], [4, 5]].map((part) => batchOf(split, part));
      const losses: number[] = [];
      for (let step = 1; step <= 6; step++) {
        const one = await whole.trainStep([batch], { ...update, step });
        const many = await split.trainStep(parts, { ...update, step });
        losses.push(one.loss);
        expect(many.loss / one.loss).toBeCloseTo(1, 4);
        expect(many.gradientNorm / one.gradientNorm).toBeCloseTo(1, 3);
      }
      expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
      const others = await parametersOf(split);
      for (const [i, { name, data: values }] of (await parametersOf(whole)).entries()) {
        const other = others[i]?.data ?? new Float32Array();
        const apart = values.reduce(
          (most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? 9))),
          0,
        );
        expect(apart, name).toBeLessThan(0.1 * update.learningRate);
      }
    } finally {
      whole.dispose();
      split.dispose();
    }
  }, 120_000);
});

it.skipIf(!gpu)(
  'trains with half-precision products under a gradient scale',
  async () => {
    if (!gpu) return;
    const definition = defineModel(config);
    const graph = { labelCount, loss: crossEntropyLoss, dropout: 0 };
    const session = await createWebGpuSession({
      gpu,
      training: definition.graph({ ...graph, training: true }),
      inference: definition.graph({ ...graph, training: false }),
      capacity: definition.capacity(capacityOf(hyperparameters)),
      precision: 'f16',
      emulatesHalf: true,
    });
    const model = new SessionClassifier(definition, session, labelCount, crossEntropyLoss);
    await model.load(null, 4);
    try {
      const batch = batchOf(model, rows);
      const [raw = new Float32Array()] = await model.outputs(batch, ['logits']);
      const losses: number[] = [];
      for (let step = 1; step <= 6; step++)
        losses.push((await model.trainStep([batch], { ...update, step, gradientScale: 256 })).loss);
      expect(losses[0]).toBeCloseTo(byHand(raw, rows), 2);
      expect(losses.at(-1)).toBeLessThan(0.8 * (losses[0] ?? 0));
    } finally {
      model.dispose();
    }
  },
  // Halves go through tiles, which SwiftShader compiles slowly.
  300_000,
);

const subjectOf = (change: Partial<Hyperparameters>): ResumeSubject => {
  const chosen = { ...hyperparameters, ...change };
  return {
    data,
    hyperparameters: chosen,
    seed: 4,
    createModel: () => create(onnx, chosen, 0.1),
  };
};

describe('a run under cross-entropy', () => {
  it('learns, is judged by the same loss, and resumes bit for bit', async () => {
    const subject = subjectOf({
      learningRate: 1e-2,
      epochs: 8,
      maxSteps: 120,
      checkpointEverySteps: 6,
      evaluateEverySteps: 40,
      bestMetric: 'loss',
    });
    const whole = await trainPart(subject, memoryFileStore());
    const { steps, evaluations } = whole.outcome.history;
    expect(steps[0]?.loss).toBeGreaterThan(0.7 * Math.log(labelCount));
    const validation = evaluations.filter(({ split }) => split === 'validation');
    expect(validation.at(-1)?.loss).toBeLessThan(0.6 * Math.log(labelCount));
    expect(validation.at(-1)?.microF1).toBeGreaterThan(0.7);

    const files = memoryFileStore();
    await trainPart(subject, files, 15);
    const resumed = await trainPart(subject, files);
    expect(resumed.outcome.history.steps.map(({ loss }) => loss)).toEqual(steps.map(({ loss }) => loss));
    expect(firstDifference(resumed.state, whole.state)).toBeNull();
  }, 120_000);

  it.each(['recurrence', 'windows'] as const)(
    'reads longer texts by %s',
    async (longTexts) => {
      const subject = subjectOf({ longTexts, segmentLength: 8, maxSteps: 4, evaluateEverySteps: 4 });
      const { outcome } = await trainPart(subject, memoryFileStore());
      expect(outcome.history.steps).toHaveLength(4);
      const losses = [...outcome.history.steps, ...outcome.history.evaluations].map(({ loss }) => loss);
      for (const loss of losses) {
        expect(loss).toBeGreaterThan(0.2);
        expect(loss).toBeLessThan(3);
      }
    },
    60_000,
  );
});

describe('cross-entropy is refused', () => {
  it('beside an encoding other than binary relevance', async () => {
    const encoding = { kind: 'label-embedding' } as const;
    expect(hyperparameterProblems({ ...hyperparameters, encoding }).map(({ code }) => code)).toEqual([
      'loss-encoding',
    ]);
    assertHyperparameters({ ...hyperparameters, encoding: { kind: 'binary-relevance' } });
    assertHyperparameters({ ...quickHyperparameters, encoding });
    const plan: EncodingPlan = { kind: 'chain', labels: 4, orders: [[0, 1, 2, 3]], passes: 'decision' };
    const made = createTrainableModel({
      config,
      weights: null,
      labelCount,
      lowering: onnx,
      capacity: capacityOf(hyperparameters),
      seed: 1,
      dropout: null,
      loss: crossEntropyLoss,
      encoding: plan,
    });
    await expect(made).rejects.toMatchObject({ code: 'loss-encoding' });
  });

  it('for rows that have no label or several, which are named', () => {
    assertSingleLabels(data);
    const several = syntheticRows({ rows: 60, labels: 4, seed: 2 });
    expect(() => assertSingleLabels(several)).toThrow(
      expect.objectContaining({
        code: 'targets-not-single',
        message: expect.stringMatching(/row \d+ has 2 labels, not one/),
      }),
    );
    const none = {
      ...data,
      targetOffsets: data.targetOffsets.map((offset) => Math.max(0, offset - 1)),
    };
    expect(() => assertSingleLabels(none)).toThrow(/row 0 has 0 labels/);
    expect(() => assertSingleLabels({ ...data, labels: ['only'] })).toThrow(/there is 1 label/);
    expect([...classIndices(Float32Array.of(0, 1, 0, 1, 0, 0), 3)]).toEqual([1, 0]);
    for (const row of [Float32Array.of(0, 0), Float32Array.of(1, 1), Float32Array.of(0.5, 0.5)])
      expect(() => classIndices(row, 2)).toThrow(expect.objectContaining({ code: 'targets-not-single' }));
  });
});
