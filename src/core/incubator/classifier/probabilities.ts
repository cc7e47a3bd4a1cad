import { logSigmoid, logSumExp } from '../../logarithms.ts';

/**
 * How margins `[texts, classes]` become probabilities. `softmax`: classes share one probability, as they were trained (joint). `sigmoid`: each
 * class has its own (one against the rest); as a classifier they are then scaled to a sum of 1, as scikit-learn's one-vs-rest does.
 */
export type Normalisation = 'softmax' | 'sigmoid';

/** Probabilities `[texts, classes]`, rows of sum 1. */
export function classProbabilities(
  margins: Float32Array,
  classes: number,
  normalisation: Normalisation,
): Float32Array {
  const out = new Float32Array(margins.length);
  const logs = new Float64Array(classes);
  for (let at = 0; at < margins.length; at += classes) {
    for (let k = 0; k < classes; k++) {
      const margin = margins[at + k] as number;
      // ln sigmoid, so that a row in which every class is refused still has shares.
      logs[k] = normalisation === 'softmax' ? margin : logSigmoid(margin);
    }
    const total = logSumExp(logs);
    for (let k = 0; k < classes; k++) out[at + k] = Math.exp((logs[k] as number) - total);
  }
  return out;
}

/** Log-odds of each class `[texts, classes]`: what mining keeps, because near 0 and 1 probabilities run out of digits and these do not. */
export function classLogOdds(
  margins: Float32Array,
  classes: number,
  normalisation: Normalisation,
): Float32Array {
  if (normalisation === 'sigmoid') return margins.slice();
  const out = new Float32Array(margins.length);
  const others = new Float64Array(Math.max(0, classes - 1));
  for (let at = 0; at < margins.length; at += classes)
    for (let k = 0; k < classes; k++) {
      for (let other = 0, i = 0; other < classes; other++)
        if (other !== k) others[i++] = margins[at + other] as number;
      out[at + k] = (margins[at + k] as number) - logSumExp(others);
    }
  return out;
}
