import { createContrastiveModel } from '../../models/contrastive.ts';
import { createOnDevice } from '../../models/device.ts';
import { openModel } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { browserRunLocks } from '../storage/locks.ts';
import { isOpfsAvailable } from '../storage/opfs.ts';
import { memoryFolders, opfsFolders } from '../storage/storedFolders.ts';
import type { TunerDependencies } from './service.ts';

/** What belongs to other services, handed in by the worker: where models are kept, the embedder's prompts. */
export interface Borrowed {
  readonly models: ModelStorage;
  readonly tokens: TunerDependencies['tokens'];
}

/** What the tuner is made of in a browser's worker. */
export function browserTunerDependencies({ models, tokens }: Borrowed): TunerDependencies {
  return {
    storage: isOpfsAvailable() ? opfsFolders : memoryFolders(),
    locks: browserRunLocks('tuning'),
    open: (source, options) => openModel(source, models, options),
    tokens,
    async create(options, preferred) {
      const { made, device } = await createOnDevice(preferred, (lowering) =>
        createContrastiveModel({ ...options, lowering }),
      );
      return { model: made, device: device.name };
    },
    newId: () => `${Date.now().toString(36)}-${crypto.randomUUID().slice(0, 8)}`,
    now: () => Date.now(),
    // A figure a quarter of a second is as fast as one reads.
    reportEveryMs: 250,
  };
}
