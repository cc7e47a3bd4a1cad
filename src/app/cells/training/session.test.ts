import { describe, expect, it } from 'vitest';
import type { Progress } from '../../../base/progress.ts';
import type { TrainingData, TrainingSpec } from '../../../services/trainer/contract.ts';
import { processRunLocks } from '../../../services/storage/locks.ts';
import { memoryRunStorage } from '../../../services/trainer/runStorage.ts';
import { createTrainerService } from '../../../services/trainer/service.ts';
import { bagDependencies } from '../../../services/trainer/testing/bagDependencies.ts';
import { quickHyperparameters, syntheticRows } from '../../../training/testing/rows.ts';
import { createTrainingSession, shownLog } from './session.ts';

// Against the real trainer service with a small real model; only worker and page are left out.

const rows = syntheticRows({ rows: 300, labels: 5, seed: 4 });
const data: TrainingData = {
  ...rows,
  dataHash: 'da7a',
  tokens: { ...rows.tokens, hash: '70ce', maxLength: 32, fullLengths: new Uint32Array(300) },
};
const spec = (runId: string, maxSteps = 24): TrainingSpec => ({
  runId,
  model: { kind: 'embedded', name: 'bag' },
  lowering: 'auto',
  hyperparameters: { ...quickHyperparameters, maxSteps },
  seed: 3,
});

function page(storage = memoryRunStorage()) {
  const trainer = createTrainerService(bagDependencies(storage, processRunLocks()));
  return { storage, session: createTrainingSession(trainer) };
}

describe('the page’s side of the trainer', () => {
  it('follows a run to its end and keeps every step', async () => {
    const { session } = page();
    const seen: Progress[] = [];
    const summary = await session.start(spec('one'), data, { onProgress: (p) => seen.push(p) });
    expect(summary).toMatchObject({ state: 'done', step: 24 });
    const log = shownLog(session.store.getState());
    expect(log?.steps.map(({ step }) => step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(log?.device?.lowering).toBe('onnx');
    expect(seen.at(-1)).toMatchObject({ done: 24, total: 24, unit: 'steps' });
    expect(session.store.getState().runs?.map(({ runId }) => runId)).toEqual(['one']);
  });

  it('takes an abort as a wish: the run stops with what it has, and goes on from there', async () => {
    const { session } = page();
    const controller = new AbortController();
    const stopped = await session.start(spec('one', 400), data, {
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done > 0) controller.abort();
      },
    });
    expect(stopped.state).toBe('stopped');
    expect(stopped.step).toBeGreaterThan(0);
    expect(stopped.step).toBeLessThan(stopped.totalSteps);
    const resumed = await session.resume('one', {});
    expect(resumed).toMatchObject({ state: 'done', step: stopped.totalSteps });
    const steps = shownLog(session.store.getState())?.steps.map(({ step }) => step) ?? [];
    expect(steps).toEqual(Array.from({ length: stopped.totalSteps }, (_, i) => i + 1));
  });

  it('ends without the closing evaluation where a stop is asked for twice', async () => {
    const { session } = page();
    const controller = new AbortController();
    const stopped = await session.start(spec('one', 400), data, {
      signal: controller.signal,
      onProgress: ({ done, phase }) => {
        if (done > 0) controller.abort();
        if (phase === 'Evaluating') void session.hurry();
      },
    });
    expect(stopped).toMatchObject({ state: 'stopped' });
    const log = shownLog(session.store.getState());
    expect(log?.evaluations.filter(({ split }) => split === 'test')).toEqual([]);
    expect(await session.resume('one', {})).toMatchObject({ state: 'done', step: stopped.totalSteps });
  });

  it('shows a run of an earlier visit after a reload', async () => {
    const first = page();
    await first.session.start(spec('one'), data, {});
    const later = page(first.storage);
    expect(shownLog(later.session.store.getState())).toBeNull();
    await later.session.refresh();
    expect(shownLog(later.session.store.getState())).toMatchObject({ runId: 'one', state: 'done' });
  });

  it('brings a removed run back', async () => {
    const { session } = page();
    await session.start(spec('one'), data, {});
    await session.remove('one');
    expect(session.store.getState()).toMatchObject({ runs: [], live: null });
    await session.restore('one');
    expect(session.store.getState().runs).toHaveLength(1);
  });

  it('throws a failure on, with its code, and keeps it in the log', async () => {
    const { session } = page();
    const broken = { ...spec('bad'), hyperparameters: { ...spec('bad').hyperparameters, learningRate: -1 } };
    await expect(session.start(broken, data, {})).rejects.toMatchObject({ code: 'invalid-learning-rate' });
    expect(session.store.getState().live).toMatchObject({
      state: 'failed',
      error: { code: 'invalid-learning-rate' },
    });
  });

  it('plans memory, and lets a later question make an earlier answer void', async () => {
    const { session } = page();
    await Promise.all([session.plan(spec('plan'), 5, null), session.plan(spec('plan'), 50, null)]);
    expect(session.store.getState().preflight).toMatchObject({ kind: 'planned', memory: { fits: true } });
  });
});
