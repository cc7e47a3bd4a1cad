import { unzipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { VerbenaError } from '../../base/errors.ts';
import { planModelMemory } from '../../models/create.ts';
import { once } from '../../training/checkpoints/fileStore.ts';
import { paperDefaults } from '../../training/presets.ts';
import { quickHyperparameters, syntheticRows } from '../../training/testing/rows.ts';
import type { TrainerService, TrainingData, TrainingEvent, TrainingSpec } from './contract.ts';
import type { TrainerDependencies } from './dependencies.ts';
import { processRunLocks, type RunLocks } from '../storage/locks.ts';
import { machineBytesAtMost, planMemoryReport, type DeviceMemory, type MemoryPlanner } from './preflight.ts';
import { memoryRunStorage, type RunStorage } from './runStorage.ts';
import { createTrainerService } from './service.ts';
import { bagDependencies, testDevice } from './testing/bagDependencies.ts';
import { trainingDataOf } from './testing/trainingData.ts';

const rows = syntheticRows({ rows: 300, labels: 5, seed: 4 });
const data = trainingDataOf(rows);
const spec = (runId: string, change: Partial<TrainingSpec> = {}): TrainingSpec => ({
  runId,
  model: { kind: 'embedded', name: 'bag' },
  lowering: 'auto',
  hyperparameters: { ...quickHyperparameters, maxSteps: 24 },
  seed: 3,
  ...change,
});

const grants = (availableBytes: number | null, more: Partial<DeviceMemory> = {}): DeviceMemory => ({
  availableBytes,
  largestBufferBytes: null,
  machineBytes: null,
  ...more,
});

/** One tab: its own service over storage and locks that tabs share. */
function tab(
  storage: RunStorage = memoryRunStorage(),
  locks: RunLocks = processRunLocks(),
  change: Partial<TrainerDependencies> = {},
) {
  const service = createTrainerService({ ...bagDependencies(storage, locks), ...change });
  const events: TrainingEvent[] = [];
  return { storage, locks, service, events, onEvent: (event: TrainingEvent) => void events.push(event) };
}

const states = (events: readonly TrainingEvent[]) =>
  events.flatMap((e) => (e.kind === 'state' ? [e.state] : []));

/** Starts a run and returns once it stands still at its beginning; `ended` never rejects. */
async function startPaused(t: ReturnType<typeof tab>, runId: string) {
  const ended = t.service.start(spec(runId), data, t.onEvent).catch((error: unknown) => error);
  await until(async () => {
    try {
      await t.service.pause(runId);
      return true;
    } catch {
      return false;
    }
  });
  return { ended };
}

async function until(condition: () => Promise<boolean>) {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 1));
}

