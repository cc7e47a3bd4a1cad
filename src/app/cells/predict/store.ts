import { createStore } from 'zustand/vanilla';
import { VerbenaError } from '../../../base/errors.ts';
import { throwIfAborted } from '../../../base/progress.ts';
import type { CalibrationOutcome } from '../../../core/calibration/modelCalibration.ts';
import { scaleWords } from '../../../notebook/calibration.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { runInputsKey } from '../../../notebook/keys.ts';
import type { TextParameters } from '../../../notebook/parameters.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import { tokenizerFor } from '../../../notebook/trainingData.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { notebook, storage } from '../../runtime.ts';
import { textService } from '../../services.ts';
import { thresholdInForce, tuneOn } from '../evaluation/model.ts';
import { trainingResult } from '../training/task.ts';
import { trainerService, trainingSession } from '../training/trainer.ts';
import { labelled, shownScale, type Answers } from './answers.ts';

export class PredictError extends VerbenaError<'no-texts' | 'no-trained-run'> {}

export interface PredictState {
  readonly chosenRunId: string | null;
  /** What was pasted, a line a text. */
  readonly pasted: string;
  /** What was read from a file; takes the place of what was pasted. */
  readonly file: { readonly name: string; readonly texts: readonly string[]; readonly note: string } | null;
  readonly answers: Answers | null;
  /** Calibrated probabilities are shown where there is a calibration. */
  readonly isCalibrated: boolean;
  /** What is known of runs' calibrations, by their weights. */
  readonly calibrations: Readonly<Record<string, CalibrationOutcome>>;
}

export const predictStore = createStore<PredictState>(() => ({
  chosenRunId: null,
  pasted: '',
  file: null,
  answers: null,
  isCalibrated: true,
  calibrations: {},
}));

/** Texts that are asked about, in order. */
export function textsOf({ pasted, file }: Pick<PredictState, 'pasted' | 'file'>): readonly string[] {
  return file?.texts ?? pasted.split(/\r\n|\r|\n/u).flatMap((line) => (line.trim() ? [line.trim()] : []));
}

/** Runs with weights to answer by, newest first. */
export function usableRuns(runs: readonly RunSummary[] | null): readonly RunSummary[] {
  return runs?.filter(({ step }) => step > 0) ?? [];
}

/** The run that answers: the chosen one, else the notebook's own, else the newest. */
export function answeringRun(
  runs: readonly RunSummary[] | null,
  chosenRunId: string | null,
): RunSummary | null {
  const usable = usableRuns(runs);
  const own = trainingResult(notebook.store.getState().results.training?.summary)?.runId;
  const of = (runId: string | null | undefined) => usable.find((run) => run.runId === runId);
  return of(chosenRunId) ?? of(own) ?? usable[0] ?? null;
}

/** How a run's texts were preprocessed: what it keeps, or an older run noted in this browser, else the notebook's present settings. */
export async function cleaningOf({
  runId,
  cleaning: kept,
}: RunSummary): Promise<{ readonly cleaning: TextParameters['cleaning']; readonly isGuessed: boolean }> {
  if (kept) return { cleaning: kept, isGuessed: false };
  const noted = (await storage.get(runInputsKey(runId)).catch(() => undefined)) as
    | { readonly text?: { readonly cleaning?: TextParameters['cleaning'] } }
    | undefined;
  const cleaning = noted?.text?.cleaning;
  if (cleaning) return { cleaning, isGuessed: false };
  return { cleaning: notebook.store.getState().parameters.text.cleaning, isGuessed: true };
}

/** The temperature of a run's best weights: the one it keeps, else fitted on its validation outputs. */
async function calibrationOf({ runId, bestStep, calibration }: RunSummary): Promise<CalibrationOutcome> {
  if (calibration && calibration.step === bestStep) return { kind: 'fitted', calibration };
  return trainerService()
    .calibration(runId)
    .catch(() => ({ kind: 'none', why: 'outputs-missing' }));
}

const weightsOf = ({ runId, bestStep, state }: RunSummary) => `${runId} ${bestStep} ${state}`;

/** Finds out what the switch can offer for a run. One under way has better things to do than to fit at each evaluation. */
export async function askCalibration(run: RunSummary): Promise<void> {
  if (['preparing', 'running', 'paused'].includes(run.state)) return;
  if (knownCalibration(predictStore.getState(), run)) return;
  const outcome = await calibrationOf(run);
  predictStore.setState(({ calibrations }) => ({
    calibrations: { ...calibrations, [weightsOf(run)]: outcome },
  }));
}

/** What is known of a run's calibration; null: not asked yet. */
export function knownCalibration(
  { calibrations }: Pick<PredictState, 'calibrations'>,
  run: RunSummary,
): CalibrationOutcome | null {
  return calibrations[weightsOf(run)] ?? null;
}

