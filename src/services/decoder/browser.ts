import { openDevice } from '../../engine/webgpu/device.ts';
import { reportDevice } from '../../models/device.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { openDecoder } from '../../models/llama/open.ts';
import type { DecoderDependencies } from './service.ts';

/** What the decoder service is made of in a browser's worker; `storage` caches hub models. */
export function browserDecoderDependencies(storage: ModelStorage): DecoderDependencies {
  return {
    open: (source, options) => openDecoder(source, storage, options),
    async device(preferred) {
      const { lowering, name } = await reportDevice(preferred);
      if (lowering === 'onnx') return { lowering: { kind: 'onnx' }, name, dispose: () => undefined };
      const gpu = await openDevice(navigator.gpu);
      return { lowering: { kind: 'webgpu', gpu }, name, dispose: () => gpu.device.destroy() };
    },
  };
}