describe('a run from start to end', () => {
  it('reports its life in order and is found again by a later tab, whole', async () => {
    const t = tab();
    const summary = await t.service.start(spec('one'), data, t.onEvent);
    expect(summary).toMatchObject({
      runId: 'one',
      state: 'done',
      step: 24,
      totalSteps: 24,
      error: null,
      modelName: 'bag',
      cleaning: data.tokens.cleaning,
    });
    expect(summary.steps.length).toBe(24);
    expect(summary.elapsedMs).toBeGreaterThan(0);
    expect(states(t.events).filter((state, i, all) => state !== all[i - 1])).toEqual([
      'preparing',
      'running',
      'done',
    ]);
    const device = t.events.find((event) => event.kind === 'device');
    expect(device).toMatchObject({ device: { lowering: 'onnx' }, memory: { fits: true } });

    const later = tab(t.storage, processRunLocks());
    expect(await later.service.runs()).toEqual([summary]);
    for (const which of ['best', 'last'] as const) {
      const kept = await later.service.logits('one', 'test', which);
      expect(kept).toMatchObject({ split: 'test', labels: data.labels });
      expect(kept?.rowIds).toEqual(Uint32Array.from(data.split.test, (row) => 10 * row));
    }
    await expect(later.service.resume('one', later.onEvent)).rejects.toMatchObject({ code: 'run-finished' });

    const shares = data.labels.map((_, label) => {
      const has = (row: number) =>
        data.targetIds.subarray(data.targetOffsets[row], data.targetOffsets[row + 1]).includes(label);
      return Array.from(data.split.train).filter(has).length / data.split.train.length;
    });
    expect(Array.from(await later.service.labelPriors('one'))).toEqual(shares);
    expect(Math.max(...shares)).toBeGreaterThan(0);
    await expect(later.service.labelPriors('none')).rejects.toMatchObject({ code: 'run-not-found' });
  });

  it('exports a zip that holds the best weights under their names and the labels in the config', async () => {
    const t = tab();
    const { bestStep } = await t.service.start(spec('one'), data, t.onEvent);
    const zip = unzipSync(new Uint8Array(await (await t.service.exportModel('one')).arrayBuffer()));
    expect(Object.keys(zip).sort()).toEqual([
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'tokenizer_config.json',
      'training.json',
    ]);
    const text = (name: string) => JSON.parse(new TextDecoder().decode(zip[name])) as Record<string, unknown>;
    expect(text('config.json')).toMatchObject({
      model_type: 'bag',
      problem_type: 'multi_label_classification',
      id2label: { 0: 'label 0', 4: 'label 4' },
      label2id: { 'label 4': 4 },
    });
    expect(text('training.json')).toMatchObject({ step: bestStep, dataHash: 'da7a', seed: 3 });
    const bytes = zip['model.safetensors'] as Uint8Array<ArrayBuffer>;
    const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes))) as Record<
      string,
      unknown
    >;
    expect(header).toMatchObject({
      __metadata__: { format: 'pt' },
      'classifier.bias': { dtype: 'F32', shape: [5], data_offsets: [0, 20] },
      'embedding.weight': { shape: [200, 8] },
    });
    expect(Object.keys(header).length).toBe(4);
    const bias = new Float32Array(bytes.slice(8 + headerBytes, 8 + headerBytes + 20).buffer);
    expect(bias.every((value) => Number.isFinite(value) && value !== 0)).toBe(true);
  });
});

describe('stop, resume, remove', () => {
  it('resumes a stopped run to the same end as one that was not stopped', async () => {
    const whole = tab();
    const expected = await whole.service.start(spec('one'), data, whole.onEvent);
    const t = tab();
    const { ended } = await startPaused(t, 'one');
    await t.service.stepOnce('one');
    await t.service.stepOnce('one');
    await t.service.stop('one');
    const stopped = (await ended) as { state: string; step: number };
    expect(stopped.state).toBe('stopped');
    const resumed = await tab(t.storage).service.resume('one', t.onEvent);
    expect(resumed).toMatchObject({ state: 'done', step: 24 });
    expect(resumed.steps.map(({ loss }) => loss)).toEqual(expected.steps.map(({ loss }) => loss));
  });

  it('copies a dropped model folder, so that a later tab resumes without it', async () => {
    const t = tab();
    const config = '{"model_type":"bag","vocab_size":80,"hidden_size":6}';
    const small = syntheticRows({ rows: 120, labels: 5, seed: 4 });
    const files = [
      new File([config], 'config.json'),
      new File([new Uint8Array(5_000_000)], 'model.safetensors'),
    ];
    await t.service.start(
      spec('dropped', {
        model: { kind: 'files', name: 'my model', files },
        hyperparameters: { ...quickHyperparameters, maxSteps: 6, evaluateEverySteps: 2 },
      }),
      { ...data, ...small, tokens: { ...data.tokens, ...small.tokens } },
      (event) => {
        t.onEvent(event);
        if (event.kind === 'evaluation') void t.service.stop('dropped');
      },
    );
    const kept = t.storage.files('dropped');
    expect(await (await kept.read('model/config.json'))?.text()).toBe(config);
    expect((await kept.read('model/model.safetensors'))?.size).toBe(5_000_000);
    expect(await kept.read('model/pytorch_model.bin')).toBeNull();
    const later = tab(t.storage);
    const summary = await later.service.resume('dropped', later.onEvent);
    expect(summary).toMatchObject({ state: 'done', step: 6, modelName: 'my model' });
  });

  it('moves a run to the bin and back; not while it runs', async () => {
    const t = tab();
    const { ended } = await startPaused(t, 'one');
    await expect(t.service.removeRun('one')).rejects.toMatchObject({ code: 'run-active' });
    await t.service.stop('one');
    await ended;
    await t.service.removeRun('one');
    expect(await t.service.runs()).toEqual([]);
    await expect(t.service.removeRun('one')).rejects.toMatchObject({ code: 'run-not-found' });
    await t.service.restoreRun('one');
    expect((await t.service.runs()).map(({ runId, state }) => [runId, state])).toEqual([['one', 'stopped']]);
  });
});

