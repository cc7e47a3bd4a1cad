import { throwIfAborted } from '../../base/progress.ts';
import { CorpusError } from '../../core/corpus/errors.ts';

/** The bytes of one corpus file: a file, or a member of a zip archive. */
export interface ByteSource {
  /** As it is shown: `dump.zip/steps.csv`. */
  readonly name: string;
  /** On disk, as it is compressed. */
  readonly byteLength: number;
  /** The bytes where they can be read anywhere; null for a deflated member. */
  readonly blob: Blob | null;
  /** Bytes from the begin; `onRead` is told how many of those on disk are done with. Throws `file-unreadable`, `aborted`. */
  readonly chunks: (signal?: AbortSignal, onRead?: (byteOffset: number) => void) => AsyncIterable<Uint8Array>;
}

export function fileSource(file: File): ByteSource {
  return {
    name: file.name,
    byteLength: file.size,
    blob: file,
    chunks: (...args) => fileChunks(file, 0, ...args),
  };
}

/** A file's own bytes from `from` on, as the browser streams them. Throws `file-unreadable`, `aborted`. */
export async function* fileChunks(
  file: Blob,
  from: number,
  signal?: AbortSignal,
  onRead?: (byteOffset: number) => void,
): AsyncGenerator<Uint8Array> {
  const reader = file.slice(from).stream().getReader();
  let at = from;
  try {
    for (;;) {
      throwIfAborted(signal);
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw unreadable(file, error);
      });
      if (done) return;
      yield value;
      at += value.length;
      onRead?.(at);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

const smallBytes = 256 << 10;
const filesAhead = 16;

/** Reads the next few small files while one is parsed: each read is a round trip to the browser's process. */
export class ReadAhead {
  readonly #blobs: readonly (Blob | null)[];
  readonly #pending = new Map<number, Promise<Uint8Array>>();

  /** Of each file its bytes, null where they are read another way. */
  constructor(blobs: readonly (Blob | null)[]) {
    this.#blobs = blobs;
  }

  /** The whole of file `i` from its begin; null where it is large or not wanted from there. Throws `file-unreadable`. */
  take(i: number, from: number, onRead?: (byteOffset: number) => void): AsyncIterable<Uint8Array> | null {
    const blob = this.#small(i);
    if (!blob || from > 0) return null;
    for (let next = i; next < i + filesAhead; next++) this.#begin(next);
    const bytes = this.#pending.get(i);
    this.#pending.delete(i);
    return bytes ? this.#whole(bytes, onRead) : null;
  }

  #begin(i: number): void {
    const blob = this.#small(i);
    if (!blob || this.#pending.has(i)) return;
    const bytes = blob.arrayBuffer().then(
      (buffer) => new Uint8Array(buffer),
      (error: unknown) => {
        throw unreadable(blob, error);
      },
    );
    // Told when the file's turn comes; it may never come.
    bytes.catch(() => undefined);
    this.#pending.set(i, bytes);
  }

  #small(i: number): Blob | null {
    const blob = this.#blobs[i];
    return blob && blob.size <= smallBytes ? blob : null;
  }

  async *#whole(
    bytes: Promise<Uint8Array>,
    onRead?: (byteOffset: number) => void,
  ): AsyncGenerator<Uint8Array> {
    const all = await bytes;
    if (all.length > 0) yield all;
    onRead?.(all.length);
  }
}

/** The browser refuses to read a file that changed, moved or vanished since it was chosen. */
export function unreadable(file: Blob, cause: unknown): CorpusError {
  const name = file instanceof File ? file.name : 'The file';
  return new CorpusError(
    'file-unreadable',
    `${name} can no longer be read: it was changed, moved or removed since it was opened.`,
    'Open it again. To be safe from this, keep a copy in the browser.',
    {},
    cause,
  );
}
