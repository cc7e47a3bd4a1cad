import { openDevice } from '../../engine/webgpu/device.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { openDecoder } from '../../models/llama/open.ts';
import type { DeviceReport } from '../trainer/contract.ts';
import type { OpenOptions } from './contract.ts';
import type { DecoderDependencies } from './service.ts';

interface Environment {
  readonly gpu: GPU | undefined;
  readonly hardwareConcurrency: number;
  readonly crossOriginIsolated: boolean;
}

/** What the decoder service is made of in a browser's worker; `storage` caches hub models, `reportDevice` is the trainer's choice of device. */
export function browserDecoderDependencies(
  storage: ModelStorage,
  reportDevice: (preferred: OpenOptions['lowering'], environment: Environment) => Promise<DeviceReport>,
): DecoderDependencies {
  return {
    open: (source, options) => openDecoder(source, storage, options),
    async device(preferred) {
      const { lowering, name } = await reportDevice(preferred, {
        gpu: navigator.gpu,
        hardwareConcurrency: navigator.hardwareConcurrency,
        crossOriginIsolated: globalThis.crossOriginIsolated,
      });
      if (lowering === 'onnx') return { lowering: { kind: 'onnx' }, name, dispose: () => undefined };
      const gpu = await openDevice(navigator.gpu);
      return { lowering: { kind: 'webgpu', gpu }, name, dispose: () => gpu.device.destroy() };
    },
  };
}
