import { longestStep } from '../../../training/batches.ts';
import { hyperparameterProblems, longestPiece, measuresGradient } from '../../../training/hyperparameters.ts';
import type { Hyperparameters } from '../../../training/types.ts';
import { trainerSettings } from '../../../notebook/trainingData.ts';
import { notebook } from '../../runtime.ts';
import { explorerNow } from '../../selection.ts';
import { session } from '../../session.ts';
import { specOf } from './task.ts';
import { trainingSession } from './trainer.ts';

/** Quiet after the last change before memory is planned again. */
const quietMs = 300;

/** Plans memory for the settings as they are now. Throws `model-folder-missing`. */
export function planNow(): Promise<void> {
  const { parameters } = notebook.store.getState();
  return trainingSession().plan(
    specOf(parameters, 'plan'),
    labelCount(),
    stepTokens(trainerSettings(parameters)),
  );
}

let lastStep: { readonly of: readonly unknown[]; readonly tokens: number } | null = null;

/** Tokens of the longest step of the rows as they are dealt now; null while they are not. Counted anew only where one of its causes changed. */
function stepTokens(h: Hyperparameters): number | null {
  const { split, tokens } = session.getState();
  if (!split || !tokens) return null;
  const dealt = split.train.length + split.validation.length + split.test.length;
  if (dealt !== tokens.rowIds.length) return null;
  const of = [split, tokens, h.batchSize, longestPiece(h)];
  if (!lastStep || lastStep.of.some((cause, i) => cause !== of[i]))
    lastStep = { of, tokens: longestStep(h, { split, tokens }) };
  return lastStep.tokens;
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
    const settings = trainerSettings(parameters);
    const { batchSize, budgetTokens, longTexts, encoding, segmentLength, memory, trained } = settings;
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
      measuresGradient(settings),
      stepTokens(settings),
      parameters.training.lowering,
      labelCount(),
      modelFiles?.length,
    ]);
    if (wanted === planned) return;
    planned = wanted;
    clearTimeout(timer);
    if (hyperparameterProblems(settings).length > 0) return;
    timer = setTimeout(() => void planNow(), quietMs);
  };
  follow();
  const ends = [notebook.store.subscribe(follow), session.subscribe(follow)];
  return () => {
    clearTimeout(timer);
    for (const end of ends) end();
  };
}
