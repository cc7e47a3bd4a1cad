import { createStore } from 'zustand/vanilla';
import { isAbort, toWire, VerbenaError, type ErrorWire } from '../../../base/errors.ts';
import { progressEta, type Progress } from '../../../base/progress.ts';
import { fitModelCalibration, type CalibrationOutcome } from '../../../core/calibration/modelCalibration.ts';
import { createEvaluator, type Evaluator } from '../../../core/metrics/evaluator.ts';
import type { TunedThresholds } from '../../../core/metrics/tuning.ts';
import { assembleBaselineData } from '../../../notebook/trainingData.ts';
import { connectBaseline } from '../../../services/baseline/client.ts';
import { defaultBaselineSpec } from '../../../services/baseline/service.ts';
import type { EvaluationLogits, EvaluationSplit, RunSummary } from '../../../services/trainer/contract.ts';
import { probabilityFamily } from '../../../training/describe.ts';
import { notebook, runner } from '../../runtime.ts';
import { corpusService, textService } from '../../services.ts';
import { session } from '../../session.ts';
import { trainingResult } from '../training/task.ts';
import { trainerService, trainingSession } from '../training/trainer.ts';
import { createEvaluationModel, tuneOn, type EvaluationModel } from './model.ts';

/** Kept logits of one run, prepared; what the cell draws from. */
export interface LoadedEvaluation {
  readonly run: RunSummary;
  readonly split: EvaluationSplit;
  readonly which: 'best' | 'last';
  readonly model: EvaluationModel;
  /** The same weights on validation rows, for tuning and for the threshold to be chosen honestly. */
  readonly validation: Evaluator | null;
  readonly tuned: TunedThresholds | null;
  /** The temperature of these weights: the run's own, else fitted on these validation rows. Computed when it is asked for. */
  readonly calibration: () => CalibrationOutcome;
  /** The same weights on training rows, for the gap; null where the run kept none. */
  readonly train: Evaluator | null;
}

/** The TF-IDF reference on the same rows. */
export interface LoadedReference {
  readonly evaluation: EvaluationLogits;
  readonly evaluator: Evaluator;
  readonly vocabularySize: number;
  readonly elapsedMs: number;
}

export interface EvaluationState {
  /** Null: the notebook's own run. */
  readonly chosenRunId: string | null;
  /** What another cell asks the audit to be searched for; a new object each time. */
  readonly auditQuery: { readonly text: string } | null;
  readonly loaded: LoadedEvaluation | null;
  /** Why what the controls ask for cannot be shown; null where it is shown. */
  readonly problem: ErrorWire | null;
  readonly reference: LoadedReference | null;
  readonly referenceRun: { readonly progress: Progress | null; readonly etaMs: number | null } | null;
  readonly referenceError: ErrorWire | null;
}

export class EvaluationCellError extends VerbenaError<'no-run' | 'no-logits' | 'reference-rows-missing'> {}

export const evaluationStore = createStore<EvaluationState>(() => ({
  chosenRunId: null,
  auditQuery: null,
  loaded: null,
  problem: null,
  reference: null,
  referenceRun: null,
  referenceError: null,
}));

/** The run in question: the chosen one, else the notebook's own, else the latest that has trained. */
async function runInQuestion(): Promise<RunSummary> {
  const training = trainingSession();
  if (training.store.getState().runs === null) await training.refresh();
  const runs = training.store.getState().runs ?? [];
  const own = trainingResult(notebook.store.getState().results.training?.summary)?.runId;
  const wanted = evaluationStore.getState().chosenRunId ?? own;
  const run = runs.find(({ runId, evaluations }) =>
    wanted === undefined ? evaluations.length > 0 : runId === wanted,
  );
  if (!run && wanted !== undefined)
    throw new EvaluationCellError(
      'no-run',
      `The run ${wanted} is not kept in this browser.`,
      'Bring it back with Undo if it was just removed, choose another run, or train again.',
      { runId: wanted },
    );
  if (!run)
    throw new EvaluationCellError(
      'no-run',
      'There is no trained run to evaluate.',
      'Train a model in the cell above; its outputs are kept and shown here.',
    );
  return run;
}

let loadNumber = 0;

/**
 * Reads kept logits of a split and prepares them. A later call makes an earlier one void (null). Throws `no-run`, `no-logits`
 * and what the trainer throws; what was shown before stays.
 */
export async function loadEvaluation(): Promise<LoadedEvaluation | null> {
  const number = ++loadNumber;
  const { split, which } = notebook.store.getState().parameters.evaluation;
  const run = await runInQuestion();
  const trainer = trainerService();
  const logits = (part: EvaluationSplit) => trainer.logits(run.runId, part, which);
  const [shown, validation, train, priors] = await Promise.all([
    logits(split),
    logits('validation'),
    logits('train'),
    // From the run's own data, not from the split in this tab: the baseline stays what it was after a reload.
    // A run whose data is damaged still shows its kept outputs; the table then says whose shares the prior has.
    trainer.labelPriors(run.runId).catch(() => null),
  ]);
  if (number !== loadNumber) return null;
  if (!shown)
    throw new EvaluationCellError(
      'no-logits',
      `This run kept no outputs for the ${split} rows${which === 'best' ? ' at its best step' : ''}.`,
      split === 'test'
        ? 'Test rows are evaluated when a run ends: let it end or stop it, or look at the validation rows.'
        : 'Choose another part of the split, or train further.',
      { runId: run.runId, split, which },
    );
  const trainEvaluator = train ? createEvaluator(train) : null;
  const loaded: LoadedEvaluation = {
    run,
    split,
    which,
    model: createEvaluationModel(shown, priors, run.hyperparameters.loss),
    validation: validation ? createEvaluator(validation) : null,
    tuned: tuneOn(validation, shown.labels),
    calibration: calibrationOf(run, shown, validation),
    train: trainEvaluator,
  };
  const { reference } = evaluationStore.getState();
  evaluationStore.setState({
    loaded,
    problem: null,
    reference: reference && sameRows(reference.evaluation, shown) ? reference : null,
  });
  return loaded;
}

