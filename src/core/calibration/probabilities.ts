import type { Evaluator } from '../metrics/evaluator.ts';
import { logit } from '../metrics/evaluator.ts';
import type { ClassOutputs } from '../metrics/ranking.ts';

/** One label's, or (null) all labels', cells by truth: probabilities in [0, 1], ascending. NaN counts as 0, as it is never predicted. */
export function classProbabilities(evaluator: Evaluator, label: number | null): ClassOutputs {
  return mapClasses(evaluator, label, (output) => Math.min(1, Math.max(0, evaluator.toProbability(output))));
}

/** The same as logits; probabilities are kept 1e-15 away from 0 and 1. Infinite outputs are left out. */
export function classLogits(evaluator: Evaluator, label: number | null): ClassOutputs {
  const isLogits = evaluator.toProbability(0) === 0.5;
  const { positives, negatives } = mapClasses(evaluator, label, (output) =>
    isLogits ? output : logit(Math.min(1 - 1e-15, Math.max(1e-15, output))),
  );
  const isFinite = (z: number) => Number.isFinite(z);
  return { positives: positives.filter(isFinite), negatives: negatives.filter(isFinite) };
}

/** Maps outputs by a rising function, so that order stays. */
function mapClasses(
  evaluator: Evaluator,
  label: number | null,
  map: (output: number) => number,
): ClassOutputs {
  if (label !== null) {
    const { positives, negatives } = evaluator.labelOutputs(label);
    return { positives: positives.map(map), negatives: negatives.map(map) };
  }
  const positives = evaluator.positiveOutputs().map(map);
  const negatives = new Float64Array(evaluator.targets.length - positives.length);
  let end = 0;
  for (let each = 0; each < evaluator.labels.length; each++) {
    const outputs = evaluator.labelOutputs(each).negatives.map(map);
    negatives.set(outputs, end);
    end += outputs.length;
  }
  return { positives, negatives: negatives.sort() };
}
