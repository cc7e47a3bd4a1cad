import { Zip, ZipDeflate, ZipPassThrough } from 'fflate';
import { TrainerError } from './errors.ts';

// Zip without its 64-bit extension ends at 4 GiB.
const maxZipBytes = 2 ** 32 - 2 ** 20;

/** A zip in the making. Texts are compressed; bytes are stored, since weights do not compress and storing is as fast as the disk. */
export interface ZipBuilder {
  addText(name: string, text: string): void;
  addBytes(name: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>;
  finish(): Blob;
}

/** Throws `export-too-large` where `expectedBytes` are more than a zip holds. */
export function createZip(expectedBytes = 0): ZipBuilder {
  if (expectedBytes > maxZipBytes)
    throw new TrainerError(
      'export-too-large',
      `The weights take ${(expectedBytes / 2 ** 30).toFixed(1)} GiB; a zip written here holds 4 GiB.`,
      'Use the checkpoint in the browser’s storage, or train a smaller model.',
    );
  const parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  let failure: Error | null = null;
  const settle = () => {
    parts.push(new Blob(pending));
    pending = [];
    pendingBytes = 0;
  };
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    pending.push(new Uint8Array(chunk));
    pendingBytes += chunk.length;
    // A blob may live on disk; an array cannot.
    if (pendingBytes > 32 << 20) settle();
  });
  return {
    addText(name, text) {
      const entry = new ZipDeflate(name);
      zip.add(entry);
      entry.push(new TextEncoder().encode(text), true);
    },
    async addBytes(name, chunks) {
      const entry = new ZipPassThrough(name);
      zip.add(entry);
      for await (const chunk of chunks) entry.push(chunk);
      entry.push(new Uint8Array(0), true);
    },
    finish() {
      zip.end();
      if (failure) throw failure;
      settle();
      return new Blob(parts, { type: 'application/zip' });
    },
  };
}