/** The calibration of the weights shown, once. */
function calibrationOf(
  run: RunSummary,
  shown: EvaluationLogits,
  validation: EvaluationLogits | null,
): () => CalibrationOutcome {
  let known: CalibrationOutcome | null = null;
  const find = (): CalibrationOutcome => {
    if (run.calibration?.step === shown.step) return { kind: 'fitted', calibration: run.calibration };
    if (validation) return fitModelCalibration(validation, probabilityFamily(run.hyperparameters.loss));
    const isEvaluated = run.evaluations.some(({ split }) => split === 'validation');
    return { kind: 'none', why: isEvaluated ? 'outputs-missing' : 'no-validation-rows' };
  };
  return () => (known ??= find());
}

/** True where two evaluations are about the same rows and labels, in whatever order of rows. */
function sameRows(
  a: Pick<EvaluationLogits, 'rowIds' | 'labels'>,
  b: Pick<EvaluationLogits, 'rowIds' | 'labels'>,
): boolean {
  if (a.rowIds.length !== b.rowIds.length || a.labels.length !== b.labels.length) return false;
  if (a.labels.some((label, i) => label !== b.labels[i])) return false;
  const [left, right] = [a.rowIds.slice().sort(), b.rowIds.slice().sort()];
  return left.every((row, i) => row === right[i]);
}

/** Why the reference cannot be run now; null where it can. */
export function referenceBlocked(loaded: LoadedEvaluation | null): string | null {
  const { selection, split, corpus } = session.getState();
  if (!loaded) return 'Evaluate a run first.';
  if (!corpus) return 'It reads the texts of the run’s training rows: open the data first.';
  if (corpus.dataHash !== loaded.run.dataHash) return 'The run was trained on other data than is open now.';
  // After a reload the split is made again when the reference is asked for: same seed, same rows.
  if (!selection || !split) return null;
  const judged = split[loaded.split];
  const rowIds = judged.map((position) => selection.rowIds[position] as number);
  return sameRows({ rowIds, labels: selection.labels }, loaded.model.evaluation)
    ? null
    : 'Labels or split have changed since this run: train again to compare on the same rows.';
}

const splitting: Progress = { phase: 'Splitting the rows as before', done: 0, total: null, unit: 'rows' };

let referenceController: AbortController | null = null;

export function stopReference(): void {
  referenceController?.abort();
}

/** TF-IDF and logistic regression on the run's training rows, judged on the rows shown. One at a time; stoppable. */
export async function runReference(): Promise<void> {
  const { loaded, referenceRun } = evaluationStore.getState();
  if (referenceRun || !notebook.mayRun()) return;
  let blocked = referenceBlocked(loaded);
  if (blocked === null && !session.getState().split) {
    evaluationStore.setState({ referenceRun: { progress: splitting, etaMs: null }, referenceError: null });
    await runner.runThrough('split');
    evaluationStore.setState({ referenceRun: null });
    blocked = referenceBlocked(loaded);
    if (blocked === null && !session.getState().split)
      blocked = 'The rows could not be split: see the Split cell.';
  }
  const { selection, split } = session.getState();
  if (blocked !== null || !loaded || !selection || !split) {
    const error = new EvaluationCellError(
      'reference-rows-missing',
      'The reference model cannot run now.',
      blocked ?? '',
    );
    evaluationStore.setState({ referenceError: toWire(error) });
    return;
  }
  const controller = new AbortController();
  referenceController = controller;
  evaluationStore.setState({ referenceRun: { progress: null, etaMs: null }, referenceError: null });
  const eta = progressEta();
  const onProgress = (progress: Progress) => {
    const etaMs = eta(progress, performance.now());
    if (referenceController === controller) evaluationStore.setState({ referenceRun: { progress, etaMs } });
  };
  const worker = connectBaseline();
  try {
    const { cleaning } = notebook.store.getState().parameters.text;
    const data = await assembleBaselineData(
      { corpus: corpusService(), text: textService() },
      { selection, split, cleaning },
      loaded.split,
      { signal: controller.signal, onProgress },
    );
    const result = await worker.run(defaultBaselineSpec, data, onProgress, controller.signal);
    const { evaluation, vocabularySize, elapsedMs } = result;
    const now = evaluationStore.getState().loaded;
    // The cell may show another split by now.
    if (now && sameRows(evaluation, now.model.evaluation))
      evaluationStore.setState({
        reference: { evaluation, evaluator: createEvaluator(evaluation), vocabularySize, elapsedMs },
      });
  } catch (error) {
    if (!isAbort(error)) evaluationStore.setState({ referenceError: toWire(error) });
  } finally {
    worker.terminate();
    if (referenceController === controller) {
      referenceController = null;
      evaluationStore.setState({ referenceRun: null });
    }
  }
}
