import { throwIfAborted } from '../../base/progress.ts';
import { encodingOf, isGzip, type TextEncodingName } from '../../core/corpus/encoding.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { gunzip } from '../../core/corpus/gunzip.ts';
import { BrokenSource } from '../../core/corpus/indexFile.ts';
import { sniffBytes, type Head } from '../../core/corpus/sniff.ts';

export interface SourceFacts {
  readonly gzip: boolean;
  readonly encoding: TextEncodingName;
  /** True where the file's own bytes are UTF-8: rows can be read from it again without a copy. */
  readonly isSeekable: boolean;
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

export async function sourceFacts(file: Blob): Promise<SourceFacts> {
  const head = await firstBytes(fileChunks(file.slice(0, 16), 0), 16);
  const gzip = isGzip(head);
  const encoding = gzip ? encodingOf((await readHead(file, gzip, 4096)).bytes) : encodingOf(head);
  return { gzip, encoding, isSeekable: !gzip && encoding === 'utf-8' };
}

/** A file's text as UTF-8 bytes from its begin: decompressed, and transcoded where it is UTF-16. */
export function textChunks(
  file: Blob,
  facts: SourceFacts,
  signal?: AbortSignal,
  onRead?: (byteOffset: number) => void,
): AsyncIterable<Uint8Array> {
  let begun = false;
  const open = () => {
    // The decompressor may start over to salvage a damaged file; the second reading is no progress.
    const report = begun ? undefined : onRead;
    begun = true;
    return fileChunks(file, 0, signal, report);
  };
  const bytes = facts.gzip ? gunzip(open) : open();
  return facts.encoding === 'utf-8' ? bytes : transcoded(bytes, facts.encoding);
}

/** The begin of a file, as `sniffHead` wants it. Throws `gzip-invalid`, `gzip-truncated`, `file-unreadable`. */
export async function fileHead(file: File): Promise<Head> {
  const facts = await sourceFacts(file);
  const { bytes, isWhole } = await readHead(file, facts.gzip, sniffBytes, facts.encoding);
  return { name: file.name, byteLength: file.size, bytes, isWhole, gzip: facts.gzip };
}

async function readHead(
  file: Blob,
  gzip: boolean,
  limit: number,
  encoding: TextEncodingName = 'utf-8',
): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const source = textChunks(file.slice(0, limit * 4), { gzip, encoding, isSeekable: false });
  let isCut = file.size > limit * 4;
  const collected: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of source) {
      collected.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
  } catch (error) {
    if (!(error instanceof BrokenSource)) throw error;
    // The sample itself cuts the stream; only a file without one good byte is refused here.
    if (length === 0)
      throw new CorpusError(
        error.code,
        'The gzip file cannot be decompressed.',
        'Download or compress it again; its first bytes are already damaged.',
        {},
        error,
      );
    isCut = true;
  }
  const bytes = joined(collected, length);
  return { bytes: bytes.subarray(0, limit), isWhole: !isCut && length <= limit };
}

async function firstBytes(chunks: AsyncIterable<Uint8Array>, count: number): Promise<Uint8Array> {
  for await (const chunk of chunks) return chunk.subarray(0, count);
  return new Uint8Array(0);
}

async function* transcoded(
  chunks: AsyncIterable<Uint8Array>,
  encoding: TextEncodingName,
): AsyncGenerator<Uint8Array> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of chunks) yield encoder.encode(decoder.decode(chunk, { stream: true }));
  yield encoder.encode(decoder.decode());
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
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
