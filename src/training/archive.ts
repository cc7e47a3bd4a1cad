import { VerbenaError } from '../base/errors.ts';
import type { TrainableModel } from '../models/trainable.ts';
import {
  collectGarbage,
  loadNewestCheckpoint,
  writeBest,
  writeCheckpoint,
  writeLogits,
} from './checkpoints/checkpoints.ts';
import type { FileStore } from './checkpoints/fileStore.ts';
import {
  bestSoFar,
  readHistory,
  writeHistory,
  type BestSoFar,
  type RunHistory,
} from './checkpoints/history.ts';
import type { EvaluationLogits, EvaluationPoint, EvaluationSplit, Hyperparameters } from './types.ts';

/** Everything a run keeps: its curves in memory and on disk, its checkpoints, its best weights, its logits. */
export interface RunArchive {
  readonly files: FileStore;
  readonly history: RunHistory;
  /** Step that the run was continued from; 0 for a new one. */
  readonly startStep: number;
  /** Newer checkpoints that were damaged and are deleted. */
  readonly torn: readonly string[];
  /** Step of the newest checkpoint; null before the first. */
  checkpointStep(): number | null;
  best(): BestSoFar;
  isEvaluated(split: EvaluationSplit, step: number): boolean;
  /** Stores the model as it is after `step`; null where that is stored already. Throws `quota-exceeded`. */
  checkpoint(step: number): Promise<number | null>;
  saveHistory(): Promise<void>;
  keepLogits(logits: EvaluationLogits): Promise<void>;
  /** Stores the model's weights where this validation is the best so far; says whether it is. */
  keepIfBest(candidate: EvaluationPoint): Promise<boolean>;
  /** Deletes what neither a kept checkpoint nor the present needs. */
  tidy(step: number): Promise<void>;
}

/**
 * Opens a run's files and brings the model to where they say it stands. Throws `checkpoint-invalid` where there are
 * only damaged checkpoints, `checkpoint-mismatch`.
 */
export async function openArchive(options: {
  readonly files: FileStore;
  readonly model: TrainableModel;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
  readonly stepsPerEpoch: number;
}): Promise<RunArchive> {
  const { files, model, hyperparameters: h, seed, stepsPerEpoch } = options;
  const loaded = await loadNewestCheckpoint(files, model);
  const startStep = loaded?.position.step ?? 0;
  const torn = loaded?.torn.map(({ name }) => name) ?? [];
  // Left in place it would count as one of the two that are kept.
  for (const name of torn) await files.remove(name);
  const history = await readHistory(files, startStep);
  let checkpointStep = loaded ? startStep : null;

  const best = () => bestSoFar(history.evaluations, h);
  const saveHistory = () => writeHistory(files, history);
  return {
    files,
    history,
    startStep,
    torn,
    checkpointStep: () => checkpointStep,
    best,
    saveHistory,
    isEvaluated: (split, step) => history.evaluations.some((p) => p.split === split && p.step === step),
    tidy: (step) => collectGarbage(files, history.evaluations, h, step),
    keepLogits: (logits) => writeLogits(files, logits),
    async checkpoint(step) {
      if (checkpointStep === step) return null;
      const write = async () => {
        // The curves first: every step of a checkpoint is found in them.
        await saveHistory();
        return writeCheckpoint(files, model, {
          step,
          epoch: Math.floor(step / stepsPerEpoch),
          position: step % stepsPerEpoch,
          seed,
          bestStep: best().point?.step ?? null,
          historySteps: history.steps.length,
        });
      };
      const bytes = await write().catch(async (error: unknown) => {
        if (!isQuota(error)) throw error;
        // The older checkpoint and the bin are the first things a run can do without.
        await collectGarbage(files, history.evaluations, h, step, 1);
        await files.makeRoom?.();
        return write();
      });
      checkpointStep = step;
      await collectGarbage(files, history.evaluations, h, step);
      return bytes;
    },
    async keepIfBest(candidate) {
      const isBest = bestSoFar([...history.evaluations, candidate], h).point === candidate;
      // Before the history names it: a best step must find its file.
      if (isBest) await writeBest(files, model, candidate.step);
      return isBest;
    },
  };
}

/** Whether an error says that there is no room left in storage. */
export function isQuota(error: unknown): error is VerbenaError {
  return error instanceof VerbenaError && error.code === 'quota-exceeded';
}
