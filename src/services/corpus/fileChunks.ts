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
