import { execFile } from 'node:child_process';
import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { VerbenaError } from '../base/errors.ts';
import type { TrainableModel } from '../models/trainable.ts';
import { readLogits } from './checkpoints/checkpoints.ts';
import { memoryFileStore, type FileStore } from './checkpoints/fileStore.ts';
import { evaluatedStep, isBetter, readHistory } from './checkpoints/history.ts';
import { RunControl } from './control.ts';
import { trainRun } from './loop.ts';
import { BagModel } from './testing/bagModel.ts';
import { nodeFileStore } from './testing/nodeFileStore.ts';
import { firstDifference, trainPart } from './testing/resume.ts';
import { bagSubject, fingerprint } from './testing/resumeProcess.ts';
import { quickHyperparameters, syntheticRows } from './testing/rows.ts';
import type { Hyperparameters, LoopEvent, TrainingRows } from './types.ts';

const folders: string[] = [];
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'verbena-run-'));
  folders.push(folder);
  return folder;
}
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const data = syntheticRows({ rows: 400, labels: 8, seed: 5 });
const bag = (overrides: Partial<ConstructorParameters<typeof BagModel>[0]> = {}) =>
  new BagModel({ vocabularySize: data.vocabularySize, hiddenSize: 16, labelCount: 8, seed: 1, ...overrides });

function begin(
  options: {
    readonly h?: Partial<Hyperparameters>;
    readonly model?: TrainableModel;
    readonly files?: FileStore;
    readonly rows?: TrainingRows;
    readonly onEvent?: (event: LoopEvent, control: RunControl) => void;
  } = {},
) {
  const events: LoopEvent[] = [];
  const control = new RunControl();
  const files = options.files ?? memoryFileStore();
  const finished = trainRun({
    model: options.model ?? bag(),
    data: options.rows ?? data,
    hyperparameters: { ...quickHyperparameters, ...options.h },
    seed: 9,
    files,
    control,
    onEvent(event) {
      events.push(event);
      options.onEvent?.(event, control);
    },
  });
  return { finished, events, control, files };
}

const ofKind = <K extends LoopEvent['kind']>(events: readonly LoopEvent[], kind: K) =>
  events.filter((event): event is Extract<LoopEvent, { kind: K }> => event.kind === kind);

