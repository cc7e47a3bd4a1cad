import { openDevice } from '../../engine/webgpu/device.ts';
import { createEncoder } from '../../models/encoder.ts';
import { openModel } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { isOpfsAvailable, readFile, writeFileAtomic } from '../storage/opfs.ts';
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
    cache: isOpfsAvailable() ? opfsVectorCache : noCache,
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

const pathOf = (hash: string, kind: 'npy' | 'json') => `embeddings/${hash}.${kind}`;

/** Vectors as .npy files, their counts beside them; a cache that cannot be written is none, never a failure. */
const opfsVectorCache: VectorCache = {
  async read(hash, kind) {
    const file = await readFile(pathOf(hash, kind)).catch(() => null);
    return file && new Uint8Array(await file.arrayBuffer());
  },
  write: (hash, kind, bytes) =>
    writeFileAtomic(pathOf(hash, kind), bytes).then(
      () => undefined,
      () => undefined,
    ),
};
