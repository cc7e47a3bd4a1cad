import type { ModelCalibration } from '../../core/calibration/modelCalibration.ts';
import type { ErrorWire } from '../../base/errors.ts';
import { once, type FileStore } from '../../training/checkpoints/fileStore.ts';
import { bestSoFar, type RunHistory } from '../../training/checkpoints/history.ts';
import type { CleaningOptions, TokenizerSource } from '../text/contract.ts';
import type {
  DeviceReport,
  Hyperparameters,
  KernelReport,
  LoweringName,
  ModelSource,
  RunState,
  RunSummary,
} from './contract.ts';
import { TrainerError } from './errors.ts';

/** A model source as it is stored: dropped files are copied into the run's folder under `model/`. */
export type StoredModelSource =
  | Extract<ModelSource, { kind: 'embedded' | 'hub' | 'tuned' }>
  | { readonly kind: 'files'; readonly name: string; readonly fileNames: readonly string[] };

/** What is known of a run without opening its checkpoints: `run.json` in its folder. */
export interface RunRecord {
  readonly version: 1;
  readonly runId: string;
  readonly state: RunState;
  readonly createdAt: string;
  readonly model: StoredModelSource;
  readonly modelName: string;
  readonly dataHash: string;
  readonly seed: number;
  readonly lowering: LoweringName | 'auto';
  readonly device: DeviceReport | null;
  readonly hyperparameters: Hyperparameters;
  readonly labels: readonly string[];
  /** How its texts were cleaned; absent in runs from before this was kept. */
  readonly cleaning?: CleaningOptions;
  /** How its products were formed when it last went on; absent on the CPU path. */
  readonly kernels?: KernelReport;
  /** Of its best weights when it last ended; absent where none could be fitted, and in runs from before it was kept. */
  readonly calibration?: ModelCalibration;
  readonly step: number;
  readonly totalSteps: number;
  /** Time spent running, pauses not counted. */
  readonly elapsedMs: number;
  readonly error: ErrorWire | null;
}

/** What an export needs beside the weights, stored at the start so that it asks no network: `model.json`. */
export interface StoredModelFiles {
  readonly config: Readonly<Record<string, unknown>>;
  readonly tokenizer: TokenizerSource;
}

/** Stores the record atomically. */
export async function writeRecord(files: FileStore, record: RunRecord): Promise<void> {
  await files.write('run.json', once(JSON.stringify(record)));
}

/** Whether a folder is a run's: its record is written last. */
export async function hasRecord(files: FileStore): Promise<boolean> {
  return (await files.read('run.json')) !== null;
}

/** Reads a run's record. Throws `run-not-found`, or `run-damaged` where it cannot be read. */
export async function readRecord(files: FileStore, runId: string): Promise<RunRecord> {
  const blob = await files.read('run.json');
  if (!blob)
    throw new TrainerError(
      'run-not-found',
      `There is no run ${runId}.`,
      'It may have been removed: bring it back from the bin, or start a new run.',
    );
  try {
    const record = JSON.parse(await blob.text()) as RunRecord;
    if (record.version !== 1 || record.runId !== runId) throw new TypeError('Another version.');
    return record;
  } catch (error) {
    throw new TrainerError(
      'run-damaged',
      `The record of run ${runId} cannot be read.`,
      'Start a new run; its checkpoints are still in the browser’s storage.',
      { runId },
      error,
    );
  }
}

/** A run as the page sees it. */
export function summarise(record: RunRecord, history: RunHistory): RunSummary {
  const { runId, state, createdAt, modelName, dataHash, seed, device, hyperparameters, labels, cleaning } =
    record;
  const { totalSteps, elapsedMs, error, kernels, calibration } = record;
  return {
    runId,
    state,
    createdAt,
    modelName,
    dataHash,
    seed,
    device,
    hyperparameters,
    labels,
    ...(cleaning ? { cleaning } : {}),
    ...(kernels ? { kernels } : {}),
    ...(calibration ? { calibration } : {}),
    step: Math.max(record.step, history.steps.at(-1)?.step ?? 0),
    totalSteps,
    steps: [...history.steps],
    evaluations: [...history.evaluations],
    bestStep: bestSoFar(history.evaluations, hyperparameters).point?.step ?? null,
    elapsedMs,
    error,
  };
}
