import type { EncodingPlan } from '../../core/encodings/types.ts';
import type { TaskOptions } from '../../base/progress.ts';
import type { MatmulPrecision, MatmulTable } from '../../engine/ops/matmul/tiles.ts';
import type { TrainedParts } from '../../models/adapters/trainedParts.ts';
import type { NameTokens } from '../../models/encodings/labelNames.ts';
import type { TakenPlan } from '../../models/create.ts';
import type { BatchCapacity } from '../../models/family.ts';
import type { ClassificationLoss } from '../../models/loss.ts';
import type { MemoryMode } from '../../models/memoryMode.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import type { WeightSource } from '../../models/weights.ts';
import type { DeviceReport, LoweringName, ModelSource } from './contract.ts';
import type { RunKernels } from './kernels.ts';
import type { RunLocks } from '../storage/locks.ts';
import type { DeviceMemory, MemoryPlanner } from './preflight.ts';
import type { StoredModelFiles } from './runRecord.ts';
import type { RunStorage } from './runStorage.ts';

export interface CreateModelOptions {
  readonly capacity: BatchCapacity;
  readonly labelCount: number;
  readonly lowering: LoweringName;
  /** Draws the weights of the head. */
  readonly seed: number;
  readonly dropout: number | null;
  readonly loss: ClassificationLoss;
  /** How labels become outputs; absent: each for itself. */
  readonly encoding?: EncodingPlan | undefined;
  readonly names?: NameTokens | undefined;
  /** Where the run keeps the kernels it was begun with. */
  readonly kernels: RunKernels;
  /** Of matrix products on WebGPU; default f32. */
  readonly precision?: MatmulPrecision;
  /** With `f16`: matrix instructions form them, which leaves no kernels to tune. Default false. */
  readonly usesSubgroupMatrices?: boolean;
  /** False: no kernels are tuned. Default true. */
  readonly tunes?: boolean;
  /** The kernels of matrix products on WebGPU; null: the fallback. */
  readonly onKernels?: (table: MatmulTable | null) => void;
  readonly memory?: MemoryMode;
  /** Whether an update by layer measures the gradient first. */
  readonly measures: boolean;
  /** What `auto` may fill; null: nobody knows. */
  readonly budgetBytes?: number | null;
  readonly trained?: TrainedParts;
  /** The plan by which the model was made. */
  readonly onPlan?: (plan: TakenPlan) => void;
  /** The device had no room for a plan and a leaner one is tried. */
  readonly onLeaner?: (from: TakenPlan, to: TakenPlan) => void;
  readonly signal: AbortSignal;
}

/** A model's files, opened: what a run stores of them, and how to build the model. */
export interface OpenedModel extends StoredModelFiles {
  /** Allocates all that the plan lists before it returns. Throws `out-of-memory`, `limit-too-small`. */
  create(options: CreateModelOptions): Promise<TrainableModel>;
}

/** A trained classifier to be run again: nothing is fetched, all of it is the run's own. */
export interface RestoreModelOptions {
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: WeightSource;
  readonly capacity: BatchCapacity;
  readonly labelCount: number;
  readonly lowering: LoweringName;
  readonly kernels: RunKernels;
  readonly encoding?: EncodingPlan | undefined;
  /** What it was trained by, where that says how outputs become probabilities; absent: each label has its own. */
  readonly loss?: ClassificationLoss | undefined;
  readonly signal: AbortSignal;
}

/** What the service is made of; the browser's set is in browser.ts. */
export interface TrainerDependencies {
  readonly storage: RunStorage;
  readonly locks: RunLocks;
  device(preferred: LoweringName | 'auto'): Promise<DeviceReport>;
  /** What is known of a device's memory. */
  memory(device: DeviceReport): DeviceMemory;
  /** A model for answers only: no gradients, no moments. Throws as `OpenedModel.create`. */
  restoreModel(options: RestoreModelOptions): Promise<TrainableModel>;
  openModel(source: ModelSource, options: TaskOptions): Promise<OpenedModel>;
  /** Plans as `create` would allocate on this device. */
  planner(source: ModelSource, labelCount: number, device: DeviceReport): Promise<MemoryPlanner>;
}