describe('ownership', () => {
  it('one run at a time a tab, one tab a run', async () => {
    const t = tab();
    const { ended } = await startPaused(t, 'one');
    await expect(t.service.start(spec('two'), data, t.onEvent)).rejects.toMatchObject({
      code: 'trainer-busy',
    });
    const other = tab(t.storage, t.locks);
    expect((await other.service.runs())[0]?.state).toBe('paused');
    await expect(other.service.resume('one', other.onEvent)).rejects.toMatchObject({
      code: 'run-owned-elsewhere',
    });
    await expect(other.service.removeRun('one')).rejects.toMatchObject({ code: 'run-owned-elsewhere' });
    await t.service.stop('one');
    await ended;
    expect((await other.service.runs())[0]?.state).toBe('stopped');
  });

  it('calls a run interrupted when its owner is gone, and resumes it', async () => {
    const dead = tab();
    await startPaused(dead, 'one');
    await dead.service.stepOnce('one');
    // The tab dies here: its lock with it, its service never speaks again.
    const t = tab(dead.storage, processRunLocks());
    const [found] = await t.service.runs();
    expect(found?.state).toBe('interrupted');
    expect(await t.service.resume('one', t.onEvent)).toMatchObject({ state: 'done', step: 24 });
  });

  it('says so when a run goes on on another device', async () => {
    const t = tab();
    const { ended } = await startPaused(t, 'one');
    await t.service.stepOnce('one');
    await t.service.stop('one');
    await ended;
    const gpu = { ...testDevice, name: 'a GPU' };
    const later = tab(t.storage, processRunLocks(), { device: async () => gpu });
    await later.service.resume('one', later.onEvent);
    expect(later.events).toContainEqual(expect.objectContaining({ kind: 'warning', code: 'device-changed' }));
  });

  it('clears what a start that was cut off left behind, but not one that is under way', async () => {
    const t = tab();
    await t.storage.files('orphan').write('data.safetensors', once('half'));
    const release = await t.locks.take('orphan');
    expect(await t.service.runs()).toEqual([]);
    expect(await t.storage.runIds()).toEqual(['orphan']);
    release?.();
    await t.service.runs();
    expect(await t.storage.runIds()).toEqual([]);
  });

  it('only one of two simultaneous starts gets the worker', async () => {
    const t = tab();
    const outcomes = await Promise.allSettled([
      t.service.start(spec('a'), data, t.onEvent),
      t.service.start(spec('b'), data, t.onEvent),
    ]);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('what is refused, with a code', () => {
  const rejected = (service: TrainerService, s: TrainingSpec, d: TrainingData = data) =>
    service
      .start(s, d, () => undefined)
      .then(
        () => 'accepted',
        (error: { code: string }) => error.code,
      );

  it.each<[string, TrainingSpec, TrainingData]>([
    ['run-id-invalid', spec('../evil'), data],
    ['run-id-invalid', spec(''), data],
    [
      'invalid-learning-rate',
      spec('x', { hyperparameters: { ...quickHyperparameters, learningRate: -1 } }),
      data,
    ],
    [
      'rows-exceed-length',
      spec('x', { hyperparameters: { ...quickHyperparameters, maxLength: 8, budgetTokens: 8 } }),
      data,
    ],
    ['no-training-rows', spec('x'), { ...data, split: { ...data.split, train: new Uint32Array(0) } }],
    ['training-data-invalid', spec('x'), { ...data, labels: [] }],
    ['training-data-invalid', spec('x'), { ...data, labels: data.labels.slice(1) }],
    ['training-data-invalid', spec('x'), { ...data, split: { ...data.split, test: Uint32Array.of(300) } }],
    ['training-data-invalid', spec('x'), { ...data, targetOffsets: data.targetOffsets.slice(1) }],
    [
      'training-data-invalid',
      spec('x'),
      { ...data, tokens: { ...data.tokens, ids: data.tokens.ids.slice(1) } },
    ],
  ])('%s', async (code, s, d) => {
    const t = tab();
    expect(await rejected(t.service, s, d)).toBe(code);
    expect(await t.storage.runIds()).toEqual([]);
    expect(
      await rejected(t.service, spec('fine', { hyperparameters: { ...quickHyperparameters, maxSteps: 1 } })),
    ).toBe('accepted');
  });

  it('a run id that is taken, a run that is not there, a run that is not running', async () => {
    const t = tab();
    await t.service.start(spec('one'), data, t.onEvent);
    expect(await rejected(t.service, spec('one'))).toBe('run-exists');
    await expect(t.service.resume('none', t.onEvent)).rejects.toMatchObject({ code: 'run-not-found' });
    await expect(t.service.logits('none', 'test', 'best')).rejects.toMatchObject({ code: 'run-not-found' });
    await expect(t.service.pause('one')).rejects.toMatchObject({ code: 'run-not-active' });
  });

  it('memory that is not there: a typed error with what would fit, and the run can be resumed', async () => {
    const t = tab(undefined, undefined, { memory: () => grants(100_000) });
    await expect(t.service.start(spec('big'), data, t.onEvent)).rejects.toMatchObject({
      code: 'out-of-memory',
      remedy: expect.stringContaining('Budget of 64 tokens'),
    });
    expect(t.events.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'out-of-memory' } });
    const [failed] = await t.service.runs();
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'out-of-memory' } });
    expect(await tab(t.storage).service.resume('big', t.onEvent)).toMatchObject({
      state: 'done',
      error: null,
    });
  });

  it('memory that the device refuses when it is tried: its words, and what would need less', async () => {
    const t = tab();
    const bag = bagDependencies(t.storage, t.locks);
    const refusing = tab(t.storage, t.locks, {
      memory: () => grants(null),
      openModel: async (source, options) => ({
        ...(await bag.openModel(source, options)),
        create: () =>
          Promise.reject(new VerbenaError('out-of-memory', 'The GPU could not give 9 MB.', 'Lower it.')),
      }),
    });
    await expect(refusing.service.start(spec('big'), data, refusing.onEvent)).rejects.toMatchObject({
      code: 'out-of-memory',
      message: 'The GPU could not give 9 MB.',
      remedy: expect.stringContaining('Try Budget of 64 tokens'),
    });
    // Before the first step, and after the plan was told.
    expect(states(refusing.events)).not.toContain('running');
    expect(refusing.events.find(({ kind }) => kind === 'device')).toMatchObject({
      memory: { verdict: 'tried-at-start' },
    });
    expect(await tab(t.storage).service.resume('big', t.onEvent)).toMatchObject({ state: 'done' });
  });

  it('a model that cannot be opened: failed, and resumable once it can', async () => {
    const t = tab(undefined, undefined, { openModel: () => Promise.reject(new TypeError('fetch failed')) });
    await expect(t.service.start(spec('one'), data, t.onEvent)).rejects.toThrow('fetch failed');
    expect((await t.service.runs())[0]).toMatchObject({ state: 'failed', error: { code: 'unexpected' } });
    expect(await tab(t.storage).service.resume('one', t.onEvent)).toMatchObject({ state: 'done' });
  });

  it('tokens of another vocabulary', async () => {
    const t = tab();
    const ids = data.tokens.ids.slice();
    ids[7] = 200;
    const foreign = { ...data, tokens: { ...data.tokens, ids } };
    expect(await rejected(t.service, spec('one'), foreign)).toBe('training-data-invalid');
  });

  it('a stop while the model is being opened is no failure', async () => {
    const t = tab();
    const summary = await t.service.start(spec('one'), data, (event) => {
      t.onEvent(event);
      if (event.kind === 'state' && event.detail.includes('50 %')) void t.service.stop('one');
    });
    expect(summary).toMatchObject({ state: 'stopped', step: 0, error: null });
    expect(await t.service.resume('one', t.onEvent)).toMatchObject({ state: 'done', step: 24 });
  });
});