describe('a whole run', () => {
  it('learns, reports every step once and in order, and keeps what the audit needs', async () => {
    const { finished, events, files } = begin();
    const outcome = await finished;
    expect(outcome).toMatchObject({ state: 'done', step: 72, totalSteps: 72 });
    const points = ofKind(events, 'steps').flatMap((event) => event.points);
    expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 72 }, (_, i) => i + 1));
    expect(points.at(-1)?.loss).toBeLessThan(0.5 * (points[0]?.loss as number));
    expect(points.at(-1)?.epoch).toBe(4);
    expect(points[0]?.learningRate).toBe(0);
    expect(points[2]?.learningRate).toBe(quickHyperparameters.learningRate);
    const epochTokens = points.slice(0, 18).reduce((sum, { tokens }) => sum + tokens, 0);
    const trainTokens = data.split.train.reduce(
      (sum, row) => sum + (data.tokens.offsets[row + 1] as number) - (data.tokens.offsets[row] as number),
      0,
    );
    expect(epochTokens).toBe(trainTokens);

    const validation = outcome.history.evaluations.filter(({ split }) => split === 'validation');
    expect(validation.map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60, 70, 72]);
    expect(validation.at(-1)?.microF1).toBeGreaterThan(0.7);
    expect(outcome.bestStep).toBe(validation.reduce((a, b) => (isBetter(b, a, 'microF1') ? b : a)).step);

    for (const which of ['best', 'last'] as const)
      for (const split of ['train', 'validation', 'test'] as const) {
        const step = evaluatedStep(outcome.history.evaluations, quickHyperparameters, split, which) as number;
        const kept = await readLogits(files, split, step);
        const point = outcome.history.evaluations.find((p) => p.split === split && p.step === step);
        expect(kept).toMatchObject({ split, step, labels: data.labels, loss: point?.loss });
        expect(kept?.logits.length).toBe((kept?.rowIds.length as number) * 8);
      }
    const test = await readLogits(files, 'test', outcome.bestStep as number);
    expect(test?.rowIds).toEqual(Uint32Array.from(data.split.test, (row) => 10 * row));
    expect(await readHistory(files)).toEqual(outcome.history);
  });

  it('keeps two checkpoints, the best weights, and nothing else that is large', async () => {
    const { finished, files, events } = begin();
    const outcome = await finished;
    const names = await files.list();
    expect(names.filter((name) => name.startsWith('checkpoint-'))).toEqual([
      'checkpoint-000000070.safetensors',
      'checkpoint-000000072.safetensors',
    ]);
    expect(names.filter((name) => name.startsWith('best-')).length).toBeLessThanOrEqual(2);
    expect(names).toContain(`best-${String(outcome.bestStep).padStart(9, '0')}.safetensors`);
    expect(ofKind(events, 'checkpoint').map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60, 70, 72]);
  });

  it('gives the test logits of the best weights, not of the last', async () => {
    // A rate that ruins the weights after a good beginning: best and last differ widely.
    const { finished, files } = begin({ h: { schedule: 'constant', learningRate: 0.5, clipNorm: null } });
    const { bestStep, step, history } = await finished;
    if (bestStep === null || bestStep === step)
      throw new Error('This run was meant to have its best in the middle.');
    const validation = history.evaluations.find((p) => p.split === 'validation' && p.step === bestStep);
    const [best, last] = [await readLogits(files, 'test', bestStep), await readLogits(files, 'test', step)];
    expect(best?.logits).not.toEqual(last?.logits);
    expect(
      history.evaluations.filter(({ split }) => split === 'test').map((p) => [p.step, p.isBest]),
    ).toEqual([
      [step, false],
      [bestStep, true],
    ]);
    expect(validation?.isBest).toBe(true);
  });

  it('trains without validation and test rows', async () => {
    const rows = {
      ...data,
      split: { ...data.split, validation: new Uint32Array(0), test: new Uint32Array(0) },
    };
    const { finished } = begin({ rows, h: { maxSteps: 5 } });
    expect(await finished).toMatchObject({
      state: 'done',
      step: 5,
      bestStep: null,
      history: { evaluations: [] },
    });
  });
});

