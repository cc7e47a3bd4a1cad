import { isOpfsAvailable, guardedWrite, openSyncAccess, readFile, removeForever } from '../storage/opfs.ts';

/** Decompressed text up to this size stays in memory. */
const memoryBytes = 32 << 20;

/**
 * Holds the text of a file whose own bytes cannot be sought in (gzip, UTF-16): in memory while small, in an OPFS scratch
 * file beyond, in a Blob where there is no OPFS.
 */
export class Scratch {
  readonly path: string;
  #parts: (Uint8Array<ArrayBuffer> | Blob)[] = [];
  #memory = 0;
  #handle: FileSystemSyncAccessHandle | null = null;
  #written = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Passes chunks through while storing them. Throws `quota-exceeded`. */
  async *through(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      this.#parts.push(chunk.slice());
      this.#memory += chunk.length;
      if (this.#handle ? this.#memory >= memoryBytes / 8 : this.#memory >= memoryBytes) await this.#spill();
      yield chunk;
    }
  }

  /** What was stored, for reading at any position. */
  async finish(): Promise<Blob> {
    if (!this.#handle) return new Blob(this.#parts);
    await this.#spill();
    this.#handle.flush();
    this.#handle.close();
    this.#handle = null;
    return (await readFile(this.path)) ?? new Blob();
  }

  async discard(): Promise<void> {
    this.#handle?.close();
    this.#handle = null;
    this.#parts = [];
    if (isOpfsAvailable()) await removeForever(this.path).catch(() => undefined);
  }

  async #spill(): Promise<void> {
    if (!isOpfsAvailable() || typeof FileSystemFileHandle.prototype.createSyncAccessHandle !== 'function') {
      // A Blob of Blobs: the browser may move its parts to disk.
      this.#parts = [new Blob(this.#parts)];
      this.#memory = 0;
      return;
    }
    if (!this.#handle) {
      this.#handle = await openSyncAccess(this.path);
      this.#handle.truncate(0);
    }
    for (const part of this.#parts) {
      const bytes = part instanceof Blob ? new Uint8Array(await part.arrayBuffer()) : part;
      guardedWrite(this.#handle, bytes, this.#written);
      this.#written += bytes.length;
    }
    this.#parts = [];
    this.#memory = 0;
  }
}