describe('memory preflight', () => {
  const config = {
    model_type: 'xlnet',
    d_model: 128,
    n_layer: 4,
    n_head: 4,
    d_head: 32,
    d_inner: 512,
    vocab_size: 8000,
  };
  const h = paperDefaults(10_000).hyperparameters;
  const planWithin =
    (maxBindingBytes: number): MemoryPlanner =>
    (capacity) =>
      planModelMemory(config, 67, capacity, maxBindingBytes);
  const plan = planWithin(2 ** 27);

  it('plans a real XLNet; suggestions are plans too, the harmless first, and all of them fit', async () => {
    const { totalBytes } = await planMemoryReport(h, plan, grants(null));
    const report = await planMemoryReport(h, plan, grants(totalBytes * 0.7));
    expect(report.fits).toBe(false);
    expect(report.suggestions.length).toBeGreaterThan(0);
    expect(report.suggestions[0]?.change).toEqual({ budgetTokens: 2048 });
    for (const suggestion of report.suggestions) {
      const again = await planMemoryReport({ ...h, ...suggestion.change }, plan, grants(null));
      expect(suggestion.totalBytes).toBe(again.totalBytes);
      expect(suggestion.totalBytes).toBeLessThanOrEqual(totalBytes * 0.7);
    }
    expect((await planMemoryReport(h, plan, grants(2 * totalBytes))).suggestions).toEqual([]);
  });

  it('says how near the smallest comes where nothing fits', async () => {
    const report = await planMemoryReport(h, plan, grants(1000));
    expect(report.suggestions.length).toBe(1);
    expect(report.suggestions[0]?.totalBytes).toBeLessThan(report.totalBytes);
  });

  it('refuses nothing where the device does not say what it has; doubts a plan larger than the main memory', async () => {
    const largestBufferBytes = 2 ** 31;
    const open = await planMemoryReport(h, plan, grants(null, { largestBufferBytes }));
    expect(open).toMatchObject({ verdict: 'tried-at-start', fits: true, largestBufferBytes });
    // What to try next where the allocation is refused.
    expect(open.suggestions[0]?.totalBytes).toBeLessThan(open.totalBytes);
    const machineBytes = open.totalBytes - 1;
    expect(await planMemoryReport(h, plan, grants(null, { machineBytes }))).toMatchObject({
      verdict: 'doubtful',
      fits: true,
    });
    expect(await planMemoryReport(h, plan, grants(open.totalBytes))).toMatchObject({ verdict: 'fits' });
    expect(await planMemoryReport(h, plan, grants(machineBytes))).toMatchObject({ verdict: 'does-not-fit' });
  });

  it('holds the plan against the adapter’s limits: a tensor beyond them is named, with a setting that has none', async () => {
    // A feed-forward activation takes tokens × 512 × 4 bytes; the embedding 4 MiB whatever the tokens.
    const granted = 6 * 2 ** 20;
    expect(h.budgetTokens * 512 * 4).toBeGreaterThan(granted);
    await expect(planMemoryReport(h, planWithin(granted), grants(null))).rejects.toMatchObject({
      code: 'limit-too-small',
      message: expect.stringContaining(String(granted)),
      remedy: expect.stringMatching(/^Budget of \d+ tokens/u),
    });
    // The embedding could lie in parts; a feed-forward weight, 256 KiB, cannot.
    await expect(planMemoryReport(h, planWithin(2 ** 17), grants(null))).rejects.toMatchObject({
      code: 'limit-too-small',
      remedy: expect.stringContaining('smaller model'),
    });
  });

  it('takes from the browser’s hint of main memory no more than it says', () => {
    expect(machineBytesAtMost(undefined)).toBeNull();
    expect(machineBytesAtMost(8)).toBeNull();
    expect(machineBytesAtMost(4)).toBe(6 * 2 ** 30);
  });
});