describe('resuming', () => {
  it('equals the uninterrupted run bit for bit, across real processes', async () => {
    const whole = await fingerprint(await temporaryFolder());
    const folder = await temporaryFolder();
    const script = fileURLToPath(new URL('./testing/resumeProcess.ts', import.meta.url));
    const inProcess = async (...args: string[]) =>
      (await promisify(execFile)(process.execPath, ['--import', 'tsx', script, ...args])).stdout;
    expect(await inProcess(folder, '10')).toMatch(/^10 /);
    expect(await inProcess(folder)).toBe(whole);
    expect(whole).toMatch(/^20 [0-9a-f]{64}$/);
  });

  it.each([1, 6, 13, 19])('equals it from step %i too, history included', async (cut) => {
    const subject = bagSubject();
    const whole = await trainPart(subject, memoryFileStore());
    const files = memoryFileStore();
    await trainPart(subject, files, cut);
    const rest = await trainPart(subject, files);
    expect(firstDifference(rest.state, whole.state)).toBeNull();
    expect(rest.outcome.history.steps.map(({ loss, step }) => [step, loss])).toEqual(
      whole.outcome.history.steps.map(({ loss, step }) => [step, loss]),
    );
    expect(rest.outcome.bestStep).toBe(whole.outcome.bestStep);
  });

  it('differs with another seed', async () => {
    const a = await trainPart(bagSubject(3), memoryFileStore());
    const b = await trainPart({ ...bagSubject(3), seed: 4 }, memoryFileStore());
    expect(firstDifference(a.state, b.state)).not.toBeNull();
  });

  it('falls back to the checkpoint before a torn one, says so, and still ends the same', async () => {
    const subject = bagSubject();
    const whole = await trainPart(subject, memoryFileStore());
    const folder = await temporaryFolder();
    await trainPart(subject, nodeFileStore(folder), 16);
    await truncate(join(folder, 'checkpoint-000000016.safetensors'), 5000);
    const rest = await trainPart(subject, nodeFileStore(folder));
    expect(ofKind(rest.events, 'warning').map(({ code }) => code)).toContain('checkpoint-torn');
    expect(ofKind(rest.events, 'state')[0]?.detail).toBe('Continued from step 14.');
    expect(firstDifference(rest.state, whole.state)).toBeNull();
    expect((await nodeFileStore(folder).list()).some((name) => name.includes('000000016'))).toBe(false);
  });

  it('refuses where every checkpoint is torn, rather than begin again in silence', async () => {
    const subject = bagSubject();
    const folder = await temporaryFolder();
    await trainPart(subject, nodeFileStore(folder), 5);
    await truncate(join(folder, 'checkpoint-000000005.safetensors'), 100);
    await expect(trainPart(subject, nodeFileStore(folder))).rejects.toMatchObject({
      code: 'checkpoint-invalid',
    });
  });

  it('refuses a checkpoint of another model', async () => {
    const files = memoryFileStore();
    await begin({ files, h: { maxSteps: 5 } }).finished;
    await expect(begin({ files, model: bag({ hiddenSize: 8 }) }).finished).rejects.toMatchObject({
      code: 'checkpoint-mismatch',
    });
  });

  it('makes up for the evaluation that a crash cut off', async () => {
    const files = memoryFileStore();
    const { finished } = begin({
      files,
      onEvent(event) {
        if (event.kind === 'checkpoint' && event.step === 20) throw new Error('The tab is gone.');
      },
    });
    await expect(finished).rejects.toThrow('The tab is gone.');
    const outcome = await begin({ files }).finished;
    const steps = outcome.history.evaluations
      .filter(({ split }) => split === 'validation')
      .map(({ step }) => step);
    expect(steps).toEqual([10, 20, 30, 40, 50, 60, 70, 72]);
    expect(outcome.history.steps.map(({ step }) => step)).toEqual(
      Array.from({ length: 72 }, (_, i) => i + 1),
    );
  });
});

describe('the buttons', () => {
  it('pauses with a checkpoint, steps exactly once a press, plays on', async () => {
    const { finished, control, events, files } = begin({
      h: { checkpointEverySteps: 1000, evaluateEverySteps: 1000 },
    });
    await control.pause();
    const paused = ofKind(events, 'checkpoint').at(-1)?.step as number;
    expect(ofKind(events, 'state').at(-1)?.state).toBe('paused');
    const made = () => ofKind(events, 'steps').flatMap((event) => event.points).length;
    expect(made()).toBe(paused);
    await control.stepOnce();
    expect(made()).toBe(paused + 1);
    await Promise.all([control.stepOnce(), control.stepOnce()]);
    expect(made()).toBe(paused + 3);
    await control.pause();
    expect((await files.list()).filter((name) => name.startsWith('checkpoint-')).length).toBe(1);
    control.unpause();
    const outcome = await finished;
    expect(outcome.step).toBe(72);
    expect(made()).toBe(72);
  });

  it('stops after the step in flight with a checkpoint and readable test logits; resuming makes the rest', async () => {
    const files = memoryFileStore();
    const first = begin({
      files,
      onEvent: (event, control) => event.kind === 'evaluation' && !control.stopping && control.stop(),
    });
    const stopped = await first.finished;
    expect(stopped.state).toBe('stopped');
    expect(stopped.step).toBe(10);
    expect(await files.read('checkpoint-000000010.safetensors')).not.toBeNull();
    expect(await readLogits(files, 'test', 10)).not.toBeNull();
    expect(await begin({ files }).finished).toMatchObject({ state: 'done', step: 72 });
  });

  it('stops out of a pause, and releases whoever waits', async () => {
    const { finished, control } = begin();
    await control.pause();
    control.stop();
    await expect(finished).resolves.toMatchObject({ state: 'stopped' });
    await control.pause();
    await control.stepOnce();
  });

  it('a second stop skips the closing evaluation', async () => {
    const { finished, files } = begin({
      h: { evaluateEverySteps: 1000 },
      onEvent(event, control) {
        if (event.kind !== 'steps') return;
        control.stop();
        control.stop();
      },
    });
    const { history, step } = await finished;
    expect(history.evaluations).toEqual([]);
    expect(await files.read(`checkpoint-${String(step).padStart(9, '0')}.safetensors`)).not.toBeNull();
  });

  it('pauses inside an evaluation', async () => {
    const model = bag();
    const logits = model.logits.bind(model);
    const run = begin({ model, h: { evaluateEverySteps: 3, checkpointEverySteps: 1000 } });
    let calls = 0;
    const parked = new Promise<void>((resolve) => {
      model.logits = (batch) => {
        if (++calls === 2) void run.control.pause().then(resolve);
        return logits(batch);
      };
    });
    await parked;
    expect(calls).toBe(2);
    expect(ofKind(run.events, 'state').at(-1)?.detail).toBe('Paused after step 3 of 72.');
    run.control.unpause();
    expect(await run.finished).toMatchObject({ state: 'done', step: 72 });
  });
});

