import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { outputsOf } from '../../core/encodings/types.ts';
import { lowerGraph } from '../../engine/onnx/lower.ts';
import { planOnnx } from '../../engine/onnx/plan.ts';
import { onOwnDevice } from '../../engine/webgpu/device.ts';
import { grantedBindingBytes } from '../../engine/plan/plan.ts';
import { wholeModel, type TrainedParts } from '../../models/adapters/trainedParts.ts';
import { createTrainableModel, defineModel, planModelMemory, planModelTable } from '../../models/create.ts';
import { reportDevice } from '../../models/device.ts';
import { headGraphOf } from '../../models/encodings/labelHead.ts';
import { createInferenceModel } from '../../models/inference.ts';
import { openModel, openModelConfig } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { recurrenceOf } from '../../models/recurrenceOf.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import { measuresGradient } from '../../training/hyperparameters.ts';
import { isOpfsAvailable } from '../storage/opfs.ts';
import type { DeviceReport, Hyperparameters, ModelSource } from './contract.ts';
import type {
  CreateModelOptions,
  OpenedModel,
  RestoreModelOptions,
  TrainerDependencies,
} from './dependencies.ts';
import { adapterTables, matmulChooser } from './kernels.ts';
import { browserRunLocks } from '../storage/locks.ts';
import {
  cpuAvailableBytes,
  machineBytesAtMost,
  plannedByTable,
  type DeviceMemory,
  type MemoryPlanner,
} from './preflight.ts';
import { memoryRunStorage, opfsRunStorage } from './runStorage.ts';

/** What the trainer is made of in a browser's worker: OPFS, Web Locks, the engine; `storage` caches hub models. */
export function browserDependencies(storage: ModelStorage): TrainerDependencies {
  return {
    storage: isOpfsAvailable() ? opfsRunStorage() : memoryRunStorage(),
    locks: browserRunLocks('run'),
    device: (preferred) => reportDevice(preferred),
    memory: deviceMemory,
    openModel: (source, options) => open(source, storage, options),
    restoreModel,
    planner: (source, labelCount, device) => planner(source, storage, labelCount, device),
  };
}

function deviceMemory({ lowering, limits }: DeviceReport): DeviceMemory {
  const { deviceMemory: gibibytes } = navigator as { deviceMemory?: number };
  const machineBytes = machineBytesAtMost(gibibytes);
  // WebGPU tells its largest buffer, never its memory: whether a plan fits is known when it is allocated.
  return lowering === 'webgpu'
    ? { availableBytes: null, largestBufferBytes: grantedBindingBytes(limits), machineBytes }
    : { availableBytes: cpuAvailableBytes(gibibytes), largestBufferBytes: null, machineBytes };
}

async function open(source: ModelSource, storage: ModelStorage, options: TaskOptions): Promise<OpenedModel> {
  const { config, tokenizer, weights } = await openModel(source, storage, options);
  return {
    config,
    tokenizer,
    create: async ({
      lowering,
      kernels,
      precision = 'f32',
      usesSubgroupMatrices = false,
      tunes = true,
      onKernels,
      signal,
      onPlan,
      ...rest
    }: CreateModelOptions): Promise<TrainableModel> => {
      throwIfAborted(signal);
      if (lowering === 'onnx') {
        const made = await createTrainableModel({ config, weights, lowering: { kind: 'onnx' }, ...rest });
        onPlan?.(made.plan);
        return made.model;
      }
      return onOwnDevice(navigator.gpu, async (gpu) => {
        const { model, plan } = await createTrainableModel({
          config,
          weights,
          lowering: {
            kind: 'webgpu',
            gpu,
            precision,
            usesSubgroupMatrices,
            async matmul(shapes) {
              const choose = matmulChooser({
                gpu,
                run: kernels,
                store: adapterTables,
                tunes: tunes && !usesSubgroupMatrices,
                precision,
                signal,
              });
              const table = await choose(shapes);
              onKernels?.(table);
              return table;
            },
          },
          ...rest,
        });
        onPlan?.(plan);
        return model;
      });
    },
  };
}

async function restoreModel({
  lowering,
  kernels,
  signal,
  ...rest
}: RestoreModelOptions): Promise<TrainableModel> {
  throwIfAborted(signal);
  if (lowering === 'onnx') return createInferenceModel({ ...rest, lowering: { kind: 'onnx' } });
  return onOwnDevice(navigator.gpu, (gpu) => {
    const matmul = matmulChooser({ gpu, run: kernels, store: adapterTables, signal });
    return createInferenceModel({ ...rest, lowering: { kind: 'webgpu', gpu, matmul } });
  });
}

async function planner(
  source: ModelSource,
  storage: ModelStorage,
  labelCount: number,
  { lowering, limits }: DeviceReport,
): Promise<MemoryPlanner> {
  const { config } = await openModelConfig(source, storage);
  if (lowering === 'onnx') {
    const definition = defineModel(config);
    const lower = (trained: TrainedParts, memory: boolean, encoding: Hyperparameters['encoding']) => {
      const graph = definition.graph({
        labelCount: outputsOf(encoding, labelCount),
        head: headGraphOf(encoding, labelCount),
        training: true,
        dropout: null,
        trained,
        memory,
      });
      return { key: JSON.stringify([trained, memory, encoding]), graph, lowered: lowerGraph(graph) };
    };
    let last = lower(wholeModel, false, undefined);
    return (capacity, { trained = wholeModel, encoding }) => {
      const memory = recurrenceOf(definition, capacity) !== null;
      if (last.key !== JSON.stringify([trained, memory, encoding])) last = lower(trained, memory, encoding);
      return planOnnx(last.graph, definition.capacity(capacity), last.lowered);
    };
  }
  const maxBindingBytes = grantedBindingBytes(limits);
  return (capacity, h, budgetBytes) => {
    const { memory, dropout, trained, encoding } = h;
    const options = { dropout, encoding, measures: measuresGradient(h), ...(trained && { trained }) };
    if (memory === 'auto')
      return plannedByTable(
        planModelTable(config, labelCount, capacity, maxBindingBytes, { ...options, budgetBytes }),
      );
    const chosen = memory ? { ...options, memory } : options;
    return planModelMemory(config, labelCount, capacity, maxBindingBytes, chosen);
  };
}
