import { VerbenaError } from '../../../base/errors.ts';
import { allZeroBaseline, labelPriorBaseline } from '../../../core/metrics/baselines.ts';
import { createEvaluator, type Evaluator } from '../../../core/metrics/evaluator.ts';
import { bestGlobalThreshold, thresholdCurve } from '../../../core/metrics/tuning.ts';
import type { EvaluationReport } from '../../../core/metrics/types.ts';
import { rowsFingerprint } from '../../../notebook/experiments/scores.ts';
import type { EvaluationLogits, RunSummary } from '../../../services/trainer/contract.ts';
import type { Candidate } from './candidates.ts';

export class ComparisonError extends VerbenaError<
  'comparison-too-few' | 'comparison-outputs-missing' | 'comparison-rows-differ'
> {}

/** One model's outputs on the test rows, in the order of the first model's rows. */
export interface ComparedModel {
  readonly candidate: Candidate;
  readonly run: RunSummary | null;
  readonly outputs: EvaluationLogits;
  readonly evaluator: Evaluator;
  /** Best for micro-F1 on the run's validation rows; null where it kept none (a reference). */
  readonly tunedThreshold: number | null;
}

export interface Compared {
  readonly models: readonly ComparedModel[];
  readonly rows: number;
  readonly labels: readonly string[];
  readonly allZero: EvaluationReport;
  readonly labelPrior: EvaluationReport;
}

export interface ReadModel {
  readonly candidate: Candidate;
  readonly run: RunSummary | null;
  readonly test: EvaluationLogits;
  readonly validation: EvaluationLogits | null;
}

/**
 * Lines models up row by row. Throws `comparison-too-few`, and `comparison-rows-differ` with the name of the first that was
 * evaluated on other rows or labels: a difference would then be the rows', not the models'.
 */
export function lineUp(read: readonly ReadModel[], priors: ArrayLike<number> | null): Compared {
  const [first, ...others] = read;
  if (!first || others.length === 0)
    throw new ComparisonError('comparison-too-few', 'A comparison takes two models.', 'Tick another one.');
  const wanted = rowsFingerprint(first.test);
  for (const { candidate, test } of others) {
    if (rowsFingerprint(test) === wanted) continue;
    throw new ComparisonError(
      'comparison-rows-differ',
      `“${candidate.name}” was evaluated on ${test.rowIds.length} rows with ${test.labels.length} labels, “${first.candidate.name}” on ${first.test.rowIds.length} rows with ${first.test.labels.length} labels: not the same rows.`,
      'Compare runs of one split and one label threshold: models, seeds, losses and learning rates keep both.',
      { first: wanted, other: rowsFingerprint(test) },
    );
  }
  const models = read.map(({ candidate, run, test, validation }): ComparedModel => {
    const outputs = reordered(test, first.test.rowIds);
    const held = validation && validation.targets.length > 0 ? createEvaluator(validation) : null;
    return {
      candidate,
      run,
      outputs,
      evaluator: createEvaluator(outputs),
      tunedThreshold: held ? Number(bestGlobalThreshold(thresholdCurve(held, 99)).toFixed(2)) : null,
    };
  });
  const { labels, targets } = first.test;
  return {
    models,
    rows: first.test.rowIds.length,
    labels,
    allZero: allZeroBaseline({ labels, targets }),
    labelPrior: labelPriorBaseline(
      { labels, targets },
      priors?.length === labels.length ? priors : undefined,
    ),
  };
}

/** The outputs with their rows in another order of the same row ids. */
function reordered(outputs: EvaluationLogits, rowIds: Uint32Array): EvaluationLogits {
  if (rowIds.every((row, i) => row === outputs.rowIds[i])) return outputs;
  const width = outputs.labels.length;
  const at = new Map(Array.from(outputs.rowIds, (row, i) => [row, i] as const));
  const logits = new Float32Array(outputs.logits.length);
  const targets = new Uint8Array(outputs.targets.length);
  rowIds.forEach((row, to) => {
    const from = at.get(row) as number;
    logits.set(outputs.logits.subarray(from * width, (from + 1) * width), to * width);
    targets.set(outputs.targets.subarray(from * width, (from + 1) * width), to * width);
  });
  return { ...outputs, rowIds, logits, targets };
}

export type Decision = 'half' | 'tuned';

/** The threshold a model decides at. */
export function thresholdOf({ tunedThreshold }: ComparedModel, decision: Decision): number {
  return decision === 'tuned' ? (tunedThreshold ?? 0.5) : 0.5;
}

/** A name for each model that tells it from the others and fits a table's head. */
export function shortNames(models: readonly Pick<ComparedModel, 'candidate'>[]): string[] {
  return models.map(({ candidate: { name } }, at) => {
    const last = name.split(', ').at(-1) ?? name;
    const isAlone = models.every(
      ({ candidate }, other) => other === at || !candidate.name.endsWith(`, ${last}`),
    );
    return isAlone ? last : name;
  });
}