describe('early stopping and warnings', () => {
  it('ends after `patience` evaluations that are no better, and a resume in between changes nothing', async () => {
    const h = {
      schedule: 'constant',
      learningRate: 0.5,
      clipNorm: null,
      patience: 2,
      evaluateEverySteps: 5,
    } as const;
    const outcome = await begin({ h }).finished;
    expect(outcome.state).toBe('done');
    expect(outcome.step).toBeLessThan(72);
    expect(outcome.detail).toMatch(/Stopped early/);
    expect(outcome.step).toBe((outcome.bestStep as number) + 10);
    const files = memoryFileStore();
    const first = begin({
      h,
      files,
      onEvent: (event, control) => event.kind === 'checkpoint' && event.step === 10 && control.stop(),
    });
    await first.finished;
    expect((await begin({ h, files }).finished).step).toBe(outcome.step);
  });

  /** Begins as sparse targets make every classifier soon be: predicting nothing. */
  const shy = async () => {
    const model = bag();
    const data = new Float32Array(8).fill(-1);
    await model.writeState([{ kind: 'parameter', name: 'classifier.bias', shape: [8], data }]);
    return model;
  };

  it('does not take falling loss at zero F1 for no progress', async () => {
    const outcome = await begin({
      model: await shy(),
      h: { learningRate: 2e-4, warmupSteps: 0, patience: 2, evaluateEverySteps: 5 },
    }).finished;
    expect(outcome.history.evaluations.every(({ microF1 }) => microF1 < 0.01)).toBe(true);
    expect(outcome.step).toBe(72);
  });

  it('says so at every evaluation where the model predicts nothing, and not before the first epoch is over', async () => {
    const { finished, events } = begin({
      model: await shy(),
      h: { learningRate: 2e-4, evaluateEverySteps: 5 },
    });
    await finished;
    const at = events.findIndex((event) => event.kind === 'warning' && event.code === 'all-zero-collapse');
    const before = ofKind(events.slice(0, at), 'evaluation').at(-1)?.point.step as number;
    expect(before).toBeGreaterThanOrEqual(18);
    const said = ofKind(events, 'warning').filter(({ code }) => code === 'all-zero-collapse').length;
    const evaluations = ofKind(events, 'evaluation').filter(
      ({ point }) => point.split === 'validation' && point.step >= 18,
    );
    expect(said).toBe(evaluations.length);
  });

  it('warns of a gap between training and validation rows', async () => {
    // Sixteen rows and hundreds of passes: memorised.
    const rows = { ...data, split: { ...data.split, train: data.split.train.slice(0, 16) } };
    const { finished, events } = begin({ rows, h: { epochs: 60, evaluateEverySteps: 30 } });
    await finished;
    expect(ofKind(events, 'warning').map(({ code }) => code)).toContain('train-validation-gap');
  });
});

