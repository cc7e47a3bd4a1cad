import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { lowerGraph } from '../../engine/onnx/lower.ts';
import { planOnnx } from '../../engine/onnx/plan.ts';
import { openDevice } from '../../engine/webgpu/device.ts';
import { createTrainableModel, defineModel, planModelMemory } from '../../models/create.ts';
import { openModel, openModelConfig } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import type { TrainableModel } from '../../models/trainable.ts';
import { isOpfsAvailable } from '../storage/opfs.ts';
import type { DeviceReport, LoweringName, ModelSource } from './contract.ts';
import { reportDevice } from './device.ts';
import { processRunLocks, webRunLocks } from './locks.ts';
import { cpuAvailableBytes, type MemoryPlanner } from './preflight.ts';
import { memoryRunStorage, opfsRunStorage } from './runStorage.ts';
import type { CreateModelOptions, OpenedModel, TrainerDependencies } from './service.ts';

/** What the trainer is made of in a browser's worker: OPFS, Web Locks, the engine; `storage` caches hub models. */
export function browserDependencies(storage: ModelStorage): TrainerDependencies {
  return {
    storage: isOpfsAvailable() ? opfsRunStorage() : memoryRunStorage(),
    locks: 'locks' in navigator ? webRunLocks(navigator.locks) : processRunLocks(),
    device: (preferred) =>
      reportDevice(preferred, {
        gpu: navigator.gpu,
        hardwareConcurrency: navigator.hardwareConcurrency,
        crossOriginIsolated: globalThis.crossOriginIsolated,
      }),
    availableBytes,
    openModel: (source, options) => open(source, storage, options),
    planner: (source, labelCount, lowering) => planner(source, storage, labelCount, lowering),
  };
}

function availableBytes({ lowering }: DeviceReport): number | null {
  // WebGPU tells its largest buffer, never its memory: whether a plan fits is known when it is allocated.
  if (lowering === 'webgpu') return null;
  const { deviceMemory } = navigator as { deviceMemory?: number };
  return cpuAvailableBytes(deviceMemory);
}

async function open(source: ModelSource, storage: ModelStorage, options: TaskOptions): Promise<OpenedModel> {
  const { config, tokenizer, weights } = await openModel(source, storage, options);
  return {
    config,
    tokenizer,
    create: async ({ lowering, signal, ...rest }: CreateModelOptions): Promise<TrainableModel> => {
      throwIfAborted(signal);
      if (lowering === 'onnx')
        return (await createTrainableModel({ config, weights, lowering: { kind: 'onnx' }, ...rest })).model;
      const gpu = await openDevice(navigator.gpu);
      try {
        const { model } = await createTrainableModel({
          config,
          weights,
          lowering: { kind: 'webgpu', gpu },
          ...rest,
        });
        const dispose = model.dispose.bind(model);
        // The device is this run's own: its memory is free again once it is destroyed.
        model.dispose = () => {
          dispose();
          gpu.device.destroy();
        };
        return model;
      } catch (error) {
        gpu.device.destroy();
        throw error;
      }
    },
  };
}

async function planner(
  source: ModelSource,
  storage: ModelStorage,
  labelCount: number,
  lowering: LoweringName,
): Promise<MemoryPlanner> {
  const { config } = await openModelConfig(source, storage);
  if (lowering === 'onnx') {
    const definition = defineModel(config);
    const graph = definition.graph({ labelCount, training: true, dropout: null });
    const lowered = lowerGraph(graph);
    return (capacity) => planOnnx(graph, definition.capacity(capacity), lowered);
  }
  // What every WebGPU implementation grants; a larger limit only means fewer, larger arenas.
  const maxBindingBytes = 128 * 2 ** 20;
  return (capacity) => planModelMemory(config, labelCount, capacity, maxBindingBytes);
}
