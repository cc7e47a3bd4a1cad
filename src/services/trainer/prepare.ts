import { VerbenaError } from '../../base/errors.ts';
import { formatBytes } from '../../base/quantities.ts';
import { edgeCount } from '../../core/encodings/hierarchy.ts';
import type { EncodingPlan } from '../../core/encodings/types.ts';
import type { SubgroupMatrix } from '../../engine/ops/matmul/subgroupMatrix.ts';
import type { TakenPlan } from '../../models/create.ts';
import { memoryWords } from '../../models/memoryMode.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import { assertVocabulary, capacityOf, longestStep } from '../../training/batches.ts';
import { once, type FileStore } from '../../training/checkpoints/fileStore.ts';
import type { RunControl } from '../../training/control.ts';
import { encodingOf } from '../../training/encoding.ts';
import { measuresGradient } from '../../training/hyperparameters.ts';
import { lossOf } from '../../training/loss.ts';
import type { DeviceReport, Hyperparameters, MemoryReport, TrainingData, TrainingEvent } from './contract.ts';
import type { TrainerDependencies } from './dependencies.ts';
import { TrainerError } from './errors.ts';
import { kernelReport, runKernels } from './kernels.ts';
import { settleProducts } from './precision.ts';
import { planMemoryReport } from './preflight.ts';
import { loadModelSource } from './runData.ts';
import type { RunRecord, StoredModelFiles } from './runRecord.ts';

export interface Preparation {
  readonly files: FileStore;
  readonly record: RunRecord;
  readonly data: TrainingData;
  readonly control: RunControl;
  /** Steps were made before, by an earlier tab or on another device. */
  readonly isResumed: boolean;
  /** Called once it is known where the run goes on and that the plan is worth trying. */
  readonly onDevice: (device: DeviceReport) => Promise<void>;
  /** Called with the settings that the run has from now on: what memory `auto` became. */
  readonly onSettings: (hyperparameters: Hyperparameters) => Promise<void>;
  readonly onEvent: (event: TrainingEvent) => void;
}

/**
 * From a stored run to a model that stands in the device's memory: opens the files, plans, warns, allocates. Everything that
 * the run will need is allocated here, before its first step. Throws what opening and building throw, `out-of-memory` with
 * what would need less, `training-data-invalid`.
 */
export async function prepareModel(
  dependencies: TrainerDependencies,
  { files, record, data, control, isResumed, onDevice, onSettings, onEvent }: Preparation,
): Promise<TrainableModel> {
  const { seed, labels } = record;
  const { signal } = control;
  const say = (detail: string) => onEvent({ kind: 'state', state: 'preparing', detail });
  say('Opening the model.');
  const device = await dependencies.device(record.lowering);
  const hyperparameters = settleProducts(record.hyperparameters, device, isResumed, onEvent);
  const source = await loadModelSource(files, record.model);
  const opened = await dependencies.openModel(source, {
    signal,
    onProgress: ({ phase, done, total }) => say(preparing(phase, done, total)),
  });
  const { config, tokenizer } = opened;
  if (typeof config['vocab_size'] === 'number') assertVocabulary(data.tokens.ids, config['vocab_size']);
  await files.write('model.json', once(JSON.stringify({ config, tokenizer } satisfies StoredModelFiles)));

  const encoding = encodingOf(hyperparameters, data, seed);
  if (encoding) for (const event of encodingWarnings(encoding)) onEvent(event);
  const plan = await dependencies.planner(source, labels.length, device);
  const stepTokens = longestStep(hyperparameters, data);
  const memory = await planMemoryReport(hyperparameters, plan, dependencies.memory(device), stepTokens);
  onEvent({ kind: 'device', device, memory });
  if (record.device && isResumed) warnOfOtherDevice(record.device, device, onEvent);
  if (isResumed) warnOfOtherMatrix(record.kernels?.matrix, matrixOf(hyperparameters, device), onEvent);
  if (!memory.fits) throw willNotFit(memory);
  await onDevice(device);
  await warnOfLittleRoom(await dependencies.storage.freeBytes(), memory, onEvent);

  say(`Building the model on ${device.name}.`);
  try {
    const { memory: mode, trained, precision, tuning } = hyperparameters;
    const matrix = matrixOf(hyperparameters, device);
    const taken: TakenPlan[] = [];
    const model = await opened.create({
      capacity: { ...capacityOf(hyperparameters), stepTokens },
      labelCount: labels.length,
      lowering: device.lowering,
      seed,
      dropout: hyperparameters.dropout,
      loss: lossOf(hyperparameters.loss, data),
      ...(encoding && { encoding, names: data.labelNames }),
      kernels: runKernels(files, isResumed),
      ...(precision && precision !== 'auto' ? { precision } : {}),
      ...(matrix ? { usesSubgroupMatrices: true } : {}),
      tunes: tuning !== 'off',
      onKernels: (table) =>
        onEvent({
          kind: 'kernels',
          kernels: kernelReport(table, precision === 'f16' ? 'f16' : 'f32', matrix),
        }),
      measures: measuresGradient(hyperparameters),
      ...(mode && { memory: mode, budgetBytes: memory.availableBytes ?? memory.machineBytes }),
      ...(trained && { trained }),
      onPlan: (plan) => taken.push(plan),
      onLeaner: (from, to) => onEvent(leanerPlan(from, to)),
      signal,
    });
    if (mode === 'auto') for (const plan of taken) await onSettings(settled(hyperparameters, plan));
    else if (record.hyperparameters.precision === 'auto') await onSettings(hyperparameters);
    return model;
  } catch (error) {
    throw isOutOfMemory(error) ? wasRefused(error, memory) : error;
  }
}

