import { logit, sigmoid } from '../metrics/evaluator.ts';
import { CalibrationError } from './reliability.ts';
import { scaleSoftmaxRow, softmaxLoss, softmaxRows, softmaxSlope } from './softmaxTemperature.ts';
import { fitTemperature, minimiseByScale, type TemperatureCells } from './temperature.ts';

/** The temperature of a trained model: one for all its labels, so that what labels say of each other (a hierarchy) stays true. */
export interface ModelCalibration {
  /** `sigmoid`: each label has its own probability. `softmax`: labels share one, in runs for rows with one label each. */
  readonly family: 'sigmoid' | 'softmax';
  /** Logits are divided by it: above 1 the model was too sure. */
  readonly temperature: number;
  /** Of the weights whose outputs it was fitted on. */
  readonly step: number;
  /** Validation rows it was fitted on. */
  readonly rows: number;
  /** Mean negative log-likelihood on them in nats, without and with it: over rows and labels (sigmoid), or over rows (softmax). */
  readonly lossBefore: number;
  readonly lossAfter: number;
}

/**
 * Why there is none. `no-validation-rows`: the split has none, and no other rows are fair. `not-evaluated`: stopped before the first
 * evaluation. `outputs-missing`: they were not kept. `always-right`, `uninformative`: no temperature is best. `other-weights`: those that
 * answer are not the ones it was fitted for.
 */
export type Uncalibrated =
  | 'no-validation-rows'
  | 'not-evaluated'
  | 'outputs-missing'
  | 'always-right'
  | 'uninformative'
  | 'other-weights';

export type CalibrationOutcome =
  | { readonly kind: 'fitted'; readonly calibration: ModelCalibration }
  | { readonly kind: 'none'; readonly why: Uncalibrated };

/** A model's outputs on validation rows. */
export interface ValidationOutputs {
  readonly step: number;
  readonly labels: readonly string[];
  /** `[rows, labels]`: logits, or log-odds of a softmax. */
  readonly logits: Float32Array | Float64Array;
  /** `[rows, labels]` */
  readonly targets: Uint8Array;
}

/** Fits the one temperature of a model on its validation rows (Guo et al. 2017). Outputs that are not finite are left out. */
export function fitModelCalibration(
  { step, labels, logits, targets }: ValidationOutputs,
  family: ModelCalibration['family'],
): CalibrationOutcome {
  if (labels.length === 0 || targets.length === 0) return { kind: 'none', why: 'no-validation-rows' };
  const { temperature, rows, lossBefore, lossAfter, isAtBound } =
    family === 'softmax'
      ? fitSoftmax(logits, targets, labels.length)
      : fitSigmoid(logits, targets, labels.length);
  if (rows === 0) return { kind: 'none', why: 'uninformative' };
  if (isAtBound) return { kind: 'none', why: temperature < 1 ? 'always-right' : 'uninformative' };
  return { kind: 'fitted', calibration: { family, temperature, step, rows, lossBefore, lossAfter } };
}

function fitSigmoid(logits: Float32Array | Float64Array, targets: Uint8Array, labels: number) {
  const fit = fitTemperature(cellsByTruth(logits, targets));
  return { ...fit, rows: fit.cells === 0 ? 0 : targets.length / labels };
}

/** Finite logits of true and of false cells. Counted first: lists that grow are too large for ten thousand rows of three thousand labels. */
function cellsByTruth(logits: Float32Array | Float64Array, targets: Uint8Array): TemperatureCells {
  let positive = 0;
  let negative = 0;
  for (let cell = 0; cell < logits.length; cell++)
    if (Number.isFinite(logits[cell])) {
      if (targets[cell] === 1) positive++;
      else negative++;
    }
  const make = (length: number) =>
    logits instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
  const cells = { positives: make(positive), negatives: make(negative) };
  for (let cell = logits.length - 1; cell >= 0; cell--) {
    const z = logits[cell] as number;
    if (!Number.isFinite(z)) continue;
    if (targets[cell] === 1) cells.positives[--positive] = z;
    else cells.negatives[--negative] = z;
  }
  return cells;
}

function fitSoftmax(logOdds: Float32Array | Float64Array, targets: Uint8Array, labels: number) {
  const kept = softmaxRows(logOdds, targets, labels);
  const { beta, isAtBound } = minimiseByScale((b) => softmaxSlope(kept, b));
  return {
    temperature: 1 / beta,
    rows: kept.classes.length,
    lossBefore: softmaxLoss(kept, 1),
    lossAfter: softmaxLoss(kept, beta),
    isAtBound,
  };
}

/** What of a calibration its application needs. */
type Scaling = Pick<ModelCalibration, 'family' | 'temperature'>;

/** Log-odds `[rows, labels]` as calibrated log-odds: their sigmoids are the probabilities. Throws `calibration-shape-mismatch`. */
export function calibratedLogits(
  logits: Float32Array | Float64Array,
  labels: number,
  { family, temperature }: Scaling,
): Float64Array {
  if (labels === 0 || logits.length % labels !== 0)
    throw new CalibrationError(
      'calibration-shape-mismatch',
      `${logits.length} logits are no rows of ${labels} labels.`,
      'Apply a temperature to the model and the labels it was fitted for.',
    );
  if (family === 'sigmoid') return Float64Array.from(logits, (z) => z / temperature);
  const out = new Float64Array(logits.length);
  for (let at = 0; at < logits.length; at += labels)
    scaleSoftmaxRow(logits.subarray(at, at + labels), temperature, out.subarray(at, at + labels));
  return out;
}

/** A row's probabilities `[labels]`, calibrated or (null) as the model gives them. */
export function rowProbabilities(row: Float32Array | Float64Array, scaling: Scaling | null): Float64Array {
  return Float64Array.from(scaling ? calibratedLogits(row, row.length, scaling) : row, sigmoid);
}

/**
 * The threshold on calibrated probabilities that decides as `threshold` does on those of the model. Null under a softmax: there a
 * probability moves with those of the other labels, so that no one threshold decides the same on every row.
 */
export function calibratedThreshold(threshold: number, { family, temperature }: Scaling): number | null {
  return family === 'softmax' ? null : sigmoid(logit(threshold) / temperature);
}
