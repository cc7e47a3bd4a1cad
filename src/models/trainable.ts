import type { AdamWStep } from '../engine/session.ts';

/** What each layer was given for the tokens before those of a batch. */
export interface SegmentMemory {
  /** `[B + 1]`: the rows of sequence b are `offsets[b] .. offsets[b + 1])`; a sequence may have none. */
  readonly offsets: Uint32Array;
  /** Of each layer, `[M, d]`. */
  readonly layers: readonly Float32Array[];
}

/** Sequences laid end to end, special tokens included: sequence b is tokens `offsets[b] .. offsets[b + 1])`. */
export interface PackedBatch {
  /** `[T]` */
  readonly ids: Int32Array;
  /** `[T]` token type ids. */
  readonly segments: Int32Array;
  /** `[B + 1]`, ascending, from 0 to T. */
  readonly offsets: Uint32Array;
  /** `[B, L]` row-major in [0, 1]; null for inference. */
  readonly targets: Float32Array | null;
  /** What came before each sequence, where the model is read segment by segment; absent: nothing did. */
  readonly memory?: SegmentMemory;
}

/** One AdamW update, and what draws its dropout. */
export interface OptimizerStep extends AdamWStep {
  /** Dropout masks are a function of (seed, step, micro-batch, layer, element): a resumed run draws the same. */
  readonly seed: number;
  /** Of a model that `scalesGradients`: a power of two for what its products round. */
  readonly gradientScale?: number;
}

export interface StepResult {
  /** Mean over all rows × labels of the step's micro-batches; cross-entropy: over rows. */
  readonly loss: number;
  /** Global L2 norm before clipping. */
  readonly gradientNorm: number;
  /** The gradient overflowed under this `gradientScale`: nothing was updated. */
  readonly overflowed?: true;
}

export type StateKind = 'parameter' | 'firstMoment' | 'secondMoment';

export interface StateTensor {
  readonly kind: StateKind;
  /** Hugging Face's parameter name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

export interface TensorInfo {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Bytes as planned, by category; what is then allocated stays within 5 %. */
export interface PlannedMemory {
  readonly totalBytes: number;
  readonly byCategory: Readonly<Record<string, number>>;
}

/** A classifier that can be trained, whichever lowering runs it. Calls take effect one at a time, in the order they are made. */
export interface TrainableModel {
  readonly lowering: 'webgpu' | 'onnx';
  /** Steps worth asking for before the first is answered: more than one where the host would otherwise keep a GPU waiting. */
  readonly stepsInFlight: number;
  /** Its products round to half precision: steps want a `gradientScale`. */
  readonly scalesGradients?: boolean;
  readonly labelCount: number;
  readonly parameters: readonly TensorInfo[];
  readonly memory: PlannedMemory;
  /** Special tokens before and after every text of the model; absent: none are known. */
  readonly specials?: { readonly before: number; readonly after: number };
  /** Token type ids of one sequence, special tokens included, as the model's tokenizer would give them. */
  segmentIds(ids: Int32Array): Int32Array;
  /** Forward, backward and one update over the micro-batches of a step. Throws `loss-not-finite`, `device-lost`, `out-of-memory`. */
  trainStep(batches: readonly PackedBatch[], step: OptimizerStep): Promise<StepResult>;
  /** Logits `[B, L]` without dropout. */
  logits(batch: PackedBatch): Promise<Float32Array>;
  /** Parameters and moments, a tensor at a time: what a checkpoint holds. */
  readState(kinds: readonly StateKind[]): AsyncIterable<StateTensor>;
  writeState(tensors: AsyncIterable<StateTensor> | Iterable<StateTensor>): Promise<void>;
  dispose(): void;
}
