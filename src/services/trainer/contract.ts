import type { ErrorWire } from '../../base/errors.ts';
import type { CalibrationOutcome, ModelCalibration } from '../../core/calibration/modelCalibration.ts';
import type { Violations } from '../../core/encodings/hierarchy.ts';
import type { DeviceReport, LoweringName } from '../../models/device.ts';
import type { NameTokens } from '../../models/encodings/labelNames.ts';
import type { SubgroupMatrix } from '../../engine/ops/matmul/subgroupMatrix.ts';
import type { MemoryChoices } from '../../engine/plan/choices.ts';
import type { ModelSource } from '../../models/files/sources.ts';
import type {
  EvaluationLogits,
  EvaluationPoint,
  EvaluationSplit,
  Hyperparameters,
  LoopEvent,
  RunState,
  SplitRows,
  StepPoint,
  TokenRows,
} from '../../training/types.ts';
import type { CleaningOptions, TokenizerSource, TokenTable } from '../text/contract.ts';

export type { DeviceReport, LoweringName } from '../../models/device.ts';
export type { ModelSource } from '../../models/files/sources.ts';
export type {
  EvaluationLogits,
  EvaluationPoint,
  EvaluationSplit,
  Hyperparameters,
  RunState,
  SplitRows,
  StepPoint,
} from '../../training/types.ts';

// What the page may ask of the trainer worker. A run is named by its id, lives in OPFS and survives the tab.

export interface TrainingData {
  readonly dataHash: string;
  readonly tokens: TokenTable;
  readonly split: SplitRows;
  readonly labels: readonly string[];
  /** Per token-table row, as compressed sparse rows over `labels`. */
  readonly targetOffsets: Uint32Array;
  readonly targetIds: Uint32Array;
  /** The labels' names as token ids, where the run's encoding begins with them. */
  readonly labelNames?: NameTokens | undefined;
}

export interface TrainingSpec {
  readonly runId: string;
  readonly model: ModelSource;
  /** `auto`: WebGPU where there is a hardware adapter, else the CPU lowering (a software adapter is slower than it). */
  readonly lowering: LoweringName | 'auto';
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
}

export interface MemoryReport {
  readonly totalBytes: number;
  /** parameters, gradients, moments, activations, inputs, ... */
  readonly byCategory: Readonly<Record<string, number>>;
  /** Null where the device does not say: WebGPU tells its largest buffer, never its memory. */
  readonly availableBytes: number | null;
  /** The plan is laid out in buffers of at most so many bytes, the device's limit; null on the CPU path. */
  readonly largestBufferBytes: number | null;
  /** What the browser lets through of the main memory, as an upper bound; null where that bounds nothing. */
  readonly machineBytes: number | null;
  /**
   * `tried-at-start`: nobody can tell; everything is allocated before the first step, and a refusal ends the run there.
   * `doubtful`: likewise, and the plan is larger than the whole main memory.
   */
  readonly verdict: 'fits' | 'tried-at-start' | 'doubtful' | 'does-not-fit';
  /** False only for `does-not-fit`: such a run is not started. */
  readonly fits: boolean;
  readonly suggestions: readonly {
    readonly change: Partial<Hyperparameters>;
    readonly label: string;
    readonly totalBytes: number;
  }[];
  /** Every way to train at these settings, from the fastest to the leanest; absent on the CPU path, which has one. */
  readonly plans?: readonly PlanRow[];
}

/** One way to spend memory, planned. */
export interface PlanRow {
  readonly memory: MemoryChoices;
  readonly budgetTokens: number;
  readonly totalBytes: number;
  /** Estimated time for the same tokens, as a multiple of the fastest row's. */
  readonly relativeTime: number;
  readonly fits: boolean;
  /** What a run would take at the settings asked for. */
  readonly isTaken: boolean;
}

export type TrainingEvent =
  | LoopEvent
  | { readonly kind: 'device'; readonly device: DeviceReport; readonly memory: MemoryReport }
  | { readonly kind: 'kernels'; readonly kernels: KernelReport }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

/** How the matrix products of a run on WebGPU are formed: what was chosen decides the order of sums, so it is part of a result. */
export interface KernelReport {
  readonly precision: 'f32' | 'f16';
  /** Absent: products were formed without matrix instructions. */
  readonly matrix?: SubgroupMatrix;
  /** False: tuning is off, or there is nothing to choose: on a software adapter, by matrix instructions. */
  readonly isTuned: boolean;
  /** Best rate the tuner saw on this adapter, 10⁹ operations a second; null where it did not run. */
  readonly peakGflops: number | null;
  /** By class of shapes: layout, sizes rounded up to powers of two. Classes that are not named take the fallback. */
  readonly choices: readonly { readonly shapes: string; readonly tile: string; readonly splits: number }[];
}

