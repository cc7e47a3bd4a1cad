import { isAbort, toWire, VerbenaError } from '../../base/errors.ts';
import type { TaskOptions } from '../../base/progress.ts';
import type { BatchCapacity } from '../../models/family.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import { assertTrainingRows, assertVocabulary, capacityOf } from '../../training/batches.ts';
import { readLogits } from '../../training/checkpoints/checkpoints.ts';
import { once, type FileStore } from '../../training/checkpoints/fileStore.ts';
import { evaluatedStep, readHistory, type RunHistory } from '../../training/checkpoints/history.ts';
import { RunControl } from '../../training/control.ts';
import { assertHyperparameters, totalSteps } from '../../training/hyperparameters.ts';
import { trainRun } from '../../training/loop.ts';
import { transfer } from '../rpc.ts';
import type {
  DeviceReport,
  LoweringName,
  MemoryReport,
  ModelSource,
  RunSummary,
  TrainerService,
  TrainingData,
  TrainingEvent,
  TrainingSpec,
} from './contract.ts';
import { TrainerError } from './errors.ts';
import { exportModelZip } from './exportModel.ts';
import type { RunLocks } from './locks.ts';
import { planMemoryReport, type MemoryPlanner } from './preflight.ts';
import {
  loadModelSource,
  modelName,
  readData,
  readLabelPriors,
  storeModelSource,
  writeData,
} from './runData.ts';
import { readRecord, summarise, writeRecord, type RunRecord, type StoredModelFiles } from './runRecord.ts';
import type { RunStorage } from './runStorage.ts';

export interface CreateModelOptions {
  readonly capacity: BatchCapacity;
  readonly labelCount: number;
  readonly lowering: LoweringName;
  /** Draws the weights of the head. */
  readonly seed: number;
  readonly dropout: number | null;
  readonly signal: AbortSignal;
}

/** A model's files, opened: what a run stores of them, and how to build the model. */
export interface OpenedModel extends StoredModelFiles {
  create(options: CreateModelOptions): Promise<TrainableModel>;
}

/** What the service is made of; the browser's set is in browser.ts. */
export interface TrainerDependencies {
  readonly storage: RunStorage;
  readonly locks: RunLocks;
  device(preferred: LoweringName | 'auto'): Promise<DeviceReport>;
  /** Null where the device does not say. */
  availableBytes(device: DeviceReport): number | null;
  openModel(source: ModelSource, options: TaskOptions): Promise<OpenedModel>;
  planner(source: ModelSource, labelCount: number, lowering: LoweringName): Promise<MemoryPlanner>;
}

/** The run that this worker is making, once it is stored. */
interface ActiveRun {
  record: RunRecord;
  history: RunHistory;
}

