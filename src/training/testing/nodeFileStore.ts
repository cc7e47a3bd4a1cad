import { openAsBlob } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileStore } from '../checkpoints/fileStore.ts';

/** A run's files in a folder on disk: what another process finds after this one is gone. For Node: tests and scripts. */
export function nodeFileStore(folder: string): FileStore {
  return {
    async write(name, content) {
      const path = join(folder, name);
      await mkdir(dirname(path), { recursive: true });
      const temporary = `${path}.part~`;
      const file = await open(temporary, 'w');
      let written = 0;
      try {
        for await (const chunk of content) {
          await file.write(chunk);
          written += chunk.byteLength;
        }
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, path);
      return written;
    },
    async read(name) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => null);
      return found?.isFile() ? openAsBlob(path) : null;
    },
    async list() {
      const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
      return entries
        .filter((entry) => entry.isFile() && !entry.name.endsWith('.part~'))
        .map(({ name }) => name)
        .sort();
    },
    remove: (name) => rm(join(folder, name), { force: true }),
  };
}
