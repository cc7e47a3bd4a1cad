import { VerbenaError } from '../base/errors.ts';
import type { PlanReport } from '../engine/session.ts';
import { planMemory } from '../engine/plan/plan.ts';
import { createOnnxSession } from '../engine/onnx/session.ts';
import type { GpuDevice } from '../engine/webgpu/device.ts';
import { createWebGpuSession } from '../engine/webgpu/session.ts';
import { SessionClassifier } from './classifier.ts';
import type { BatchCapacity, ModelDefinition, ModelFamily } from './family.ts';
import type { WeightSource } from './weights.ts';
import { xlnetFamily } from './xlnet/family.ts';

const families: readonly ModelFamily[] = [xlnetFamily];

/** The definition that a `config.json` asks for; `model-unsupported` names the types there are. */
export function defineModel(config: unknown): ModelDefinition {
  const type =
    typeof config === 'object' && config !== null && 'model_type' in config ? config.model_type : undefined;
  const family = families.find((candidate) => candidate.modelType === type);
  if (!family) {
    const known = families.map((candidate) => candidate.modelType).join(', ');
    throw new VerbenaError(
      'model-unsupported',
      `Verbena cannot train models of type ${JSON.stringify(type ?? null)}.`,
      `Choose a model whose config.json says model_type ${known}.`,
      { modelType: type, known },
    );
  }
  return family.create(config);
}

/** Where a model runs: an opened GPU, or onnxruntime's WASM. */
export type Lowering =
  | { readonly kind: 'webgpu'; readonly gpu: GpuDevice }
  | { readonly kind: 'onnx'; readonly threads?: number };

export interface CreateOptions {
  readonly config: unknown;
  /** Null: a fresh model. */
  readonly weights: WeightSource | null;
  readonly labelCount: number;
  readonly lowering: Lowering;
  readonly capacity: BatchCapacity;
  /** Seeds fresh weights. */
  readonly seed: number;
  /** Replaces the configured dropout; null: as configured. */
  readonly dropout: number | null;
}

export interface CreatedModel {
  readonly model: SessionClassifier;
  /** Published tensors that the file lacked and that start fresh: the head. */
  readonly fresh: readonly string[];
}

/**
 * Plans, allocates and loads a trainable classifier. Throws `model-unsupported`, `config-invalid`, `tensors-missing`,
 * `tensor-shape`, `tensors-extra`, `limit-too-small`, `out-of-memory`.
 */
export async function createTrainableModel(options: CreateOptions): Promise<CreatedModel> {
  const definition = defineModel(options.config);
  const { training, inference } = graphs(definition, options.labelCount, options.dropout);
  const capacity = definition.capacity(options.capacity);
  const session =
    options.lowering.kind === 'webgpu'
      ? await createWebGpuSession({ gpu: options.lowering.gpu, training, inference, capacity })
      : await createOnnxSession({
          training,
          inference,
          capacity,
          ...(options.lowering.threads === undefined ? {} : { threads: options.lowering.threads }),
        });
  const model = new SessionClassifier(definition, session, options.labelCount);
  try {
    return { model, fresh: await model.load(options.weights, options.seed) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

function graphs(definition: ModelDefinition, labelCount: number, dropout: number | null) {
  return {
    training: definition.graph({ labelCount, training: true, dropout }),
    inference: definition.graph({ labelCount, training: false, dropout: null }),
  };
}

/** Planned bytes of a model on WebGPU, without a device. `maxBindingBytes`: what the device would grant. */
export function planModelMemory(
  config: unknown,
  labelCount: number,
  capacity: BatchCapacity,
  maxBindingBytes: number,
): Pick<PlanReport, 'totalBytes' | 'byCategory'> {
  const definition = defineModel(config);
  const { totalBytes, byCategory } = planMemory({
    ...graphs(definition, labelCount, null),
    capacity: definition.capacity(capacity),
    maxBindingBytes,
  });
  return { totalBytes, byCategory };
}
