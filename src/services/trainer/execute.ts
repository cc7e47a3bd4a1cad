import { isAbort, toWire } from '../../base/errors.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import { readHistory } from '../../training/checkpoints/history.ts';
import type { RunControl } from '../../training/control.ts';
import { trainRun } from '../../training/loop.ts';
import { runCalibration } from './calibration.ts';
import type { RunSummary, TrainingData, TrainingEvent } from './contract.ts';
import type { TrainerDependencies } from './dependencies.ts';
import { prepareModel } from './prepare.ts';
import { keepRecord } from './recordKeeper.ts';
import type { ActiveRun, RunRegistry } from './registry.ts';
import { summarise, type RunRecord } from './runRecord.ts';

export interface Execution {
  readonly control: RunControl;
  readonly record: RunRecord;
  readonly data: TrainingData;
  readonly onEvent: (event: TrainingEvent) => void;
}

/**
 * Makes a stored run: prepares its model, trains to the end, keeps its record, sends every event on. The run's lock is the
 * caller's. A failure is stored with the run, sent as an event and thrown.
 */
export async function executeRun(
  dependencies: TrainerDependencies,
  registry: RunRegistry,
  { control, record, data, onEvent }: Execution,
): Promise<RunSummary> {
  const { storage } = dependencies;
  const files = storage.files(record.runId);
  const run: ActiveRun = { record, history: await readHistory(files) };
  registry.begin(run);
  const keeper = keepRecord(files, run);
  const { watch } = keeper;
  const finish = async (change: Partial<RunRecord>, detail: string): Promise<RunSummary> => {
    watch.stop();
    await keeper.settled();
    // Outputs that cannot be read now are fitted when they are asked for.
    const fit = await runCalibration(files, run.record, run.history).catch(() => null);
    const calibration = fit?.kind === 'fitted' ? { calibration: fit.calibration } : {};
    await keeper.save({ ...calibration, ...change }).catch(() => undefined);
    onEvent({ kind: 'state', state: run.record.state, detail });
    return summarise(run.record, run.history);
  };

  let model: TrainableModel | null = null;
  try {
    await storage.sweep(record.runId);
    model = await prepareModel(dependencies, {
      files,
      record,
      data,
      control,
      isResumed: run.history.steps.length > 0,
      onDevice: (device) => keeper.save({ state: 'preparing', device, error: null }),
      onSettings: (hyperparameters) => keeper.save({ hyperparameters }),
      onEvent(event) {
        if (event.kind === 'kernels') keeper.saveSoon({ kernels: event.kernels });
        onEvent(event);
      },
    });
    watch.start();
    const outcome = await trainRun({
      model,
      data,
      // Memory `auto` has become what it chose.
      hyperparameters: run.record.hyperparameters,
      seed: record.seed,
      files,
      control,
      onHistory: (history) => (run.history = history),
      onEvent(event) {
        if (event.kind === 'state') {
          if (event.state === 'paused') watch.stop();
          else watch.start();
          keeper.saveSoon({ state: event.state });
        } else if (event.kind === 'checkpoint') keeper.saveSoon({});
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
    registry.end();
  }
}
