import { totalSteps } from '../../../training/hyperparameters.ts';
import { outputsOf } from '../../../core/encodings/types.ts';
import { tokensPerSecond } from '../../../notebook/runSpeed.ts';
import { parametersWith, referenceEncoding } from '../../../notebook/experiments/variants.ts';
import type { Experiment, Variant } from '../../../notebook/experiments/types.ts';
import type { LabelParameters, NotebookParameters } from '../../../notebook/parameters.ts';
import { trainerSettings } from '../../../notebook/trainingData.ts';
import { stable } from '../../../notebook/plain.ts';
import { notebook } from '../../runtime.ts';
import { explorerNow } from '../../selection.ts';
import { session } from '../../session.ts';
import { estimateMs } from '../training/estimate.ts';
import { modelName } from '../../../notebook/modelChoice.ts';
import { trainingSession } from '../training/trainer.ts';

/** What a label threshold keeps of the open data. */
export interface KeptLabels {
  readonly labels: number;
  readonly rows: number;
}

/** Kept labels and rows at these settings; null while no data is open, or a worker still makes the table. */
export function keptAt(labels: LabelParameters): KeptLabels | null {
  const { labelTable } = session.getState();
  if (!labelTable) return null;
  const { threshold, ...edits } = labels;
  // Asked for with the notebook's own edits, whose table is at hand; an experiment of other edits is not worth making one.
  const own = notebook.store.getState().parameters.labels;
  if (stable({ ...edits, threshold: own.threshold }) !== stable(own)) return null;
  try {
    const at = explorerNow(labelTable, { ...own, threshold })?.at(threshold);
    return at ? { labels: at.labelsKept, rows: at.recordsKept } : null;
  } catch {
    // No label left, or a threshold that is no number: nothing is kept.
    return { labels: 0, rows: 0 };
  }
}

/** About 20 µs a training row and label, as measured on two cores. */
const referenceMsPerCell = 0.02;

/**
 * Milliseconds a variant will take: tokens of its steps at the speed that earlier runs of its model had on this device. Null
 * while no speed was measured, or rows were not tokenised yet.
 */
export function variantEstimateMs(experiment: Pick<Experiment, 'base'>, variant: Variant): number | null {
  const parameters = parametersWith(experiment.base, variant.patch);
  const kept = keptAt(parameters.labels);
  if (!kept) return null;
  const { validation, test } = parameters.split;
  const trainShare = variant.fold
    ? Math.max(0.05, 1 - 1 / variant.fold.of - validation)
    : 1 - validation - test;
  const trainRows = Math.round(kept.rows * trainShare);
  if (variant.kind === 'reference')
    return 1000 + kept.rows * outputsOf(referenceEncoding(parameters), kept.labels) * referenceMsPerCell;
  // The first of these trains; the others pick thresholds on its outputs.
  if (variant.picking !== undefined && variant.picking !== 'fixed') return 1000;
  const perRow = tokensPerRow(parameters.text.maxLength);
  const speed = speedOf(parameters);
  const hyperparameters = trainerSettings(parameters);
  const steps = estimateMs(hyperparameters, trainRows, perRow === null ? null : perRow * trainRows, speed);
  if (steps === null || perRow === null || speed === null) return null;
  const evaluations = Math.ceil(totalSteps(hyperparameters, trainRows) / hyperparameters.evaluateEverySteps);
  // Validation rows and as many training rows each time, test rows twice at the end; a forward pass is a third of a step.
  const judged = 2 * evaluations * validation * kept.rows + 2 * test * kept.rows;
  return steps + ((judged * perRow) / 3 / speed) * 1000;
}

/** Mean lengths by limit: asked for dozens of variants, over as many rows as the corpus has. */
const means = new WeakMap<Uint32Array, Map<number, number>>();

/** Tokens of a mean row cut at a length: of the rows tokenised last, else of the latest run on this data; null before any. */
function tokensPerRow(maxLength: number): number | null {
  const { tokens, corpus } = session.getState();
  if (tokens && tokens.fullLengths.length > 0) {
    const { fullLengths } = tokens;
    const known = means.get(fullLengths) ?? new Map<number, number>();
    means.set(fullLengths, known);
    let mean = known.get(maxLength);
    if (mean === undefined) {
      let sum = 0;
      for (const length of fullLengths) sum += Math.min(length, maxLength);
      mean = sum / fullLengths.length;
      known.set(maxLength, mean);
    }
    return mean;
  }
  const run = trainingSession()
    .store.getState()
    .runs?.find(({ dataHash, steps }) => dataHash === corpus?.dataHash && steps.length > 0);
  if (!run) return null;
  const seen = run.steps.reduce((sum, step) => sum + step.tokens, 0);
  return Math.min(maxLength, seen / (run.steps.length * run.hyperparameters.batchSize));
}

/** Training tokens a second of the latest run of the same model on the device in use. */
function speedOf({ text }: NotebookParameters): number | null {
  const { runs, device, live } = trainingSession().store.getState();
  const name = modelName(text.model);
  const known = runs?.find(
    (run) => run.modelName === name && run.steps.length > 2 && (!device || run.device?.name === device.name),
  );
  const steps = known?.steps ?? (live && live.steps.length > 2 ? live.steps : null);
  return steps ? tokensPerSecond(steps) : null;
}
