import type { FileAppender, ModelStorage } from '../../models/files/storage.ts';
import {
  estimate,
  guardedWrite,
  openSyncAccess,
  readFile,
  removeForever,
  writeFileAtomic,
} from '../storage/opfs.ts';

/** The OPFS as model files are kept in it. Appending (a download) works in workers only. */
export const opfsModelStorage: ModelStorage = {
  readBlob: readFile,
  writeText: async (path, text) => void (await writeFileAtomic(path, text)),
  openAppend: async (path) => appender(await openSyncAccess(path)),
  remove: removeForever,
  async exclusive(path, signal, work) {
    const options = signal ? { signal } : {};
    return navigator.locks.request(`verbena:${path}`, options, work);
  },
  async freeBytes() {
    const space = await estimate();
    return space && Math.max(0, space.quotaBytes - space.usedBytes);
  },
};

function appender(handle: FileSystemSyncAccessHandle): FileAppender {
  let byteLength = handle.getSize();
  return {
    get byteLength() {
      return byteLength;
    },
    append(bytes) {
      guardedWrite(handle, bytes, byteLength);
      byteLength += bytes.byteLength;
    },
    truncate(length) {
      handle.truncate(length);
      byteLength = length;
    },
    close() {
      handle.flush();
      handle.close();
    },
  };
}