/** A hierarchy without an edge is binary relevance: better said than found out from equal scores. */
function encodingWarnings(encoding: EncodingPlan): TrainingEvent[] {
  if (encoding.kind !== 'hierarchical' || edgeCount(encoding.hierarchy) > 0) return [];
  return [
    {
      kind: 'warning',
      code: 'hierarchy-empty',
      message: 'No kept label stands above another: the hierarchical encoding is binary relevance here.',
      remedy: 'Add a topic tree in the Data cell, lower the label threshold, or give pairs of labels.',
    },
  ];
}

/** A resumed run takes the same plan: another token budget would draw other micro-batches. */
function settled(h: Hyperparameters, { memory, capacity }: TakenPlan): Hyperparameters {
  return { ...h, memory, budgetTokens: capacity.tokens };
}

function leanerPlan(from: TakenPlan, to: TakenPlan): TrainingEvent {
  const name = ({ memory, capacity }: TakenPlan) =>
    `${memoryWords(memory)}, ${capacity.tokens} tokens a pass`;
  return {
    kind: 'warning',
    code: 'leaner-plan',
    message: `The device had no room for “${name(from)}”: trying “${name(to)}”.`,
    remedy: 'Nothing to do; close other tabs that use the GPU for the faster plan.',
  };
}

function warnOfOtherDevice(
  before: DeviceReport,
  now: DeviceReport,
  onEvent: (event: TrainingEvent) => void,
): void {
  if (before.lowering === now.lowering && before.name === now.name) return;
  onEvent({
    kind: 'warning',
    code: 'device-changed',
    message: `This run began on ${before.name} and goes on on ${now.name}.`,
    remedy: 'Nothing to do; only a run on one device repeats bit for bit.',
  });
}

/** The instructions that form a run's products; null: none do. */
function matrixOf({ matrixInstructions }: Hyperparameters, { subgroupMatrix }: DeviceReport) {
  return matrixInstructions === 'on' ? (subgroupMatrix ?? null) : null;
}

/** A browser may come to offer other instructions on the same device, which add up in another order. */
function warnOfOtherMatrix(
  before: SubgroupMatrix | undefined,
  now: SubgroupMatrix | null,
  onEvent: (event: TrainingEvent) => void,
): void {
  if (!before || !now || (before.size === now.size && before.subgroupSize === now.subgroupSize)) return;
  onEvent({
    kind: 'warning',
    code: 'kernels-changed',
    message: `This run's products were formed by matrix instructions of size ${before.size} in subgroups of ${before.subgroupSize}; the browser now offers size ${now.size} in subgroups of ${now.subgroupSize}.`,
    remedy: 'Nothing to do; only a run by the same instructions repeats bit for bit.',
  });
}

/** A checkpoint is parameters and two moments; two are kept and the best weights, a third is written before one goes. */
async function warnOfLittleRoom(
  free: number | null,
  { byCategory }: MemoryReport,
  onEvent: (event: TrainingEvent) => void,
): Promise<void> {
  const parameters = byCategory['parameters'];
  if (free === null || parameters === undefined || free >= 11 * parameters) return;
  onEvent({
    kind: 'warning',
    code: 'little-room',
    message: `The browser grants ${formatBytes(free)} more storage; this run's checkpoints may take ${formatBytes(11 * parameters)}.`,
    remedy: 'Free disk space or remove old runs; where it is full the run pauses and nothing is lost.',
  });
}

/** The plan is larger than what the device is known to have. */
function willNotFit({ totalBytes, availableBytes, suggestions }: MemoryReport): TrainerError {
  const [best] = suggestions;
  return new TrainerError(
    'out-of-memory',
    `This run needs ${formatBytes(totalBytes)}; the device grants ${formatBytes(availableBytes ?? 0)}.`,
    best ? `${best.label} (${formatBytes(best.totalBytes)}).` : 'Use a smaller model.',
    { totalBytes, availableBytes },
  );
}

/** The plan was tried and the device refused it: its words, and the largest settings known to need clearly less. */
function wasRefused(error: VerbenaError, { totalBytes, suggestions }: MemoryReport): VerbenaError {
  const [best] = suggestions;
  if (!best) return error;
  return new TrainerError(
    'out-of-memory',
    error.message,
    `Try ${best.label} (${formatBytes(best.totalBytes)}), or close other tabs that use the GPU. Nothing was trained or lost.`,
    { ...error.details, totalBytes },
    error,
  );
}

function isOutOfMemory(error: unknown): error is VerbenaError {
  return error instanceof VerbenaError && error.code === 'out-of-memory';
}

function preparing(phase: string, done: number, total: number | null): string {
  return total ? `${phase}: ${Math.floor((100 * done) / total)} %` : phase;
}
