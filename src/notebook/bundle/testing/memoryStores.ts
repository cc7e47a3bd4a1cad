import type { DocumentStorage } from '../../autosave.ts';
import type { BundleStores, StoredFiles } from '../stores.ts';

/** Stores of a browser that lives as long as the test. Values are cloned, as IndexedDB does. */
export interface MemoryStores extends BundleStores {
  readonly valueMap: Map<string, unknown>;
  readonly classifierMap: Map<string, unknown>;
  readonly fileMap: Map<string, Blob>;
  readonly files: StoredFiles;
}

export function memoryStores(freeBytes: number | null = null): MemoryStores {
  const [valueMap, classifierMap] = [new Map<string, unknown>(), new Map<string, unknown>()];
  const fileMap = new Map<string, Blob>();
  const values = (map: Map<string, unknown>): DocumentStorage => ({
    get: async (key) => map.get(key),
    set: async (key, value) => void map.set(key, structuredClone(value)),
    delete: async (key) => void map.delete(key),
    update: async (key, change) => void map.set(key, structuredClone(change(map.get(key)))),
  });
  return {
    valueMap,
    classifierMap,
    fileMap,
    values: values(valueMap),
    classifiers: { ...values(classifierMap), keys: async () => [...classifierMap.keys()] },
    files: {
      async list(folder) {
        const names = new Map<string, { kind: 'file' | 'directory'; byteLength: number }>();
        for (const [path, blob] of fileMap) {
          if (!path.startsWith(`${folder}/`)) continue;
          const [name = '', ...rest] = path.slice(folder.length + 1).split('/');
          const isFile = rest.length === 0;
          names.set(name, { kind: isFile ? 'file' : 'directory', byteLength: isFile ? blob.size : 0 });
        }
        return [...names].map(([name, { kind, byteLength }]) => ({ name, kind, byteLength }));
      },
      read: async (path) => fileMap.get(path) ?? null,
      async write(path, content) {
        const parts: BlobPart[] = [];
        for await (const chunk of content) parts.push(new Uint8Array(chunk));
        fileMap.set(path, new Blob(parts));
      },
      async remove(path) {
        for (const key of fileMap.keys()) if (key === path || key.startsWith(`${path}/`)) fileMap.delete(key);
      },
      freeBytes: async () => freeBytes,
    },
  };
}

/** Everything that lies in the stores, for comparing before and after. */
export function contentsOf({ valueMap, classifierMap, fileMap }: MemoryStores): readonly string[] {
  return [
    ...[...valueMap.keys()].map((key) => `value ${key}`),
    ...[...classifierMap.keys()].map((key) => `classifier ${key}`),
    ...[...fileMap].map(([path, { size }]) => `file ${path} ${size}`),
  ].sort();
}
