import { VerbenaError } from '../../../base/errors.ts';
import { runInputsKey } from '../../../notebook/keys.ts';
import type { NotebookParameters } from '../../../notebook/parameters.ts';
import { stable, type Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import { joinTrainingData, trainerSettings, withLabelNames } from '../../../notebook/trainingData.ts';
import type { RunSummary, TrainingSpec } from '../../../services/trainer/contract.ts';
import { createNextRun } from '../../nextRun.ts';
import { openedModel } from '../../modelFiles.ts';
import { notebook, runner, storage } from '../../runtime.ts';
import { textService } from '../../services.ts';
import { session } from '../../session.ts';
import { loadTokenizer } from '../text/tokenizers.ts';
import { trainingSession } from './trainer.ts';

export class TrainingTaskError extends VerbenaError<'training-data-missing'> {}

/** What the notebook keeps of a run; the run itself lives in the trainer's store under its id. */
export interface TrainingResult {
  readonly runId: string;
  readonly state: RunSummary['state'];
  readonly step: number;
  readonly totalSteps: number;
  readonly bestStep: number | null;
  readonly loss: number | null;
  readonly microF1: number | null;
  readonly macroF1: number | null;
}

/** What the trainer is told to run. Throws `model-folder-missing` where a dropped folder is gone (a reload). */
export function specOf(parameters: NotebookParameters, runId: string): TrainingSpec {
  return {
    runId,
    model: openedModel(parameters.text.model),
    lowering: parameters.training.lowering,
    hyperparameters: trainerSettings(parameters),
    seed: parameters.training.seed,
  };
}

/** Asked of the next run of the task: to go on with this run instead of starting one. */
const resumed = createNextRun<string>(() => runner.run('training'));

/** The training cell's task: from the cells above to a finished run. A stop keeps what was trained. */
export const runTraining: CellTask = async (options) => {
  const training = trainingSession();
  const runId = resumed.take();
  if (runId !== null) return outcomeOf(await training.resume(runId, options));

  const { corpus, selection, split, tokens } = session.getState();
  if (!corpus || !selection || !split || !tokens)
    throw new TrainingTaskError(
      'training-data-missing',
      'There is nothing to train on yet.',
      'Open data and run the cells above, or press Train: it runs them first.',
    );
  const { parameters } = notebook.store.getState();
  const { model } = parameters.text;
  const joined = joinTrainingData(corpus.dataHash, selection, split, tokens);
  const data =
    parameters.training.hyperparameters.encoding?.kind === 'label-embedding'
      ? await withLabelNames(
          textService(),
          joined,
          await loadTokenizer(model, options),
          parameters.training.hyperparameters,
          options,
        )
      : joined;
  const spec = specOf(parameters, newRunId());
  await rememberInputs(spec.runId);
  return outcomeOf(await training.start(spec, data, options));
};

/**
 * Goes on with a stopped, failed or interrupted run. Its data and settings are the run's own, so the result is recorded
 * with the inputs that the run was started from: where the notebook has moved on, the cell says that it is stale.
 */
export async function resumeRun(runId: string): Promise<void> {
  const before = notebook.store.getState().results.training;
  await resumed.start(runId);
  const after = notebook.store.getState().results.training;
  const inputs = await storage.get(runInputsKey(runId));
  if (after && after !== before && inputs !== undefined && stable(after.inputs) !== stable(inputs))
    notebook.record('training', { ...after, inputs: inputs as Plain });
}

function rememberInputs(runId: string): Promise<void> {
  return storage.set(runInputsKey(runId), notebook.inputs('training'));
}

/** Sorts by time and reads as one: `20261121-101530-k3f9`. */
export function newRunId(now: Date = new Date()): string {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  return `${stamp}-${crypto.randomUUID().slice(0, 4)}`;
}

function outcomeOf(run: RunSummary): CellOutcome {
  const validation = run.evaluations.filter(({ split }) => split === 'validation');
  const best = validation.find(({ step }) => step === run.bestStep) ?? validation.at(-1) ?? null;
  const summary: TrainingResult = {
    runId: run.runId,
    state: run.state,
    step: run.step,
    totalSteps: run.totalSteps,
    bestStep: run.bestStep,
    loss: run.steps.at(-1)?.loss ?? null,
    microF1: best?.microF1 ?? null,
    macroF1: best?.macroF1 ?? null,
  };
  return {
    headline: best ? `F1 ${formatNumber(best.microF1)}` : `step ${formatCount(run.step)}`,
    summary: { ...summary },
    isStopped: run.state === 'stopped',
    seed: run.seed,
    model: run.modelName,
    ...(run.device ? { device: run.device.name } : {}),
    durationMs: run.elapsedMs,
  };
}

/** Reads a result's summary back; null where it is not one (an older file). */
export function trainingResult(summary: Plain | undefined): TrainingResult | null {
  const isRecord = typeof summary === 'object' && summary !== null && 'runId' in summary;
  return isRecord ? (summary as unknown as TrainingResult) : null;
}