export interface RunSummary {
  readonly runId: string;
  readonly state: RunState;
  readonly createdAt: string;
  readonly modelName: string;
  readonly dataHash: string;
  readonly seed: number;
  readonly device: DeviceReport | null;
  readonly hyperparameters: Hyperparameters;
  readonly labels: readonly string[];
  /** How its texts were cleaned; absent in runs from before this was kept. */
  readonly cleaning?: CleaningOptions;
  readonly step: number;
  readonly totalSteps: number;
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly bestStep: number | null;
  /** As of when the run last ended, which may have been before its best step; absent in runs from before it was kept. */
  readonly calibration?: ModelCalibration;
  /** Absent on the CPU path, and in runs from before this was kept. */
  readonly kernels?: KernelReport;
  readonly elapsedMs: number;
  readonly error: ErrorWire | null;
}

/** Some rows of a prediction. */
export interface PredictedBatch {
  /** Positions in what was asked. */
  readonly rows: Uint32Array;
  /** `[rows, labels]` */
  readonly logits: Float32Array;
}

/** What a prediction was made with. */
export interface Prediction {
  readonly runId: string;
  /** Of the weights. */
  readonly step: number;
  readonly labels: readonly string[];
  readonly device: DeviceReport;
}

/** What a run's model costs, and how far its outputs contradict the labels' hierarchy. */
export interface RunCost {
  /** Trained numbers of the classifier. */
  readonly parameters: number;
  /** Of these, what the label encoding adds to binary relevance. */
  readonly addedParameters: number;
  /** Pairs of child and parent among the labels, as given or as the training rows show them. */
  readonly edges: number;
  /** On test rows, else validation rows; null where none were kept. */
  readonly violations: Violations | null;
}

export interface RunRows {
  readonly dataHash: string;
  readonly rowIds: Uint32Array;
  /** Training rows that have each label, `[labels]`. */
  readonly trainCounts: Uint32Array;
}

export interface TrainerService {
  device(preferred: LoweringName | 'auto'): Promise<DeviceReport>;
  /**
   * Planned bytes before anything is allocated, and what would fit if it does not. `stepTokens`: of the longest step of the data, where it
   * is known. Throws `step-beyond-pass`, `limit-too-small`.
   */
  preflight(spec: TrainingSpec, labelCount: number, stepTokens?: number | null): Promise<MemoryReport>;
  /** Resolves when the run ends (done, stopped or paused by the tab's end); failures are thrown and also sent as an event. */
  start(spec: TrainingSpec, data: TrainingData, onEvent: (event: TrainingEvent) => void): Promise<RunSummary>;
  /** Continues an interrupted, stopped or failed run from its last checkpoint; data and model come from OPFS. */
  resume(runId: string, onEvent: (event: TrainingEvent) => void): Promise<RunSummary>;
  pause(runId: string): Promise<void>;
  unpause(runId: string): Promise<void>;
  /** While paused: exactly one optimizer step. */
  stepOnce(runId: string): Promise<void>;
  /** Ends after the step in flight, with a checkpoint. */
  stop(runId: string): Promise<void>;
  runs(): Promise<RunSummary[]>;
  /** Moves a run to the bin; `restoreRun` brings it back. */
  removeRun(runId: string): Promise<void>;
  restoreRun(runId: string): Promise<void>;
  /** The kept logits of the best (or last) evaluation on a split; null where there is none. */
  logits(runId: string, split: EvaluationSplit, which: 'best' | 'last'): Promise<EvaluationLogits | null>;
  /** The temperature of the run's best weights, fitted on its validation rows; or why there is none. */
  calibration(runId: string): Promise<CalibrationOutcome>;
  /** Shares of the run's training rows that have each label, `[labels]`, from its stored data: the same after a reload. */
  labelPriors(runId: string): Promise<Float64Array>;
  /** The tokenizer that a run was trained with. */
  tokenizer(runId: string): Promise<TokenizerSource>;
  /**
   * Logits of new texts at the run's best weights, on the device the run would train on; batches arrive in any order as they are
   * done. The model stays ready for a minute. Throws `no-weights`, `aborted` and what building a model throws.
   */
  predict(
    runId: string,
    tokens: TokenRows,
    onBatch: (batch: PredictedBatch) => void,
    signal: AbortSignal,
  ): Promise<Prediction>;
  /** Corpus rows of the run's token table, `[rows]`: what a bundle's texts are fetched by; and how often each label was trained on. */
  runRows(runId: string): Promise<RunRows>;
  /** The price of a run beside its scores. Throws where its files cannot be read. */
  cost(runId: string): Promise<RunCost>;
  /** An ONNX file of the classifier with its weights: `input_ids`, `attention_mask` in, `logits` out. */
  exportOnnx(runId: string): Promise<Blob>;
  /** A zip to train the same on PyTorch: train.py, the split with these (already cleaned) texts in the order of `runRows`, settings. */
  exportBundle(runId: string, texts: readonly string[]): Promise<Blob>;
  /** A zip with config.json, model.safetensors (Hugging Face names) and tokenizer files. */
  exportModel(runId: string): Promise<Blob>;
}