/** Shows the one or the other probabilities. What the notebook keeps of the answers says which, from now on too. */
export function showCalibrated(isCalibrated: boolean): void {
  predictStore.setState({ isCalibrated });
  const { answers } = predictStore.getState();
  const { id, results, readOnly } = notebook.store.getState();
  if (readOnly || !results.predict || !answers?.step || answers.notebookId !== id) return;
  const probabilities = scaleWords(shownScale(answers, isCalibrated));
  const { provenance } = results.predict;
  notebook.record('predict', { ...results.predict, provenance: { ...provenance, probabilities } });
}

/** What new answers are drawn at most; each redraws the table. */
const drawEveryMs = 200;

/** Labels the texts at the run's best weights. A stop keeps the answers that are there. */
export const runPredict: CellTask = async ({ signal, onProgress }): Promise<CellOutcome> => {
  const session = trainingSession();
  if (session.store.getState().runs === null) await session.refresh();
  const { chosenRunId, ...asked } = predictStore.getState();
  const { id: notebookId } = notebook.store.getState();
  const run = answeringRun(session.store.getState().runs, chosenRunId);
  if (!run)
    throw new PredictError(
      'no-trained-run',
      'There is no trained model to ask.',
      'Train one in the Training cell first.',
    );
  const texts = textsOf(asked);
  if (texts.length === 0)
    throw new PredictError(
      'no-texts',
      'There is no text to label.',
      'Paste texts, a line each, or choose a file.',
    );
  const trainer = trainerService();
  const { evaluation } = notebook.store.getState().parameters;
  const [tokenizer, { cleaning, isGuessed }, validation, calibration] = await Promise.all([
    trainer.tokenizer(run.runId),
    cleaningOf(run),
    trainer.logits(run.runId, 'validation', 'best'),
    calibrationOf(run),
  ]);
  throwIfAborted(signal);
  const rowIds = Uint32Array.from(texts, (_, at) => at);
  const { maxLength, keeps } = run.hyperparameters;
  const tokens = await textService().tokenizeRows(
    rowIds,
    texts,
    cleaning,
    tokenizerFor(tokenizer, run.hyperparameters),
    maxLength,
    onProgress,
    signal,
    keeps,
  );
  const tuned = tuneOn(validation, run.labels);
  const inForce = thresholdInForce(evaluation.decision, evaluation.threshold, tuned);
  const labelCount = run.labels.length;
  const logits = new Float32Array(texts.length * labelCount).fill(Number.NaN);
  let answers: Answers = {
    run,
    step: null,
    device: null,
    texts,
    tokens,
    tokenizer,
    cleaning,
    logits,
    calibration,
    thresholds: Float64Array.from(run.labels, (_, label) =>
      typeof inForce === 'number' ? inForce : (inForce[label] ?? evaluation.threshold),
    ),
    perLabel: typeof inForce !== 'number',
    done: 0,
    isCleaningGuessed: isGuessed && Object.values(cleaning).some(Boolean),
    notebookId,
  };
  const draw = (change: Partial<Answers>) => {
    answers = { ...answers, ...change };
    predictStore.setState({ answers });
  };
  draw({});
  onProgress({ phase: 'Building the model', done: 0, total: texts.length, unit: 'rows' });
  let done = 0;
  let drawnAt = performance.now();
  const take = (batch: { readonly rows: Uint32Array; readonly logits: Float32Array }) => {
    batch.rows.forEach((row, b) =>
      logits.set(batch.logits.subarray(b * labelCount, (b + 1) * labelCount), row * labelCount),
    );
    done += batch.rows.length;
    onProgress({ phase: 'Labelling', done, total: texts.length, unit: 'rows' });
    if (performance.now() - drawnAt < drawEveryMs && done < texts.length) return;
    drawnAt = performance.now();
    draw({ done });
  };
  try {
    const made = await trainer.predict(run.runId, tokens, take, signal);
    // Messages of batches and the answer take ways of their own: the last batches may still be on theirs.
    while (done < texts.length) await new Promise((resolve) => setTimeout(resolve, 5));
    const isOther = calibration.kind === 'fitted' && calibration.calibration.step !== made.step;
    draw({
      done,
      step: made.step,
      device: made.device.name,
      ...(isOther && { calibration: { kind: 'none', why: 'other-weights' } as const }),
    });
    const decided = labelled(answers);
    return {
      headline: plural(texts.length, 'text'),
      summary: {
        runId: run.runId,
        step: made.step,
        texts: texts.length,
        withLabels: decided,
        threshold: typeof inForce === 'number' ? formatNumber(inForce, 2) : 'per label',
      },
      // Of the run, whatever is open beside it.
      dataHash: run.dataHash,
      seed: run.seed,
      model: run.modelName,
      device: made.device.name,
      probabilities: scaleWords(shownScale(answers, predictStore.getState().isCalibrated)),
    };
  } finally {
    draw({ done });
  }
};