/** The trainer: one run at a time, every run in its own folder, each owned by a lock that dies with the tab. */
export function createTrainerService(dependencies: TrainerDependencies): TrainerService {
  const { storage, locks } = dependencies;
  // Set before anything is awaited, so that two starts cannot both find the worker free.
  let busy: { readonly runId: string; readonly control: RunControl } | null = null;
  let active: ActiveRun | null = null;

  const controlOf = (runId: string): RunControl => {
    if (busy?.runId === runId) return busy.control;
    throw new TrainerError('run-not-active', `Run ${runId} is not running here.`, 'Resume it first.', {
      runId,
    });
  };

  /** Takes the run's lock and this worker for the time of `work`. */
  const owning = async <T>(runId: string, work: (control: RunControl) => Promise<T>): Promise<T> => {
    if (busy)
      throw new TrainerError(
        'trainer-busy',
        `Run ${busy.runId} is still going on.`,
        'Stop it or wait until it ends, then start the next.',
        { runId: busy.runId },
      );
    const control = new RunControl();
    busy = { runId, control };
    let release: (() => void) | null = null;
    try {
      release = await locks.take(runId);
      if (!release)
        throw new TrainerError(
          'run-owned-elsewhere',
          'This run is open in another tab.',
          'Go on in that tab, or close it and resume here.',
          { runId },
        );
      return await work(control);
    } finally {
      control.end();
      active = null;
      busy = null;
      release?.();
    }
  };

  const execute = async (
    control: RunControl,
    files: FileStore,
    initial: RunRecord,
    data: TrainingData,
    onEvent: (event: TrainingEvent) => void,
  ): Promise<RunSummary> => {
    const run: ActiveRun = { record: initial, history: await readHistory(files) };
    active = run;
    const watch = stopwatch(initial.elapsedMs);
    const save = async (change: Partial<RunRecord>) => {
      const step = run.history.steps.at(-1)?.step ?? run.record.step;
      run.record = { ...run.record, step, elapsedMs: watch.elapsedMs(), ...change };
      await writeRecord(files, run.record);
    };
    // Records follow one another in order; a failed one must not fail the run, which has its own checkpoints.
    let saving = Promise.resolve();
    const saveSoon = (change: Partial<RunRecord>) => {
      saving = saving.then(() => save(change)).catch(() => undefined);
    };
    const finish = async (change: Partial<RunRecord>, detail: string): Promise<RunSummary> => {
      watch.stop();
      await saving;
      await save(change).catch(() => undefined);
      onEvent({ kind: 'state', state: run.record.state, detail });
      return summarise(run.record, run.history);
    };

    let model: TrainableModel | null = null;
    try {
      onEvent({ kind: 'state', state: 'preparing', detail: 'Opening the model.' });
      await storage.sweep(initial.runId);
      const device = await dependencies.device(initial.lowering);
      const source = await loadModelSource(files, initial.model);
      const { signal } = control;
      const opened = await dependencies.openModel(source, {
        signal,
        onProgress: ({ phase, done, total }) =>
          onEvent({ kind: 'state', state: 'preparing', detail: preparing(phase, done, total) }),
      });
      const { config, tokenizer } = opened;
      if (typeof config['vocab_size'] === 'number') assertVocabulary(data.tokens.ids, config['vocab_size']);
      await files.write('model.json', once(JSON.stringify({ config, tokenizer } satisfies StoredModelFiles)));
      const { hyperparameters, seed, labels } = initial;
      const plan = await dependencies.planner(source, labels.length, device.lowering);
      const memory = await planMemoryReport(hyperparameters, plan, dependencies.availableBytes(device));
      onEvent({ kind: 'device', device, memory });
      if (initial.device && run.history.steps.length > 0) warnOfOtherDevice(initial.device, device, onEvent);
      if (!memory.fits) throw willNotFit(memory);
      await save({ state: 'preparing', device, error: null });
      await warnOfLittleRoom(memory, onEvent);
      onEvent({ kind: 'state', state: 'preparing', detail: `Building the model on ${device.name}.` });
      model = await opened.create({
        capacity: capacityOf(hyperparameters),
        labelCount: labels.length,
        lowering: device.lowering,
        seed,
        dropout: hyperparameters.dropout,
        signal,
      });
      watch.start();
      const outcome = await trainRun({
        model,
        data,
        hyperparameters,
        seed,
        files,
        control,
        onHistory: (history) => (run.history = history),
        onEvent(event) {
          if (event.kind === 'state') {
            if (event.state === 'paused') watch.stop();
            else watch.start();
            saveSoon({ state: event.state });
          } else if (event.kind === 'checkpoint') saveSoon({});
          onEvent(event);
        },
      });
      return await finish({ state: outcome.state, step: outcome.step, error: null }, outcome.detail);
    } catch (error) {
      if (control.stopping && isAbort(error))
        return await finish({ state: 'stopped' }, 'Stopped while preparing.');
      const wire = toWire(error);
      await finish({ state: 'failed', error: wire }, wire.message);
      onEvent({ kind: 'failed', error: wire });
      throw error;
    } finally {
      model?.dispose();
    }
  };

  const warnOfOtherDevice = (
    before: DeviceReport,
    now: DeviceReport,
    onEvent: (event: TrainingEvent) => void,
  ) => {
    if (before.lowering === now.lowering && before.name === now.name) return;
    onEvent({
      kind: 'warning',
      code: 'device-changed',
      message: `This run began on ${before.name} and goes on on ${now.name}.`,
      remedy: 'Nothing to do; only a run on one device repeats bit for bit.',
    });
  };

  /** A checkpoint is parameters and two moments; two are kept and the best weights, a third is written before one goes. */
  const warnOfLittleRoom = async ({ byCategory }: MemoryReport, onEvent: (event: TrainingEvent) => void) => {
    const free = await storage.freeBytes();
    const parameters = byCategory['parameters'];
    if (free === null || parameters === undefined || free >= 11 * parameters) return;
    onEvent({
      kind: 'warning',
      code: 'little-room',
      message: `The browser grants ${gigabytes(free)} more storage; this run's checkpoints may take ${gigabytes(11 * parameters)}.`,
      remedy: 'Free disk space or remove old runs; where it is full the run pauses and nothing is lost.',
    });
  };

  /** The record as it is now; a run that claims to be going on but has no living owner was interrupted. */
  const currentRecord = async (files: FileStore, runId: string): Promise<RunRecord> => {
    if (active?.record.runId === runId) return active.record;
    const record = await readRecord(files, runId);
    if (!['preparing', 'running', 'paused'].includes(record.state)) return record;
    const release = await locks.take(runId);
    if (!release) return record;
    try {
      const interrupted = { ...record, state: 'interrupted' } as const;
      await writeRecord(files, interrupted);
      return interrupted;
    } finally {
      release();
    }
  };

  /** A folder without a record is of a start that a crash cut off, unless somebody is starting it right now. */
  const discardOrphan = async (runId: string) => {
    const release = await locks.take(runId);
    if (!release) return;
    await storage.discard(runId).finally(release);
  };

  const historyOf = async (files: FileStore, runId: string): Promise<RunHistory> =>
    active?.record.runId === runId ? active.history : readHistory(files);

  /** Runs `work` while nobody trains the run. */
  const whileIdle = async (runId: string, work: () => Promise<void>) => {
    assertRunId(runId);
    if (busy?.runId === runId)
      throw new TrainerError('run-active', 'This run is still going on.', 'Stop it first.', { runId });
    const release = await locks.take(runId);
    if (!release)
      throw new TrainerError(
        'run-owned-elsewhere',
        'This run is open in another tab.',
        'Stop it there first.',
      );
    try {
      await work();
    } finally {
      release();
    }
  };

  const notFound = (runId: string) =>
    new TrainerError('run-not-found', `There is no run ${runId}.`, 'Start a new run.', { runId });

  return {
    device: (preferred) => dependencies.device(preferred),

    async preflight(spec, labelCount) {
      assertHyperparameters(spec.hyperparameters);
      const device = await dependencies.device(spec.lowering);
      const plan = await dependencies.planner(spec.model, labelCount, device.lowering);
      return planMemoryReport(spec.hyperparameters, plan, dependencies.availableBytes(device));
    },

    async start(spec: TrainingSpec, data, onEvent) {
      const { runId, hyperparameters, seed, lowering, model } = spec;
      assertRunId(runId);
      assertHyperparameters(hyperparameters);
      assertTrainingRows(data, hyperparameters.maxLength);
      return owning(runId, async (control) => {
        const files = storage.files(runId);
        if (await files.read('run.json'))
          throw new TrainerError(
            'run-exists',
            `There is a run ${runId} already.`,
            'Resume it, or choose another id.',
          );
        const record: RunRecord = {
          version: 1,
          runId,
          state: 'preparing',
          createdAt: new Date().toISOString(),
          model: { kind: 'embedded', name: '' },
          modelName: modelName(model),
          dataHash: data.dataHash,
          seed,
          lowering,
          device: null,
          hyperparameters,
          labels: data.labels,
          step: 0,
          totalSteps: totalSteps(hyperparameters, data.split.train.length),
          elapsedMs: 0,
          error: null,
        };
        let stored: RunRecord;
        try {
          // The record last: a run exists once everything that a resume needs is there.
          await writeData(files, data);
          stored = { ...record, model: await storeModelSource(files, model) };
          await writeRecord(files, stored);
        } catch (error) {
          await storage.discard(runId).catch(() => undefined);
          throw error;
        }
        return execute(control, files, stored, data, onEvent);
      });
    },

    async resume(runId, onEvent) {
      assertRunId(runId);
      return owning(runId, async (control) => {
        const files = storage.files(runId);
        const record = await readRecord(files, runId);
        if (record.state === 'done')
          throw new TrainerError(
            'run-finished',
            'This run has made all its steps.',
            'Start a new run with more epochs to train on.',
            { runId },
          );
        return execute(control, files, record, await readData(files), onEvent);
      });
    },

    pause: async (runId) => controlOf(runId).pause(),

    unpause: async (runId) => controlOf(runId).unpause(),

    async stepOnce(runId) {
      const control = controlOf(runId);
      if (!control.paused)
        throw new TrainerError(
          'run-not-paused',
          'Single steps are made while a run is paused.',
          'Pause it first.',
        );
      await control.stepOnce();
    },

    stop: async (runId) => controlOf(runId).stop(),

    async runs() {
      const summaries: RunSummary[] = [];
      for (const runId of await storage.runIds()) {
        const files = storage.files(runId);
        try {
          summaries.push(summarise(await currentRecord(files, runId), await historyOf(files, runId)));
        } catch (error) {
          if (!(error instanceof TrainerError)) throw error;
          if (error.code === 'run-not-found') await discardOrphan(runId);
        }
      }
      return summaries.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    },

    removeRun: (runId) =>
      whileIdle(runId, async () => {
        if (!(await storage.remove(runId))) throw notFound(runId);
      }),

    restoreRun: (runId) =>
      whileIdle(runId, async () => {
        if (!(await storage.restore(runId))) throw notFound(runId);
      }),

    async logits(runId, split, which) {
      assertRunId(runId);
      const files = storage.files(runId);
      const { hyperparameters } = await currentRecord(files, runId);
      const { evaluations } = await historyOf(files, runId);
      const step = evaluatedStep(evaluations, hyperparameters, split, which);
      const kept = step === null ? null : await readLogits(files, split, step);
      return kept && transfer(kept, [kept.logits.buffer, kept.targets.buffer, kept.rowIds.buffer]);
    },

    async labelPriors(runId) {
      assertRunId(runId);
      const files = storage.files(runId);
      await currentRecord(files, runId);
      return readLabelPriors(files);
    },

    async exportModel(runId) {
      assertRunId(runId);
      const files = storage.files(runId);
      return exportModelZip(files, await currentRecord(files, runId), await historyOf(files, runId));
    },
  };
}

