import { gatherOutOfFold } from '../../../../core/calibration/outOfFold.ts';
import { CalibrationError } from '../../../../core/calibration/reliability.ts';
import type { Evaluator } from '../../../../core/metrics/evaluator.ts';
import type { Experiment } from '../../../../notebook/experiments/types.ts';
import type { EvaluationLogits } from '../../../../services/trainer/contract.ts';

/** Rows with what a model says of them that did not train on them. */
export interface HeldOutRows {
  /** Corpus rows. */
  readonly rowIds: Uint32Array;
  readonly labels: readonly string[];
  /** `[rows, labels]` */
  readonly probabilities: Float64Array;
  readonly targets: Uint8Array;
}

/** The rows of one evaluation. */
export function rowsOfSplit({ rowIds, labels }: EvaluationLogits, evaluator: Evaluator): HeldOutRows {
  const { targets } = evaluator;
  const probabilities = Float64Array.from({ length: targets.length }, (_, cell) =>
    evaluator.probability(Math.floor(cell / labels.length), cell % labels.length),
  );
  return { rowIds, labels, probabilities, targets };
}

/** The runs of the newest finished cross-validation on this data; null where there is none. */
export function finishedFolds(
  experiments: readonly Experiment[],
  dataHash: string,
): readonly string[] | null {
  const newestFirst = experiments.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt));
  for (const { template, variants, dataHash: own } of newestFirst) {
    if (template !== 'folds' || own !== dataHash) continue;
    const networks = variants.filter(({ kind, fold }) => kind === 'network' && fold !== null);
    const runIds = networks.flatMap(({ state }) =>
      state.kind === 'done' && state.result.judged === 'test' ? [state.result.runId] : [],
    );
    if (networks.length > 1 && runIds.length === networks.length) return runIds;
  }
  return null;
}

/**
 * All rows of a cross-validation, each judged by the fold that held it out. Throws `calibration-shape-mismatch` where the folds are not
 * about the same labels, and as `gatherOutOfFold`.
 */
export function rowsOfFolds(folds: readonly EvaluationLogits[]): HeldOutRows {
  const labels = folds[0]?.labels ?? [];
  if (folds.some((fold) => fold.labels.join('\n') !== labels.join('\n')))
    throw new CalibrationError(
      'calibration-shape-mismatch',
      'The folds were trained on different labels.',
      'Run the cross-validation again: its labels have changed in between.',
    );
  const rowCount = folds.reduce((sum, { rowIds }) => sum + rowIds.length, 0);
  const rowIds = new Uint32Array(rowCount);
  const targets = new Uint8Array(rowCount * labels.length);
  let at = 0;
  const placed = folds.map((fold) => {
    rowIds.set(fold.rowIds, at);
    targets.set(fold.targets, at * labels.length);
    const rows = Uint32Array.from(fold.rowIds, (_, i) => at + i);
    at += fold.rowIds.length;
    return { rows, logits: fold.logits };
  });
  if (new Set(rowIds).size < rowCount)
    throw new CalibrationError(
      'folds-overlap',
      'Some rows were held out by two folds.',
      'Use the folds of one cross-validation over these rows.',
    );
  return { rowIds, labels, targets, probabilities: gatherOutOfFold(placed, rowCount, labels.length) };
}
