import { openDevice } from '../../engine/webgpu/device.ts';
import { createEncoder } from '../../models/encoder.ts';
import { openModel } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { cacheFolder } from '../storage/cacheFolder.ts';
import { isOpfsAvailable } from '../storage/opfs.ts';
import type { DeviceReport } from '../trainer/contract.ts';
import type { EncoderRequest } from './contract.ts';
import { noCache, type EmbedderDependencies, type VectorCache } from './service.ts';

interface Environment {
  readonly gpu: GPU | undefined;
  readonly hardwareConcurrency: number;
  readonly crossOriginIsolated: boolean;
}

/** What the embedder is made of in a browser's worker; `storage` caches hub models, `reportDevice` is the trainer's choice of device. */
export function browserEmbedderDependencies(
  storage: ModelStorage,
  reportDevice: (preferred: EncoderRequest['lowering'], environment: Environment) => Promise<DeviceReport>,
): EmbedderDependencies {
  return {
    cache: isOpfsAvailable() ? opfsVectorCache() : noCache,
    open: (source, options) => openModel(source, storage, options),
    async encoder(files, capacity, preferred) {
      const device = await reportDevice(preferred, {
        gpu: navigator.gpu,
        hardwareConcurrency: navigator.hardwareConcurrency,
        crossOriginIsolated: globalThis.crossOriginIsolated,
      });
      const { config, weights } = files;
      if (device.lowering === 'onnx') {
        const encoder = await createEncoder({ config, weights, capacity, lowering: { kind: 'onnx' } });
        return { encoder, device: device.name };
      }
      const gpu = await openDevice(navigator.gpu);
      try {
        const encoder = await createEncoder({ config, weights, capacity, lowering: { kind: 'webgpu', gpu } });
        const dispose = () => {
          encoder.dispose();
          gpu.device.destroy();
        };
        return { encoder: { ...encoder, dispose }, device: device.name };
      } catch (error) {
        gpu.device.destroy();
        throw error;
      }
    },
  };
}

/** 150,000 vectors of 768 numbers are half a gigabyte. */
const keptBytes = 2 * 2 ** 30;

/** Vectors as .npy files in the OPFS, their counts beside them. The oldest go when all take more than two gigabytes. */
function opfsVectorCache(files = cacheFolder('embeddings', keptBytes)): VectorCache {
  return {
    read: (hash, kind) => files.read(`${hash}.${kind}`),
    write: (hash, kind, bytes) => files.write(`${hash}.${kind}`, bytes),
  };
}
