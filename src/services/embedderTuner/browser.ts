import { createContrastiveModel } from '../../models/contrastive.ts';
import { createOnDevice } from '../../models/device.ts';
import { openModel } from '../../models/files/sources.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { memoryFileStore, type FileStore } from '../../training/checkpoints/fileStore.ts';
import * as opfs from '../storage/opfs.ts';
import type { TuningStorage } from './library.ts';
import type { TunerDependencies } from './service.ts';

/** What belongs to other services, handed in by the worker: where models are kept, the embedder's prompts. */
export interface Borrowed {
  readonly models: ModelStorage;
  readonly tokens: TunerDependencies['tokens'];
}

/** What the tuner is made of in a browser's worker. */
export function browserTunerDependencies({ models, tokens }: Borrowed): TunerDependencies {
  return {
    storage: opfs.isOpfsAvailable() ? opfsStorage : memoryStorage(),
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

const opfsStorage: TuningStorage = {
  files: (folder): FileStore => {
    const path = (name: string) => `${folder}/${name}`;
    return {
      write: (name, content) => opfs.writeFileAtomic(path(name), content),
      read: (name) => opfs.readFile(path(name)),
      list: async () =>
        (await opfs.list(folder)).filter(({ kind }) => kind === 'file').map(({ name }) => name),
      remove: (name) => opfs.removeForever(path(name)),
      makeRoom: opfs.emptyBin,
    };
  },
  folders: async (root) =>
    (await opfs.list(root)).filter(({ kind }) => kind === 'directory').map(({ name }) => name),
  remove: (folder) => opfs.remove(folder),
  restore: (folder) => opfs.restore(folder),
};

/** Where a context has no file system: gone with the tab. Also what tests use. */
export function memoryStorage(): TuningStorage {
  const kept = new Map<string, Map<string, Blob>>();
  const bin = new Map<string, Map<string, Blob>>();
  const move = (from: typeof kept, to: typeof kept, folder: string) => {
    const files = from.get(folder);
    if (!files) return false;
    to.set(folder, files);
    return from.delete(folder);
  };
  return {
    files(folder) {
      const store = () => memoryFileStore(kept.get(folder) ?? new Map<string, Blob>());
      return {
        write(name, content) {
          if (!kept.has(folder)) kept.set(folder, new Map());
          return store().write(name, content);
        },
        read: (name) => store().read(name),
        list: () => store().list(),
        remove: (name) => store().remove(name),
      };
    },
    folders: async (root) =>
      [...kept.keys()]
        .filter((path) => path.startsWith(`${root}/`))
        .map((path) => path.slice(root.length + 1)),
    remove: async (folder) => move(kept, bin, folder),
    restore: async (folder) => move(bin, kept, folder),
  };
}
