import type { KeptPart } from '../core/tokenizer/tokenizer.ts';
import type { LabelEncoding } from '../core/encodings/types.ts';
import type { LossShape } from '../engine/ops/bceWithLogits/cell.ts';
import type { TrainedParts } from '../models/adapters/trainedParts.ts';
import type { NameTokens } from '../models/encodings/labelNames.ts';
import type { MemoryMode } from '../models/memoryMode.ts';

// What a training run is told and what it tells. The trainer's contract re-exports these, so page and worker share them.

/**
 * The loss, and with it what is done for rare labels. `weighted`: true cells count by their label's frequency among training rows.
 * `effective-number` is Cui et al. (2019), `(1 - beta) / (1 - beta^n)`: beta 0 weighs all alike, beta towards 1 is inverse frequency;
 * default 0.999. `focal` and `asymmetric`: see the engine's `LossShape`. `cross-entropy`: of the softmax over labels, for rows with
 * exactly one label each; evaluations show it too, all other losses' evaluations show plain binary cross-entropy.
 */
export type LossSettings =
  | { readonly kind: 'bce' }
  | { readonly kind: 'cross-entropy' }
  | {
      readonly kind: 'weighted';
      readonly weighting: 'inverse-frequency' | 'effective-number';
      readonly beta?: number;
    }
  | Exclude<LossShape, { readonly kind: 'bce' }>;

export interface Hyperparameters {
  readonly learningRate: number;
  /** Sequences an optimizer step sees; reached by accumulation. */
  readonly batchSize: number;
  readonly epochs: number;
  /** Ends the run early; null: epochs decide. */
  readonly maxSteps: number | null;
  /** Tokens a sequence is truncated to, special tokens included. */
  readonly maxLength: number;
  /** What stays of a text that is longer; absent: its beginning. */
  readonly keeps?: KeptPart | undefined;
  /**
   * How a text of more than `segmentLength` tokens is read. `truncate` (and absent): in one piece, cut at `maxLength`. `recurrence`: XLNet
   * reads it in segments, each layer remembering what it was given for the segment before; the last one, which ends in <cls>, is trained
   * and classified. `windows`: any model reads overlapping pieces of `segmentLength` tokens, each a text of its own; an epoch trains on one
   * piece a row, drawn anew, and a row's logits are those of all its pieces, pooled.
   */
  readonly longTexts?: 'truncate' | 'recurrence' | 'windows' | undefined;
  /** Tokens of a segment under `recurrence`, and rows of its memory, or of a window; absent: 512. */
  readonly segmentLength?: number | undefined;
  /** Text tokens from one window to the next; absent: half a window. */
  readonly windowStride?: number | undefined;
  /** How logits of windows become those of a row; absent: mean. */
  readonly windowPooling?: 'mean' | 'max' | undefined;
  /** Tokens a packed micro-batch holds at most. */
  readonly budgetTokens: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decay on every parameter, or (Hugging Face's groups) not on biases and layer norms. */
  readonly decay: 'all' | 'no-bias-no-norm';
  /** Global gradient-norm ceiling; null: none. */
  readonly clipNorm: number | null;
  /** Overrides the config's dropout; null: as configured. */
  readonly dropout: number | null;
  readonly evaluateEverySteps: number;
  readonly checkpointEverySteps: number;
  readonly bestMetric: 'microF1' | 'macroF1' | 'loss';
  /** Evaluations without improvement before stopping; null: never. */
  readonly patience: number | null;
  /** What training minimises; left out (runs and documents from before it existed): `bce`. */
  readonly loss?: LossSettings;
  /** How labels become outputs; absent: each for itself. */
  readonly encoding?: LabelEncoding | undefined;
  /** What the backward pass keeps; absent: everything, in f32. `auto` becomes what it chose once a run has started. */
  readonly memory?: MemoryMode | undefined;
  /**
   * How WebGPU forms matrix products; absent: f32. `f16`: from operands rounded to half precision, with sums in f32 and a gradient scale
   * that follows what overflows. `auto` becomes one of the two once a run has started.
   */
  readonly precision?: 'auto' | 'f32' | 'f16' | undefined;
  /** `on`: half-precision products by the device's matrix instructions, an experiment of Chrome's; absent: `off`. */
  readonly matrixInstructions?: 'on' | 'off' | undefined;
  /** `off`: matrix products take the same kernels on every card, not those that were fastest on this one; absent: `on`. */
  readonly tuning?: 'on' | 'off' | undefined;
  /** What of the model trains; absent: everything. */
  readonly trained?: TrainedParts | undefined;
}

/** The split as positions into the token table's rows. */
export interface SplitRows {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  readonly test: Uint32Array;
}

/** Tokenised rows laid end to end: row i is `ids[offsets[i] .. offsets[i + 1])`, special tokens included. */
export interface TokenRows {
  /** Corpus row of each row. */
  readonly rowIds: Uint32Array;
  readonly offsets: Uint32Array;
  readonly ids: Int32Array;
}

/** What the step loop reads: tokens, split and targets. The contract's `TrainingData` is one. */
export interface TrainingRows {
  readonly tokens: TokenRows;
  readonly split: SplitRows;
  readonly labels: readonly string[];
  /** Per token-table row, as compressed sparse rows over `labels`. */
  readonly targetOffsets: Uint32Array;
  readonly targetIds: Uint32Array;
  /** The labels' names as token ids: of an encoding that reads them. */
  readonly labelNames?: NameTokens | undefined;
}

export type EvaluationSplit = 'train' | 'validation' | 'test';

/** Everything needed to recompute any metric at any decision threshold: sigmoid of a logit is a probability. Row-major `[rows, labels]`. */
export interface EvaluationLogits {
  readonly step: number;
  readonly epoch: number;
  readonly split: EvaluationSplit;
  /** Corpus row of each evaluated row. */
  readonly rowIds: Uint32Array;
  readonly labels: readonly string[];
  readonly logits: Float32Array;
  readonly targets: Uint8Array;
  readonly loss: number;
}

export interface StepPoint {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
  readonly gradientNorm: number;
  /** Real (unpadded) tokens. */
  readonly tokens: number;
  readonly stepMs: number;
  readonly tokensPerSecond: number;
  /** The scale under which half-precision products kept the gradient finite; absent in f32. */
  readonly gradientScale?: number;
}

export interface EvaluationPoint {
  readonly step: number;
  readonly split: EvaluationSplit;
  readonly loss: number;
  readonly microF1: number;
  readonly macroF1: number;
  readonly labelAccuracy: number;
  readonly isBest: boolean;
}

export type RunState = 'preparing' | 'running' | 'paused' | 'stopped' | 'done' | 'failed' | 'interrupted';

/** What the step loop reports while it runs; the trainer service adds device and failure events. */
export type LoopEvent =
  | { readonly kind: 'state'; readonly state: RunState; readonly detail: string }
  | {
      readonly kind: 'steps';
      readonly points: readonly StepPoint[];
      readonly totalSteps: number;
      readonly etaMs: number | null;
    }
  | { readonly kind: 'evaluation'; readonly point: EvaluationPoint }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly bytes: number }
  | { readonly kind: 'warning'; readonly code: string; readonly message: string; readonly remedy: string };
