import { describe, expect, it } from 'vitest';
import type { OptimizerStep, PackedBatch, StepResult } from '../models/trainable.ts';
import { memoryFileStore, type FileStore } from './checkpoints/fileStore.ts';
import { readHistory } from './checkpoints/history.ts';
import { RunControl } from './control.ts';
import {
  firstGradientScale,
  leastGradientScale,
  nextGradientScale,
  stepsBeforeGrowth,
} from './gradientScale.ts';
import { trainRun } from './loop.ts';
import { BagModel } from './testing/bagModel.ts';
import { quickHyperparameters, syntheticRows } from './testing/rows.ts';
import type { Hyperparameters, LoopEvent } from './types.ts';

const data = syntheticRows({ rows: 400, labels: 8, seed: 5 });
const noDropout = { vocabularySize: data.vocabularySize, hiddenSize: 16, labelCount: 8, seed: 1 };

/** A model whose gradient leaves the half range wherever its scale is above `most` of the step; a whole model else, exact gradients. */
class HalvesModel extends BagModel {
  readonly scalesGradients = true;
  readonly tried: { readonly step: number; readonly scale: number | undefined }[] = [];

  constructor(private readonly most: (step: number) => number) {
    super(noDropout);
  }

  override async trainStep(batches: readonly PackedBatch[], step: OptimizerStep): Promise<StepResult> {
    this.tried.push({ step: step.step, scale: step.gradientScale });
    if ((step.gradientScale ?? 1) > this.most(step.step))
      return { loss: 0.5, gradientNorm: Number.POSITIVE_INFINITY, overflowed: true };
    return super.trainStep(batches, step);
  }
}

function begin(model: BagModel, h: Partial<Hyperparameters> = {}, files: FileStore = memoryFileStore()) {
  const events: LoopEvent[] = [];
  const control = new RunControl();
  const finished = trainRun({
    model,
    data,
    hyperparameters: { ...quickHyperparameters, ...h },
    seed: 9,
    files,
    control,
    onEvent: (event) => events.push(event),
  });
  return { finished, events, files };
}

const parametersOf = async (model: BagModel) => {
  const all: Float32Array[] = [];
  for await (const { data: values } of model.readState(['parameter', 'firstMoment', 'secondMoment']))
    all.push(values);
  return all;
};

describe('the scale of the next step', () => {
  const steps = (count: number, gradientScale: number) =>
    Array.from({ length: count }, () => ({ gradientScale }));

  it('begins high, stays, and doubles after a long quiet', () => {
    expect(nextGradientScale([])).toBe(firstGradientScale);
    expect(nextGradientScale(steps(1, 8))).toBe(8);
    expect(nextGradientScale(steps(stepsBeforeGrowth - 1, 8))).toBe(8);
    expect(nextGradientScale(steps(stepsBeforeGrowth, 8))).toBe(16);
    // The wait begins anew with the new scale, and ends at a bound.
    expect(nextGradientScale([...steps(stepsBeforeGrowth, 8), ...steps(3, 16)])).toBe(16);
    expect(nextGradientScale(steps(stepsBeforeGrowth, 2 ** 24))).toBe(2 ** 24);
  });
});

describe('a run whose gradients overflow', () => {
  it('makes the step again under half the scale, skips no update, and says so', async () => {
    const model = new HalvesModel((step) => (step < 5 ? 2 ** 20 : 2 ** 8));
    const { finished, events } = begin(model, { maxSteps: 12 });
    const outcome = await finished;
    expect(outcome.step).toBe(12);
    // Step 5 is tried under 1024, 512 and 256; every step is made once.
    expect(model.tried.filter(({ step }) => step === 5).map(({ scale }) => scale)).toEqual([1024, 512, 256]);
    expect(outcome.history.steps.map(({ gradientScale }) => gradientScale)).toEqual([
      ...Array<number>(4).fill(1024),
      ...Array<number>(8).fill(256),
    ]);
    const warnings = events.filter(
      (event) => event.kind === 'warning' && event.code === 'gradient-scale-lowered',
    );
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatchObject({ message: expect.stringContaining('step 5') });
    // The scale is divided out again: the run is the one without overflows.
    const plain = new BagModel(noDropout);
    await begin(plain, { maxSteps: 12 }).finished;
    expect(await parametersOf(model)).toEqual(await parametersOf(plain));
  });

  it('ends with a typed error where no scale helps, the checkpoint kept', async () => {
    const model = new HalvesModel((step) => (step < 15 ? 2 ** 20 : 0));
    const { finished } = begin(model);
    await expect(finished).rejects.toMatchObject({
      code: 'loss-not-finite',
      details: { step: 15, checkpointStep: 10 },
    });
    expect(model.tried.at(-1)?.scale).toBe(leastGradientScale);
  });

  it('goes on after a break with the scale it had: the curves keep it', async () => {
    const files = memoryFileStore();
    const most = (step: number) => (step < 5 ? 2 ** 20 : 2 ** 6);
    await begin(new HalvesModel(most), { maxSteps: 20 }, files).finished;
    const stored = await readHistory(files);
    expect(stored.steps.at(-1)?.gradientScale).toBe(64);
    const resumed = new HalvesModel(most);
    await begin(resumed, { maxSteps: 24 }, files).finished;
    expect(resumed.tried.map(({ scale }) => scale)).toEqual([64, 64, 64, 64]);
  });

  it('leaves models without halves alone: no scale is asked for, kept or stored', async () => {
    const { finished, files } = begin(new BagModel(noDropout), { maxSteps: 3 });
    await finished;
    expect((await readHistory(files)).steps.some((point) => 'gradientScale' in point)).toBe(false);
  });
});
