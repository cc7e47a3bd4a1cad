import { assertSingleLabels, assertTrainingRows } from '../../training/batches.ts';
import { readLogits } from '../../training/checkpoints/checkpoints.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { evaluatedStep, type RunHistory } from '../../training/checkpoints/history.ts';
import { assertHyperparameters, totalSteps } from '../../training/hyperparameters.ts';
import { trainCounts } from '../../training/loss.ts';
import { transfer } from '../rpc.ts';
import { runCalibration } from './calibration.ts';
import type { TrainerService, TrainingData, TrainingSpec } from './contract.ts';
import type { TrainerDependencies } from './dependencies.ts';
import { TrainerError, runRefusals } from './errors.ts';
import { runCost } from './cost.ts';
import { executeRun } from './execute.ts';
import { exportModelZip } from './exportModel.ts';
import { exportBundleZip } from './bundle/bundle.ts';
import { exportOnnxFile } from './exportOnnx.ts';
import { createOwnership } from '../storage/ownership.ts';
import { planMemoryReport } from './preflight.ts';
import { createPredictor } from './predict.ts';
import { createRegistry } from './registry.ts';
import {
  assertHasTexts,
  modelName,
  readData,
  readLabelPriors,
  storeModelSource,
  writeData,
} from './runData.ts';
import { readRecord, writeRecord, type RunRecord } from './runRecord.ts';
import { readModelFiles } from './runWeights.ts';
import type { RunStorage } from './runStorage.ts';

/** The trainer: one run at a time, every run in its own folder, each owned by a lock that dies with the tab. */
export function createTrainerService(dependencies: TrainerDependencies): TrainerService {
  const { storage, locks } = dependencies;
  const ownership = createOwnership(locks, runRefusals);
  const registry = createRegistry(storage, locks);
  const predictor = createPredictor(dependencies, registry);

  const found = (runId: string, isThere: boolean) => {
    if (!isThere)
      throw new TrainerError('run-not-found', `There is no run ${runId}.`, 'Start a new run.', { runId });
  };

  /** What an export is made of, with the temperature of runs from before it was kept. */
  const exported = async (runId: string): Promise<[FileStore, RunRecord, RunHistory]> => {
    assertRunId(runId);
    const files = storage.files(runId);
    const [record, history] = [await registry.record(runId), await registry.history(runId)];
    const fit = await runCalibration(files, record, history).catch(() => null);
    return [files, fit?.kind === 'fitted' ? { ...record, calibration: fit.calibration } : record, history];
  };

  return {
    device: (preferred) => dependencies.device(preferred),

    async preflight(spec, labelCount, stepTokens = null) {
      assertHyperparameters(spec.hyperparameters);
      const device = await dependencies.device(spec.lowering);
      const plan = await dependencies.planner(spec.model, labelCount, device);
      return planMemoryReport(spec.hyperparameters, plan, dependencies.memory(device), stepTokens);
    },

    async start(spec, data, onEvent) {
      assertRunId(spec.runId);
      assertHyperparameters(spec.hyperparameters);
      assertTrainingRows(data, spec.hyperparameters.maxLength);
      if (spec.hyperparameters.loss?.kind === 'cross-entropy') assertSingleLabels(data);
      return ownership.whileOwning(spec.runId, async (control) => {
        const record = await storeRun(storage, spec, data);
        await predictor.release();
        return executeRun(dependencies, registry, { control, record, data, onEvent });
      });
    },

    async resume(runId, onEvent) {
      assertRunId(runId);
      return ownership.whileOwning(runId, async (control) => {
        const files = storage.files(runId);
        const record = await readRecord(files, runId);
        if (record.state === 'done')
          throw new TrainerError(
            'run-finished',
            'This run has made all its steps.',
            'Start a new run with more epochs to train on.',
            { runId },
          );
        const data = await readData(files);
        assertHasTexts(data);
        await predictor.release();
        return executeRun(dependencies, registry, { control, record, data, onEvent });
      });
    },

    pause: async (runId) => ownership.control(runId).pause(),

    unpause: async (runId) => ownership.control(runId).unpause(),

    async stepOnce(runId) {
      const control = ownership.control(runId);
      if (!control.paused)
        throw new TrainerError(
          'run-not-paused',
          'Single steps are made while a run is paused.',
          'Pause it first.',
        );
      await control.stepOnce();
    },

    stop: async (runId) => ownership.control(runId).stop(),

    runs: () => registry.summaries(),

    async removeRun(runId) {
      assertRunId(runId);
      await ownership.whileIdle(runId, async () => found(runId, await storage.remove(runId)));
    },

    async restoreRun(runId) {
      assertRunId(runId);
      await ownership.whileIdle(runId, async () => found(runId, await storage.restore(runId)));
    },

    async logits(runId, split, which) {
      assertRunId(runId);
      const { hyperparameters } = await registry.record(runId);
      const { evaluations } = await registry.history(runId);
      const step = evaluatedStep(evaluations, hyperparameters, split, which);
      const kept = step === null ? null : await readLogits(storage.files(runId), split, step);
      return kept && transfer(kept, [kept.logits.buffer, kept.targets.buffer, kept.rowIds.buffer]);
    },

    async calibration(runId) {
      assertRunId(runId);
      return runCalibration(
        storage.files(runId),
        await registry.record(runId),
        await registry.history(runId),
      );
    },

    async labelPriors(runId) {
      assertRunId(runId);
      await registry.record(runId);
      return readLabelPriors(storage.files(runId));
    },

    async tokenizer(runId) {
      assertRunId(runId);
      await registry.record(runId);
      return (await readModelFiles(storage.files(runId))).tokenizer;
    },

    async predict(runId, tokens, onBatch, signal) {
      assertRunId(runId);
      return predictor.predict(runId, tokens, onBatch, signal);
    },

    async runRows(runId) {
      assertRunId(runId);
      await registry.record(runId);
      const data = await readData(storage.files(runId));
      return { dataHash: data.dataHash, rowIds: data.tokens.rowIds, trainCounts: trainCounts(data) };
    },

    async cost(runId) {
      assertRunId(runId);
      const record = await registry.record(runId);
      const { evaluations } = await registry.history(runId);
      const files = storage.files(runId);
      for (const split of ['test', 'validation'] as const) {
        const step = evaluatedStep(evaluations, record.hyperparameters, split, 'best');
        const kept = step === null ? null : await readLogits(files, split, step);
        if (kept) return runCost(files, record, kept);
      }
      return runCost(files, record, null);
    },

    exportOnnx: async (runId) => exportOnnxFile(...(await exported(runId))),

    async exportBundle(runId, texts) {
      assertRunId(runId);
      return exportBundleZip(storage.files(runId), await registry.record(runId), texts);
    },

    exportModel: async (runId) => exportModelZip(...(await exported(runId))),
  };
}

