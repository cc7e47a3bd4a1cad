import { random } from '../../base/random.ts';
import { rowTally, scoreDecisions, scoreLabels } from './decisions.ts';
import type { EvaluationReport } from './types.ts';

/** Targets to hold a baseline against, row-major `[rows, labels]`. */
export interface BaselineTargets {
  readonly labels: readonly string[];
  readonly targets: Uint8Array;
}

/** Predicts nothing at all. Same scores, same code as a model's evaluation. */
export function allZeroBaseline({ labels, targets }: BaselineTargets): EvaluationReport {
  return evaluateDecisions({ labels, targets }, new Uint8Array(targets.length));
}

/**
 * Guesses each label by a coin of its prior, independently, without reading the text (scikit-learn's `DummyClassifier`,
 * strategy "stratified", a label at a time). One seeded draw, evaluated like a model.
 * `priors` are shares of the *training* rows, `[labels]`; without them those of the targets stand in.
 */
export function labelPriorBaseline(
  { labels, targets }: BaselineTargets,
  priors: ArrayLike<number> = labelPriors(targets, labels.length),
  seed = 0,
): EvaluationReport {
  const decisions = new Uint8Array(targets.length);
  const rows = labels.length === 0 ? 0 : targets.length / labels.length;
  for (let label = 0; label < labels.length; label++) {
    const prior = priors[label] as number;
    if (!(prior > 0)) continue;
    const rng = random(seed, 0x7072696f, label);
    // Gaps between successes are geometric: sparse labels cost what they predict, not a draw a row.
    const scale = Math.log1p(-Math.min(prior, 1));
    for (let row = -1; ;) {
      row += 1 + Math.floor(Math.log1p(-rng.next()) / scale);
      if (!(row < rows)) break;
      decisions[row * labels.length + label] = 1;
    }
  }
  return evaluateDecisions({ labels, targets }, decisions);
}

/** Share of rows that have each label, `[labels]`. */
export function labelPriors(targets: Uint8Array, labelCount: number): Float64Array {
  const priors = new Float64Array(labelCount);
  const rows = targets.length / labelCount;
  for (let cell = 0; cell < targets.length; cell++)
    if (targets[cell]) priors[cell % labelCount] = (priors[cell % labelCount] as number) + 1 / rows;
  return priors;
}

/** Scores 0/1 decisions that were made elsewhere, row-major like the targets. */
export function evaluateDecisions(
  { labels, targets }: BaselineTargets,
  decisions: Uint8Array,
): EvaluationReport {
  const labelCount = labels.length;
  const rows = labelCount === 0 ? 0 : targets.length / labelCount;
  const support = new Uint32Array(labelCount);
  const predicted = new Uint32Array(labelCount);
  const truePositives = new Uint32Array(labelCount);
  const tally = rowTally();
  for (let row = 0, cell = 0; row < rows; row++) {
    let truth = 0;
    let positive = 0;
    let both = 0;
    for (let label = 0; label < labelCount; label++, cell++) {
      const target = targets[cell] as number;
      const decision = decisions[cell] as number;
      if (target + decision === 0) continue;
      truth += target;
      positive += decision;
      both += target & decision;
      support[label] = (support[label] as number) + target;
      predicted[label] = (predicted[label] as number) + decision;
      truePositives[label] = (truePositives[label] as number) + (target & decision);
    }
    tally.add(both, positive, truth);
  }
  const counts = { rows, support, predicted, truePositives, ...tally.sums };
  return { ...scoreDecisions(counts), perLabel: scoreLabels(counts, labels, () => 0.5) };
}
