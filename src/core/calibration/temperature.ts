import { logSigmoid } from '../logarithms.ts';
import { sigmoid, type Evaluator } from '../metrics/evaluator.ts';
import { classLogits } from './probabilities.ts';
import { CalibrationError } from './reliability.ts';

/** Logits of true and of false cells, in any order. */
export interface TemperatureCells {
  readonly positives: Float32Array | Float64Array;
  readonly negatives: Float32Array | Float64Array;
}

/** One temperature fitted to one set of cells. */
export interface TemperatureFit {
  /** Logits are divided by it: above 1 the model was too sure. */
  readonly temperature: number;
  readonly cells: number;
  /** Mean negative log-likelihood at temperature 1, and at the fit. */
  readonly lossBefore: number;
  readonly lossAfter: number;
  /** The best temperature lies outside the bounds: a model that is never wrong here, or one that tells nothing. */
  readonly isAtBound: boolean;
}

/** Temperatures tried: beyond, probabilities are all 0 and 1, or all one half. */
const temperatureBounds = { low: 0.05, high: 20 } as const;

/** Temperature scaling (Guo et al. 2017) of a sigmoid: the T that minimises the negative log-likelihood of z / T. Without cells T = 1. */
export function fitTemperature(classes: TemperatureCells): TemperatureFit {
  const cells = classes.positives.length + classes.negatives.length;
  if (cells === 0) return { temperature: 1, cells, lossBefore: 0, lossAfter: 0, isAtBound: false };
  const { beta, isAtBound } = minimiseByScale((b) => temperatureSlope(classes, b));
  return {
    temperature: 1 / beta,
    cells,
    lossBefore: temperatureLoss(classes, 1),
    lossAfter: temperatureLoss(classes, beta),
    isAtBound,
  };
}

/** First and second derivative of a summed loss by β = 1/T. */
export interface LossSlope {
  readonly first: number;
  readonly second: number;
}

/**
 * The β = 1/T at which a convex loss is least: its slope rises and crosses 0 once, so Newton's method runs inside a bracket that every
 * step narrows, to 12 digits. The nearest bound (`temperatureBounds`) where the crossing lies outside.
 */
export function minimiseByScale(slope: (beta: number) => LossSlope): { beta: number; isAtBound: boolean } {
  let low = 1 / temperatureBounds.high;
  let high = 1 / temperatureBounds.low;
  if (slope(low).first >= 0) return { beta: low, isAtBound: true };
  if (slope(high).first <= 0) return { beta: high, isAtBound: true };
  let beta = 1;
  for (let step = 0; step < 100; step++) {
    const { first, second } = slope(beta);
    if (first < 0) low = beta;
    else high = beta;
    const newton = beta - first / second;
    const next = newton > low && newton < high ? newton : (low + high) / 2;
    const moved = Math.abs(next - beta);
    beta = next;
    if (moved <= 1e-12 * beta) break;
  }
  return { beta, isAtBound: false };
}

/** The slope of the summed loss: `Σ z (sigmoid(β z) - y)`, which rises with β. */
export function temperatureSlope({ positives, negatives }: TemperatureCells, beta: number): LossSlope {
  let first = 0;
  let second = 0;
  for (const z of positives) {
    const wrong = sigmoid(-beta * z);
    first -= z * wrong;
    second += z * z * wrong * (1 - wrong);
  }
  for (const z of negatives) {
    const wrong = sigmoid(beta * z);
    first += z * wrong;
    second += z * z * wrong * (1 - wrong);
  }
  return { first, second };
}

/** Mean negative log-likelihood of `sigmoid(β z)` over the cells, in nats; 0 without cells. */
export function temperatureLoss({ positives, negatives }: TemperatureCells, beta: number): number {
  let sum = 0;
  for (const z of positives) sum -= logSigmoid(beta * z);
  for (const z of negatives) sum -= logSigmoid(-beta * z);
  const cells = positives.length + negatives.length;
  return cells === 0 ? 0 : sum / cells;
}

/** What turns a model's logits into calibrated ones. */
export interface TemperatureScaling {
  /** `[labels]` */
  readonly temperatures: Float64Array;
  /** One for all cells. */
  readonly global: TemperatureFit;
  /** Fits of the labels that have their own; null for those left at the global temperature. */
  readonly perLabel: readonly (TemperatureFit | null)[];
}

export interface TemperatureOptions {
  /** Default true. */
  readonly perLabel?: boolean;
  /**
   * A label needs so many true and so many false rows for a temperature of its own. Default 20: on 322 wikiHow labels with a dozen
   * validation rows each, temperatures from fewer made the test loss worse than the global one.
   */
  readonly minimumRows?: number;
}

/** Fits temperatures on an evaluation: on validation, never on the rows they are then judged by. */
export function fitTemperatures(evaluator: Evaluator, options: TemperatureOptions = {}): TemperatureScaling {
  const { perLabel = true, minimumRows = 20 } = options;
  const global = fitTemperature(classLogits(evaluator, null));
  const fits = evaluator.labels.map((_, label) => {
    if (!perLabel) return null;
    const classes = classLogits(evaluator, label);
    const isEnough = Math.min(classes.positives.length, classes.negatives.length) >= minimumRows;
    return isEnough ? fitTemperature(classes) : null;
  });
  const temperatures = Float64Array.from(fits, (fit) => fit?.temperature ?? global.temperature);
  return { temperatures, global, perLabel: fits };
}

/** Logits `[rows, labels]` over each label's temperature `[labels]`. Throws `calibration-shape-mismatch`. */
export function applyTemperatures(
  logits: Float32Array | Float64Array,
  temperatures: ArrayLike<number>,
): Float64Array {
  const labels = temperatures.length;
  if (labels === 0 || logits.length % labels !== 0)
    throw new CalibrationError(
      'calibration-shape-mismatch',
      `${logits.length} logits are no rows of ${labels} labels.`,
      'Apply temperatures to the model and the labels they were fitted for.',
    );
  return Float64Array.from(logits, (z, cell) => z / (temperatures[cell % labels] as number));
}