function assertRunId(runId: string): void {
  if (/^[\w-]{1,100}$/.test(runId)) return;
  throw new TrainerError(
    'run-id-invalid',
    `'${runId.slice(0, 100)}' cannot name a run.`,
    'Use letters, digits, - and _, at most 100 of them.',
  );
}

function willNotFit({ totalBytes, availableBytes, suggestions }: MemoryReport): VerbenaError {
  const [best] = suggestions;
  return new TrainerError(
    'out-of-memory',
    `This run needs ${gigabytes(totalBytes)}; the device grants ${gigabytes(availableBytes ?? 0)}.`,
    best ? `${best.label} (${gigabytes(best.totalBytes)}).` : 'Use a smaller model.',
    { totalBytes, availableBytes },
  );
}

function preparing(phase: string, done: number, total: number | null): string {
  return total ? `${phase}: ${Math.floor((100 * done) / total)} %` : phase;
}

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 2 : 1)} GiB`;

/** Time spent running, pauses left out. */
function stopwatch(elapsedBefore: number) {
  let total = elapsedBefore;
  let since: number | null = null;
  const elapsedMs = () => total + (since === null ? 0 : performance.now() - since);
  return {
    elapsedMs,
    start: () => void (since ??= performance.now()),
    stop() {
      total = elapsedMs();
      since = null;
    },
  };
}
