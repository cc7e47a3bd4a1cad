import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { VerbenaError } from '../base/errors.ts';
import type { OptimizerStep, PackedBatch, StepResult } from '../models/trainable.ts';
import { memoryFileStore } from './checkpoints/fileStore.ts';
import { RunControl } from './control.ts';
import { createFlight } from './flight.ts';
import { trainRun } from './loop.ts';
import { BagModel } from './testing/bagModel.ts';
import { quickHyperparameters, syntheticRows } from './testing/rows.ts';
import type { LoopEvent } from './types.ts';

const data = syntheticRows({ rows: 200, labels: 6, seed: 3 });

/** Makes its updates at once, as a GPU's queue would in order, and answers a moment later. */
class LateModel extends BagModel {
  override readonly stepsInFlight;
  waiting = 0;
  mostWaiting = 0;
  failsAt = Number.POSITIVE_INFINITY;

  constructor(stepsInFlight: number) {
    super({ vocabularySize: data.vocabularySize, hiddenSize: 8, labelCount: 6, seed: 1, dropout: 0.1 });
    this.stepsInFlight = stepsInFlight;
  }

  override async trainStep(batches: readonly PackedBatch[], step: OptimizerStep): Promise<StepResult> {
    const result = await super.trainStep(batches, step);
    this.mostWaiting = Math.max(this.mostWaiting, ++this.waiting);
    await delay(2);
    this.waiting -= 1;
    if (step.step === this.failsAt) throw new VerbenaError('device-lost', 'The GPU is gone.', 'Resume.');
    return result;
  }
}

function begin(model: LateModel, onEvent: (event: LoopEvent, control: RunControl) => void = () => undefined) {
  const control = new RunControl();
  const events: LoopEvent[] = [];
  const finished = trainRun({
    model,
    data,
    hyperparameters: quickHyperparameters,
    seed: 4,
    files: memoryFileStore(),
    control,
    onEvent(event) {
      events.push(event);
      onEvent(event, control);
    },
  });
  return { finished, control, events };
}

const withoutTimes = ({ steps, evaluations }: Awaited<ReturnType<typeof trainRun>>['history']) => ({
  steps: steps.map(({ step, loss, gradientNorm }) => ({ step, loss, gradientNorm })),
  evaluations: evaluations.map(({ split, step, loss, microF1 }) => ({ split, step, loss, microF1 })),
});

it('hands answers over in the order they were asked for', async () => {
  const seen: number[] = [];
  const flight = createFlight<number>((value) => seen.push(value));
  for (const [value, ms] of [
    [1, 8],
    [2, 1],
    [3, 4],
  ] as const)
    flight.take(delay(ms, value));
  await flight.land(1);
  expect(seen).toEqual([1, 2]);
  expect(flight.size).toBe(1);
  await flight.land(0);
  expect(seen).toEqual([1, 2, 3]);
});

it('throws the first failure when nothing is to come any more', async () => {
  let later = false;
  const flight = createFlight<number>(() => undefined);
  flight.take(Promise.reject(new Error('first')));
  flight.take(
    delay(5).then(() => {
      later = true;
      throw new Error('second');
    }),
  );
  await expect(flight.land(0)).rejects.toThrow('first');
  expect(later).toBe(true);
  expect(flight.size).toBe(0);
});

it('a run whose steps are answered late equals one that waits for each', async () => {
  const [waiting, late] = [new LateModel(1), new LateModel(3)];
  const [a, b] = [await begin(waiting).finished, await begin(late).finished];
  expect([waiting.mostWaiting, late.mostWaiting]).toEqual([1, 3]);
  expect(withoutTimes(b.history)).toEqual(withoutTimes(a.history));
});

it('lands before it pauses, and steps singly from there', async () => {
  const model = new LateModel(3);
  const { finished, control, events } = begin(model, (event, { paused }) => {
    if (event.kind === 'steps' && !paused && event.points.some(({ step }) => step === 5))
      void control.pause();
  });
  while (!events.some((event) => event.kind === 'state' && event.state === 'paused')) await delay(2);
  expect(model.waiting).toBe(0);
  const made = () => events.flatMap((event) => (event.kind === 'steps' ? event.points : [])).length;
  const before = made();
  await control.stepOnce();
  expect(made()).toBe(before + 1);
  control.unpause();
  expect((await finished).state).toBe('done');
});

it('reports the step that failed, not those behind it', async () => {
  const model = new LateModel(3);
  model.failsAt = 7;
  const { finished, events } = begin(model);
  await expect(finished).rejects.toMatchObject({ code: 'device-lost' });
  const steps = events.flatMap((event) => (event.kind === 'steps' ? event.points.map((p) => p.step) : []));
  expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
});
