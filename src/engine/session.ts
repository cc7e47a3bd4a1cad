import type { Dims, Parameter } from './graph/types.ts';

export type HostArray = Float32Array | Int32Array | Uint32Array;

/**
 * One micro-batch: actual sizes and the named inputs of the graph. The arrays are not changed once handed over: a session
 * recognises an array it has seen and does not upload it again.
 */
export interface Feed {
  readonly dims: Dims;
  readonly tensors: ReadonlyMap<string, HostArray>;
  /** Seeds this micro-batch's dropout masks. */
  readonly seed: number;
  /** Multiplies the summed loss and its gradient: 1 / (rows × labels) over the whole step, or 1 / rows of a loss that has one term a row. */
  readonly lossScale: number;
  /**
   * Half-precision products multiply what descends from the loss by this before they round it, and divide it out of their results: a power
   * of two, so that only what falls out of the half range changes. Given, a gradient that overflows is told as such instead of thrown.
   */
  readonly gradientScale?: number;
}

/** One update of `torch.optim.AdamW` (decoupled decay, bias-corrected moments) over every parameter that has a gradient. */
export interface AdamWStep {
  /** 1-based number of this update: the exponent of the bias corrections. */
  readonly step: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** `all`: every parameter; `no-bias-no-norm`: only those whose role is `weight`. */
  readonly decay: 'all' | 'no-bias-no-norm';
  /** `clip_grad_norm_` with epsilon 1e-6; null: none. */
  readonly clipNorm: number | null;
}

export interface StepOutcome {
  /** Sum over the feeds of the scaled losses. */
  readonly loss: number;
  /** Global L2 norm of the gradient before clipping. */
  readonly gradientNorm: number;
  /** The gradient left the half range under this `gradientScale`: nothing was updated, and a smaller one may do. */
  readonly overflowed?: true;
}

export type StateOf = 'parameter' | 'gradient' | 'firstMoment' | 'secondMoment';

export interface PlanReport {
  readonly totalBytes: number;
  readonly byCategory: Readonly<Record<string, number>>;
  readonly dispatches: number;
}

/** A training graph and an inference graph over the same parameters, ready to run on one lowering. Calls take effect in order. */
export interface EngineSession {
  readonly lowering: 'webgpu' | 'onnx';
  /** Steps worth asking for before the first is answered. */
  readonly stepsInFlight: number;
  /** Products round their operands to half precision: steps want a `gradientScale`. */
  readonly scalesGradients?: boolean;
  readonly plan: PlanReport;
  readonly parameters: readonly Parameter[];
  /** Names of the parameters that have a gradient; the others are never updated, not even by decay (as in PyTorch). */
  readonly trained: ReadonlySet<string>;
  /**
   * Forward and backward over the micro-batches, gradients summed; then one update, or none where `optimizer` is null.
   * Throws `loss-not-finite`, `batch-too-large`, `device-lost`, `out-of-memory`.
   */
  step(feeds: readonly Feed[], optimizer: AdamWStep | null): Promise<StepOutcome>;
  /** A named output of the training graph as the last micro-batch of `step` left it. */
  trainingOutput(name: string): Promise<Float32Array>;
  /** Runs the inference graph; its named outputs, or those of them that are `wanted`. */
  infer(feed: Feed, wanted?: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
  read(of: StateOf, name: string): Promise<Float32Array>;
  write(of: Exclude<StateOf, 'gradient'>, name: string, data: Float32Array): Promise<void>;
  dispose(): void;
}
