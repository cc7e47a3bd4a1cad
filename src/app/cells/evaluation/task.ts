import { formatNumber } from '../../../notebook/format.ts';
import type { Plain } from '../../../notebook/plain.ts';
import { record, type CellOutcome, type CellTask } from '../../../notebook/runner.ts';
import { notebook, version } from '../../runtime.ts';
import { trainingResult } from '../training/task.ts';
import { thresholdInForce } from './model.ts';
import { loadEvaluation, type LoadedEvaluation } from './store.ts';

/** What the notebook keeps of an evaluation: the numbers to show in a list or after a reload. */
export interface EvaluationSummary {
  readonly runId: string;
  readonly split: LoadedEvaluation['split'];
  readonly which: LoadedEvaluation['which'];
  readonly step: number;
  readonly threshold: number | 'per-label';
  readonly microF1: number;
  readonly macroF1: number;
  readonly labelAccuracy: number;
  readonly subsetAccuracy: number;
  readonly allZeroLabelAccuracy: number;
  readonly labelPriorMicroF1: number;
}

/** The evaluation cell's task: reads the run's kept outputs. No forward pass: those were kept while it trained. */
export const runEvaluation: CellTask = async ({ onProgress }) => {
  onProgress({ phase: 'Reading kept outputs', done: 0, total: null, unit: 'rows' });
  for (;;) {
    const loaded = await loadEvaluation();
    // Void where a control was moved meanwhile: what it asks for now counts.
    if (loaded) return outcomeOf(loaded);
  }
};

/** Reads what the controls ask for and records it, without a run: for moved controls, a finished training, a reload. */
export async function showEvaluation(): Promise<void> {
  const loaded = await loadEvaluation();
  if (loaded) recordEvaluation(loaded);
}

/** Writes the numbers at the present threshold into the notebook. */
export function recordEvaluation(loaded: LoadedEvaluation): void {
  record(notebook, 'evaluation', outcomeOf(loaded), {
    inputs: inputsOfRun(loaded.run.runId),
    version,
    device: loaded.run.device?.name ?? 'this CPU',
    startedAtMs: Date.now(),
    durationMs: 0,
  });
}

/** What the run was made from: reading its outputs again after a change above makes them no newer. */
function inputsOfRun(runId: string): Plain {
  const { training } = notebook.store.getState().results;
  const isTrained = trainingResult(training?.summary)?.runId === runId;
  return training && isTrained ? training.inputs : notebook.inputs('evaluation');
}

function outcomeOf({ run, split, which, model, tuned }: LoadedEvaluation): CellOutcome {
  const { decision, threshold } = notebook.store.getState().parameters.evaluation;
  const inForce = thresholdInForce(decision, threshold, tuned);
  const report = model.evaluator.at(inForce);
  const summary: EvaluationSummary = {
    runId: run.runId,
    split,
    which,
    step: model.evaluation.step,
    threshold: typeof inForce === 'number' ? inForce : 'per-label',
    microF1: report.micro.f1,
    macroF1: report.macro.f1,
    labelAccuracy: report.labelAccuracy,
    subsetAccuracy: report.subsetAccuracy,
    allZeroLabelAccuracy: model.allZero.labelAccuracy,
    labelPriorMicroF1: model.labelPrior.micro.f1,
  };
  return {
    headline: `F1 ${formatNumber(report.micro.f1)}`,
    summary: { ...summary },
    dataHash: run.dataHash,
    seed: run.seed,
    model: run.modelName,
    device: run.device?.name ?? 'this CPU',
  };
}