/** Stores all that a resume needs: data, model source, and last the record, with which the run exists. Throws `run-exists`. */
async function storeRun(storage: RunStorage, spec: TrainingSpec, data: TrainingData): Promise<RunRecord> {
  const { runId, hyperparameters, seed, lowering, model } = spec;
  const files = storage.files(runId);
  if (await files.read('run.json'))
    throw new TrainerError(
      'run-exists',
      `There is a run ${runId} already.`,
      'Resume it, or choose another id.',
    );
  try {
    await writeData(files, data);
    const record: RunRecord = {
      version: 1,
      runId,
      state: 'preparing',
      createdAt: new Date().toISOString(),
      model: await storeModelSource(files, model),
      modelName: modelName(model),
      dataHash: data.dataHash,
      seed,
      lowering,
      device: null,
      hyperparameters,
      labels: data.labels,
      ...(data.tokens.cleaning ? { cleaning: data.tokens.cleaning } : {}),
      step: 0,
      totalSteps: totalSteps(hyperparameters, data.split.train.length),
      elapsedMs: 0,
      error: null,
    };
    await writeRecord(files, record);
    return record;
  } catch (error) {
    await storage.discard(runId).catch(() => undefined);
    throw error;
  }
}

function assertRunId(runId: string): void {
  if (/^[\w-]{1,100}$/.test(runId)) return;
  throw new TrainerError(
    'run-id-invalid',
    `'${runId.slice(0, 100)}' cannot name a run.`,
    'Use letters, digits, - and _, at most 100 of them.',
  );
}
