import { VerbenaError } from '../../base/errors.ts';
import type { StateKind, StateTensor, TrainableModel } from '../../models/trainable.ts';
import { TrainingError } from '../errors.ts';
import type { EvaluationLogits, EvaluationPoint, Hyperparameters } from '../types.ts';
import { encodeContainer, openContainer, type Container, type ContainerData } from './container.ts';
import type { FileStore } from './fileStore.ts';
import { evaluatedStep } from './history.ts';

/** Where a run stands. Everything else (plan, schedule, dropout masks) is a function of this and the settings. */
export interface CheckpointPosition {
  /** Finished optimizer steps. */
  readonly step: number;
  /** Index of the epoch in progress, and finished steps inside it. */
  readonly epoch: number;
  readonly position: number;
  readonly seed: number;
  readonly bestStep: number | null;
  /** Points of `history.safetensors` that belong to this state. */
  readonly historySteps: number;
}

const kindPrefix: Readonly<Record<StateKind, string>> = {
  parameter: '',
  firstMoment: 'optimizer.first.',
  secondMoment: 'optimizer.second.',
};
const allKinds: readonly StateKind[] = ['parameter', 'firstMoment', 'secondMoment'];

const padded = (step: number) => String(step).padStart(9, '0');
export const checkpointFile = (step: number) => `checkpoint-${padded(step)}.safetensors`;
export const bestFile = (step: number) => `best-${padded(step)}.safetensors`;
const logitsFile = (split: string, step: number) => `logits-${split}-${padded(step)}.safetensors`;

/** Stores parameters and moments; returns the bytes written. Throws `quota-exceeded`. */
export function writeCheckpoint(
  files: FileStore,
  model: TrainableModel,
  position: CheckpointPosition,
): Promise<number> {
  return writeModel(files, checkpointFile(position.step), model, allKinds, { checkpoint: position });
}

/** Stores the parameters alone, as the best so far. */
export function writeBest(files: FileStore, model: TrainableModel, step: number): Promise<number> {
  return writeModel(files, bestFile(step), model, ['parameter'], { best: { step } });
}

function writeModel(
  files: FileStore,
  name: string,
  model: TrainableModel,
  kinds: readonly StateKind[],
  metadata: unknown,
): Promise<number> {
  const tensors = kinds.flatMap((kind) =>
    model.parameters.map(({ name, shape }) => ({
      name: kindPrefix[kind] + name,
      dtype: 'F32' as const,
      shape,
      // What is not trained has no moments.
      optional: kind !== 'parameter',
    })),
  );
  async function* data(): AsyncGenerator<ContainerData> {
    for await (const tensor of model.readState(kinds))
      yield { name: kindPrefix[tensor.kind] + tensor.name, data: tensor.data };
  }
  return files.write(name, encodeContainer(metadata, tensors, data()));
}

/** What was found when a run was opened again. */
export interface LoadedCheckpoint {
  readonly position: CheckpointPosition;
  /** Newer checkpoints that were torn and passed over, newest first. */
  readonly torn: readonly { readonly name: string; readonly error: unknown }[];
}

/**
 * Loads the newest sound checkpoint into the model; null where the run has none. Each file is verified as a whole before
 * the model is touched. Throws `checkpoint-invalid` where there are only damaged ones, `checkpoint-mismatch` where it belongs
 * to another model.
 */
export async function loadNewestCheckpoint(
  files: FileStore,
  model: TrainableModel,
): Promise<LoadedCheckpoint | null> {
  const names = (await files.list())
    .filter((name) => name.startsWith('checkpoint-'))
    .sort()
    .reverse();
  const torn: { name: string; error: unknown }[] = [];
  for (const name of names) {
    const blob = await files.read(name);
    if (!blob) continue;
    try {
      const container = await openContainer(blob);
      await container.verify();
      await writeInto(model, container, allKinds);
      return { position: (container.metadata as { checkpoint: CheckpointPosition }).checkpoint, torn };
    } catch (error) {
      if (!(error instanceof VerbenaError) || error.code !== 'checkpoint-invalid') throw error;
      torn.push({ name, error });
    }
  }
  if (torn.length > 0) throw torn[0]?.error;
  return null;
}

