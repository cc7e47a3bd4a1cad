import { list, readBytes, removeForever, writeFileAtomic } from './opfs.ts';

/** Bytes by name that can be made again. Never fails: a cache that cannot be read is empty, one that cannot be written no reason to stop. */
export interface CacheFolder {
  read(name: string): Promise<Uint8Array<ArrayBuffer> | null>;
  write(name: string, bytes: Uint8Array): Promise<void>;
}

/** A folder of the OPFS whose oldest files go when all take more than `keptBytes`; the newest stays whatever its size. */
export function cacheFolder(folder: string, keptBytes: number): CacheFolder {
  return {
    read: (name) => readBytes(`${folder}/${name}`).catch(() => null),
    async write(name, bytes) {
      try {
        await writeFileAtomic(`${folder}/${name}`, bytes);
        await evict();
      } catch {
        // No OPFS or no room: it is made again next time.
      }
    },
  };

  async function evict(): Promise<void> {
    const newestFirst = (await list(folder)).sort((a, b) => b.lastModified - a.lastModified);
    let total = 0;
    for (const [index, { path, byteLength }] of newestFirst.entries()) {
      total += byteLength;
      if (index > 0 && total > keptBytes) await removeForever(path);
    }
  }
}
