import { isEncodingPossible, maxChains } from '../core/encodings/plan.ts';
import { isMemoryMode } from '../models/memoryMode.ts';
import { TrainingError, type TrainingErrorCode } from './errors.ts';
import { isLossPossible } from './loss.ts';
import type { Hyperparameters } from './types.ts';

interface Rule {
  readonly field: keyof Hyperparameters;
  readonly code: TrainingErrorCode;
  /** What a good value is, to end the sentence "... must be". */
  readonly wanted: string;
  readonly holds: (h: Hyperparameters) => boolean;
}

const positive = (value: number) => Number.isFinite(value) && value > 0;
const count = (value: number, least = 1) => Number.isSafeInteger(value) && value >= least;
const fraction = (value: number) => value >= 0 && value < 1;

const rules: readonly Rule[] = [
  {
    field: 'learningRate',
    code: 'invalid-learning-rate',
    wanted: 'above 0 and at most 1 (fine-tuning uses 1e-5 to 1e-3)',
    holds: (h) => positive(h.learningRate) && h.learningRate <= 1,
  },
  {
    field: 'batchSize',
    code: 'invalid-batch-size',
    wanted: 'a whole number of sequences from 1 to 65536',
    holds: (h) => count(h.batchSize) && h.batchSize <= 65_536,
  },
  {
    field: 'epochs',
    code: 'invalid-epochs',
    wanted: 'a whole number of at least 1',
    holds: (h) => count(h.epochs),
  },
  {
    field: 'maxSteps',
    code: 'invalid-max-steps',
    wanted: 'a whole number of at least 1, or empty',
    holds: (h) => h.maxSteps === null || count(h.maxSteps),
  },
  {
    field: 'maxLength',
    code: 'invalid-max-length',
    wanted: 'a whole number of at least 4 tokens (two of them are special)',
    holds: (h) => count(h.maxLength, 4),
  },
  {
    field: 'budgetTokens',
    code: 'budget-below-length',
    wanted: 'a whole number of tokens, no smaller than the maximum length: one sequence has to fit',
    holds: (h) => count(h.budgetTokens) && h.budgetTokens >= longestPiece(h),
  },
  {
    field: 'longTexts',
    code: 'invalid-choice',
    wanted: 'truncate, recurrence or windows',
    holds: ({ longTexts }) =>
      longTexts === undefined || ['truncate', 'recurrence', 'windows'].includes(longTexts),
  },
  {
    field: 'windowStride',
    code: 'invalid-choice',
    wanted: 'a whole number from 1 to the length of a window, or empty for half a window',
    holds: ({ windowStride, segmentLength = 512 }) =>
      windowStride === undefined || (count(windowStride) && windowStride <= segmentLength),
  },
  {
    field: 'windowPooling',
    code: 'invalid-choice',
    wanted: 'mean or max',
    holds: ({ windowPooling }) => windowPooling === undefined || ['mean', 'max'].includes(windowPooling),
  },
  {
    field: 'segmentLength',
    code: 'invalid-max-length',
    wanted: 'a whole number of at least 4 tokens',
    holds: ({ segmentLength }) => segmentLength === undefined || count(segmentLength, 4),
  },
  {
    field: 'schedule',
    code: 'invalid-choice',
    wanted: 'constant, linear or cosine',
    holds: (h) => ['constant', 'linear', 'cosine'].includes(h.schedule),
  },
  {
    field: 'warmupSteps',
    code: 'invalid-warmup-steps',
    wanted: 'a whole number of steps, 0 for none',
    holds: (h) => count(h.warmupSteps, 0),
  },
  {
    field: 'weightDecay',
    code: 'invalid-weight-decay',
    wanted: 'from 0 up to 1',
    holds: (h) => fraction(h.weightDecay),
  },
  { field: 'beta1', code: 'invalid-beta1', wanted: 'from 0 up to 1', holds: (h) => fraction(h.beta1) },
  { field: 'beta2', code: 'invalid-beta2', wanted: 'from 0 up to 1', holds: (h) => fraction(h.beta2) },
  { field: 'epsilon', code: 'invalid-epsilon', wanted: 'above 0', holds: (h) => positive(h.epsilon) },
  {
    field: 'decay',
    code: 'invalid-choice',
    wanted: 'all or no-bias-no-norm',
    holds: (h) => ['all', 'no-bias-no-norm'].includes(h.decay),
  },
  {
    field: 'clipNorm',
    code: 'invalid-clip-norm',
    wanted: 'above 0, or empty for no clipping',
    holds: (h) => h.clipNorm === null || positive(h.clipNorm),
  },
  {
    field: 'dropout',
    code: 'invalid-dropout',
    wanted: 'from 0 up to 1, or empty for what the model is configured with',
    holds: (h) => h.dropout === null || fraction(h.dropout),
  },
  {
    field: 'evaluateEverySteps',
    code: 'invalid-evaluate-every',
    wanted: 'a whole number of at least 1',
    holds: (h) => count(h.evaluateEverySteps),
  },
  {
    field: 'checkpointEverySteps',
    code: 'invalid-checkpoint-every',
    wanted: 'a whole number of at least 1',
    holds: (h) => count(h.checkpointEverySteps),
  },
  {
    field: 'bestMetric',
    code: 'invalid-choice',
    wanted: 'microF1, macroF1 or loss',
    holds: (h) => ['microF1', 'macroF1', 'loss'].includes(h.bestMetric),
  },
  {
    field: 'patience',
    code: 'invalid-patience',
    wanted: 'a whole number of at least 1, or empty for no early stopping',
    holds: (h) => h.patience === null || count(h.patience),
  },
  {
    field: 'loss',
    code: 'invalid-loss',
    wanted:
      'with beta from 0 up to 1, gammas from 0 to 20, alpha between 0 and 1 or empty, and clip from 0 up to 1',
    holds: (h) => isLossPossible(h.loss),
  },
  {
    field: 'encoding',
    code: 'invalid-choice',
    wanted: `binary relevance, 1 to ${maxChains} chains, label embeddings or a hierarchy`,
    holds: ({ encoding }) => isEncodingPossible(encoding),
  },
  {
    field: 'encoding',
    code: 'loss-encoding',
    wanted: 'of binary relevance, or choose another loss: under cross-entropy a row has one label',
    holds: ({ encoding, loss }) =>
      loss?.kind !== 'cross-entropy' || encoding === undefined || encoding.kind === 'binary-relevance',
  },
  {
    field: 'precision',
    code: 'invalid-choice',
    wanted: 'auto, f32 or f16',
    holds: ({ precision }) => precision === undefined || ['auto', 'f32', 'f16'].includes(precision),
  },
  {
    field: 'matrixInstructions',
    code: 'invalid-choice',
    wanted: 'on or off',
    holds: ({ matrixInstructions }) =>
      matrixInstructions === undefined || ['on', 'off'].includes(matrixInstructions),
  },
  {
    field: 'matrixInstructions',
    code: 'invalid-choice',
    wanted: 'of off, or precision to f16: matrix instructions multiply halves',
    holds: ({ matrixInstructions, precision = 'f32' }) => matrixInstructions !== 'on' || precision !== 'f32',
  },
  {
    field: 'tuning',
    code: 'invalid-choice',
    wanted: 'on or off',
    holds: ({ tuning }) => tuning === undefined || ['on', 'off'].includes(tuning),
  },
  {
    field: 'memory',
    code: 'invalid-choice',
    wanted: 'auto, or what is recomputed (nothing, activations, layers) with how it is stored (f32, f16)',
    holds: (h) => h.memory === undefined || isMemoryMode(h.memory),
  },
];