describe('failures', () => {
  it('names the step where the loss stops being a number, keeps the checkpoint before it', async () => {
    const model = bag();
    const trainStep = model.trainStep.bind(model);
    model.trainStep = async (batches, step) => {
      // What an overflow leaves behind: every weight NaN.
      if (step.step === 23)
        await model.writeState([
          {
            kind: 'parameter',
            name: 'classifier.bias',
            shape: [8],
            data: new Float32Array(8).fill(Number.NaN),
          },
        ]);
      return trainStep(batches, step);
    };
    const { finished, files } = begin({ model });
    await expect(finished).rejects.toMatchObject({
      code: 'loss-not-finite',
      details: { step: 23, checkpointStep: 20 },
      message: expect.stringContaining('step 23'),
    });
    expect((await readHistory(files)).steps.length).toBe(22);
    expect(await files.read('checkpoint-000000020.safetensors')).not.toBeNull();
    expect(await begin({ files }).finished).toMatchObject({ state: 'done' });
  });

  it('a lost device ends the run with its own error; the run goes on from its last checkpoint', async () => {
    const model = bag();
    const trainStep = model.trainStep.bind(model);
    model.trainStep = async (batches, step) => {
      if (step.step === 15) throw new VerbenaError('device-lost', 'The GPU is gone.', 'Resume the run.');
      return trainStep(batches, step);
    };
    const { finished, files } = begin({ model });
    await expect(finished).rejects.toMatchObject({ code: 'device-lost' });
    const { finished: again, events } = begin({ files });
    await again;
    expect(ofKind(events, 'state')[0]?.detail).toBe('Continued from step 10.');
  });

  it('a full disk that a bin fills is no reason to pause', async () => {
    let room = true;
    const inner = memoryFileStore();
    const files: FileStore = {
      ...inner,
      async write(name, content) {
        if (!room) throw new VerbenaError('quota-exceeded', 'Full.', 'Make room.');
        return inner.write(name, content);
      },
      makeRoom: async () => void (room = true),
    };
    const { finished, events } = begin({
      files,
      h: { evaluateEverySteps: 1000 },
      onEvent: (event) => event.kind === 'checkpoint' && event.step === 20 && (room = false),
    });
    await expect(finished).resolves.toMatchObject({ state: 'done', step: 72 });
    expect(ofKind(events, 'warning').map(({ code }) => code)).not.toContain('quota-exceeded');
    expect(ofKind(events, 'checkpoint').map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60, 70, 72]);
  });

  it('a full disk pauses the run, and it plays on when there is room', async () => {
    let room = true;
    const inner = memoryFileStore();
    const files: FileStore = {
      ...inner,
      async write(name, content) {
        if (!room && name.startsWith('checkpoint-'))
          throw new VerbenaError('quota-exceeded', 'Full.', 'Make room.');
        return inner.write(name, content);
      },
    };
    const { finished, events, control } = begin({
      files,
      onEvent(event) {
        if (event.kind === 'checkpoint' && event.step === 20) room = false;
      },
    });
    while (ofKind(events, 'state').at(-1)?.state !== 'paused')
      await new Promise((resolve) => setTimeout(resolve, 2));
    expect(ofKind(events, 'warning').at(-1)?.code).toBe('quota-exceeded');
    expect(ofKind(events, 'state').at(-1)?.detail).toBe('Paused after step 30 of 72.');
    room = true;
    control.unpause();
    expect(await finished).toMatchObject({ state: 'done', step: 72 });
    expect(ofKind(events, 'checkpoint').map(({ step }) => step)).toEqual([10, 20, 30, 40, 50, 60, 70, 72]);
  });
});
