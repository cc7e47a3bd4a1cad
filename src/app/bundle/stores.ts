import type { BundleStores } from '../../notebook/bundle/stores.ts';
import { indexedDbMinerStorage } from '../../services/miner/storage.ts';
import * as opfs from '../../services/storage/opfs.ts';
import { storage } from '../runtime.ts';
import { once } from '../services.ts';

/** Where this browser keeps what notebooks make. */
export const bundleStores = once((): BundleStores => ({
  values: storage,
  classifiers: indexedDbMinerStorage(),
  files: opfs.isOpfsAvailable()
    ? {
        list: opfs.list,
        read: opfs.readFile,
        write: opfs.writeFileAtomic,
        remove: opfs.removeForever,
        async freeBytes() {
          const room = await opfs.estimate();
          return room && Math.max(0, room.quotaBytes - room.usedBytes);
        },
      }
    : null,
}));