/** Loads the parameters stored as best at `step`; false where they are gone or damaged. */
export async function loadBest(files: FileStore, model: TrainableModel, step: number): Promise<boolean> {
  const blob = await files.read(bestFile(step));
  if (!blob) return false;
  try {
    const container = await openContainer(blob);
    await container.verify();
    await writeInto(model, container, ['parameter']);
    return true;
  } catch (error) {
    if (error instanceof VerbenaError && error.code === 'checkpoint-invalid') return false;
    throw error;
  }
}

async function writeInto(
  model: TrainableModel,
  container: Container,
  kinds: readonly StateKind[],
): Promise<void> {
  const stored = new Map(container.tensors.map((tensor) => [tensor.name, tensor]));
  const wanted = kinds
    .flatMap((kind) => model.parameters.map((info) => ({ kind, ...info })))
    .filter(({ kind, name }) => kind === 'parameter' || stored.has(kindPrefix[kind] + name));
  for (const { kind, name, shape } of wanted) {
    const found = stored.get(kindPrefix[kind] + name);
    if (found?.dtype !== 'F32' || found.shape.join() !== shape.join())
      throw new TrainingError(
        'checkpoint-mismatch',
        `The checkpoint holds ${found ? `${found.shape.join('×')} values` : 'nothing'} for ${name}, the model wants ${shape.join('×')}.`,
        'The model’s files have changed since the run began: put the old ones back, or start a new run.',
        { name },
      );
  }
  async function* tensors(): AsyncGenerator<StateTensor> {
    for (const { kind, name, shape } of wanted)
      yield { kind, name, shape, data: (await container.read(kindPrefix[kind] + name)) as Float32Array };
  }
  await model.writeState(tensors());
}

/** Stores an evaluation's logits and targets under its split and step. */
export async function writeLogits(files: FileStore, evaluation: EvaluationLogits): Promise<void> {
  const { logits, targets, rowIds, labels, step, epoch, split, loss } = evaluation;
  const shape = [rowIds.length, labels.length];
  await files.write(
    logitsFile(split, step),
    encodeContainer(
      { step, epoch, split, loss, labels },
      [
        { name: 'logits', dtype: 'F32', shape },
        { name: 'rowIds', dtype: 'U32', shape: [rowIds.length] },
        { name: 'targets', dtype: 'U8', shape },
      ],
      [
        { name: 'logits', data: logits },
        { name: 'rowIds', data: rowIds },
        { name: 'targets', data: targets },
      ],
    ),
  );
}

/** The logits of an evaluation; null where they were not kept. Throws `checkpoint-invalid` where they are damaged. */
export async function readLogits(
  files: FileStore,
  split: EvaluationLogits['split'],
  step: number,
): Promise<EvaluationLogits | null> {
  const blob = await files.read(logitsFile(split, step));
  if (!blob) return null;
  const container = await openContainer(blob);
  const about = container.metadata as Pick<EvaluationLogits, 'step' | 'epoch' | 'split' | 'loss' | 'labels'>;
  return {
    ...about,
    logits: (await container.read('logits')) as Float32Array,
    rowIds: (await container.read('rowIds')) as Uint32Array,
    targets: (await container.read('targets')) as Uint8Array,
  };
}

/**
 * Deletes what no kept state needs: checkpoints beyond the newest `keep`, and weights and logits that are neither best nor
 * last as seen from a kept checkpoint or from the present. A run that falls back to its older checkpoint therefore
 * still finds the best weights of that time.
 */
export async function collectGarbage(
  files: FileStore,
  evaluations: readonly EvaluationPoint[],
  h: Hyperparameters,
  currentStep: number,
  keep = 2,
): Promise<void> {
  const names = await files.list();
  const steps = names
    .filter((name) => name.startsWith('checkpoint-'))
    .map((name) => Number.parseInt(name.slice('checkpoint-'.length), 10))
    // Later than the present: torn, or of a future that is being computed anew.
    .filter((step) => step <= currentStep)
    .sort((a, b) => b - a)
    .slice(0, keep);
  const needed = new Set(steps.map(checkpointFile));
  for (const position of [...steps, currentStep]) {
    const seen = evaluations.filter(({ step }) => step <= position);
    const best = evaluatedStep(seen, h, 'validation', 'best');
    if (best !== null) needed.add(bestFile(best));
    for (const split of ['train', 'validation', 'test'] as const)
      for (const which of ['best', 'last'] as const) {
        const step = evaluatedStep(seen, h, split, which);
        if (step !== null) needed.add(logitsFile(split, step));
      }
  }
  for (const name of names)
    if (/^(checkpoint|best|logits)-/.test(name) && !needed.has(name)) await files.remove(name);
}
