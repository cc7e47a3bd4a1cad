import { createOnDevice } from '../../models/device.ts';
import { createEncoder } from '../../models/encoder.ts';
import { openModel } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { cacheFolder } from '../storage/cacheFolder.ts';
import { isOpfsAvailable } from '../storage/opfs.ts';
import { embedWithHub } from './hub.ts';
import { hubCommit } from './hubModel.ts';
import { noCache, type EmbedderDependencies, type VectorCache } from './service.ts';

/** What the embedder is made of in a browser's worker; `storage` caches hub models. */
export function browserEmbedderDependencies(storage: ModelStorage): EmbedderDependencies {
  return {
    cache: isOpfsAvailable() ? opfsVectorCache() : noCache,
    open: (source, options) => openModel(source, storage, options),
    async encoder({ config, weights }, capacity, preferred) {
      const { made, device } = await createOnDevice(preferred, (lowering) =>
        createEncoder({ config, weights, capacity, lowering }),
      );
      return { encoder: made, device: device.name };
    },
    hubCommit: (repository, revision, options) => hubCommit(repository, revision, storage, options),
    embedWithHub,
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