/** Tokens of a segment or window where long texts are read in pieces; null: texts are read whole. */
export function segmentLengthOf({
  longTexts,
  segmentLength = 512,
}: Pick<Hyperparameters, 'longTexts' | 'segmentLength'>): number | null {
  return longTexts === 'recurrence' || longTexts === 'windows' ? segmentLength : null;
}

/** The most tokens of one text that a forward and backward pass meets. */
export function longestPiece(h: Pick<Hyperparameters, 'maxLength' | 'longTexts' | 'segmentLength'>): number {
  return Math.min(h.maxLength, segmentLengthOf(h) ?? h.maxLength);
}

/** Whether an update by layer has to measure the gradient before anything moves: to clip it, or because halves may overflow. */
export function measuresGradient({
  clipNorm,
  precision = 'f32',
}: Pick<Hyperparameters, 'clipNorm' | 'precision'>): boolean {
  return clipNorm !== null || precision !== 'f32';
}

/** What is wrong with the settings, one typed error a field, in the order of the form; empty when they can run. */
export function hyperparameterProblems(hyperparameters: Hyperparameters): TrainingError[] {
  return rules
    .filter((rule) => !rule.holds(hyperparameters))
    .map(
      ({ field, code, wanted }) =>
        new TrainingError(
          code,
          `${field} is ${shown(hyperparameters[field])}.`,
          code === 'budget-below-length'
            ? `Raise the token budget to ${longestPiece(hyperparameters)} or more, or lower the ${segmentLengthOf(hyperparameters) === null ? 'maximum' : 'segment'} length.`
            : `Set ${field} to a value ${wanted}.`,
          { field, value: hyperparameters[field], wanted },
        ),
    );
}

function shown(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Throws the first of `hyperparameterProblems`. */
export function assertHyperparameters(hyperparameters: Hyperparameters): void {
  const [problem] = hyperparameterProblems(hyperparameters);
  if (problem) throw problem;
}

/** Optimizer steps in one pass over the training rows; the last, smaller batch counts. */
export function stepsPerEpoch(trainRows: number, batchSize: number): number {
  return Math.ceil(trainRows / batchSize);
}

/** Optimizer steps of the whole run: epochs, cut short by `maxSteps`. */
export function totalSteps(hyperparameters: Hyperparameters, trainRows: number): number {
  const { epochs, batchSize, maxSteps } = hyperparameters;
  const all = epochs * stepsPerEpoch(trainRows, batchSize);
  return maxSteps === null ? all : Math.min(all, maxSteps);
}
