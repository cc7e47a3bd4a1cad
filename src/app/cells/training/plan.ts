import { hyperparameterProblems } from '../../../training/hyperparameters.ts';
import { notebook } from '../../runtime.ts';
import { explorerNow } from '../../selection.ts';
import { session } from '../../session.ts';
import { hyperparametersOf, specOf } from './task.ts';
import { trainingSession } from './trainer.ts';

/** Quiet after the last change before memory is planned again. */
const quietMs = 300;

/** Plans memory for the settings as they are now. Throws `model-files-missing`. */
export function planNow(): Promise<void> {
  return trainingSession().plan(specOf(notebook.store.getState().parameters, 'plan'), labelCount());
}

/**
 * Kept labels at today's settings: a look-up in the label cell's table, since a threshold asks sixty times a second. While a
 * worker makes that table, what was noted last; 1 while nothing is kept, so that the body of the model can still be planned.
 */
function labelCount(): number {
  const { labelTable } = session.getState();
  const { parameters, results } = notebook.store.getState();
  const noted = (results.labels?.summary as { readonly labelsKept?: number } | undefined)?.labelsKept;
  try {
    const explorer = labelTable && explorerNow(labelTable, parameters.labels);
    return Math.max(1, explorer?.at(parameters.labels.threshold).labelsKept ?? noted ?? 1);
  } catch {
    // What is wrong with the labels is said in their own cell.
    return 1;
  }
}

/**
 * Plans memory again a moment after the last change of what it depends on. Not for hub models: their config would have
 * to be fetched, and nothing leaves the page before a click. Returns how to end it.
 */
export function followPlan(): () => void {
  let planned = '';
  let timer: ReturnType<typeof setTimeout> | undefined;
  const follow = () => {
    const { parameters } = notebook.store.getState();
    const { labelTable, modelFiles } = session.getState();
    const { model, maxLength } = parameters.text;
    const isLocal = model.kind === 'embedded' || (model.kind === 'files' && modelFiles !== null);
    if (!isLocal || !labelTable) return;
    const { batchSize, budgetTokens, longTexts, encoding, segmentLength, memory, trained } =
      parameters.training.hyperparameters;
    const wanted = JSON.stringify([
      model,
      maxLength,
      batchSize,
      budgetTokens,
      longTexts,
      encoding,
      segmentLength,
      memory,
      trained,
      parameters.training.lowering,
      labelCount(),
      modelFiles?.length,
    ]);
    if (wanted === planned) return;
    planned = wanted;
    clearTimeout(timer);
    if (hyperparameterProblems(hyperparametersOf(parameters)).length > 0) return;
    timer = setTimeout(() => void planNow(), quietMs);
  };
  follow();
  const ends = [notebook.store.subscribe(follow), session.subscribe(follow)];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}
