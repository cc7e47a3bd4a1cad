import type { AsyncBuffer } from 'hyparquet';
import { throwIfAborted } from '../../base/progress.ts';
import { encodingOf, isGzip, isParquet, type TextEncodingName } from '../../core/corpus/encoding.ts';
import { CorpusError } from '../../core/corpus/errors.ts';
import { gunzip } from '../../core/corpus/gunzip.ts';
import { BrokenSource } from '../../core/corpus/indexFile.ts';
import type { Mapping } from '../../core/corpus/mapping.ts';
import { sniffBytes, type Head } from '../../core/corpus/sniff.ts';
import { fileSource, unreadable, type ByteSource } from './fileChunks.ts';
import { zipMember } from './zipSource.ts';

const blobStepBytes = 8 << 20;
/** Enough to tell formats and encodings apart. */
const magicBytes = 16;
const noColumns: ReadColumns = { textColumns: [], labelColumns: [] };

/** What of a Parquet file is read. */
type ReadColumns = Pick<Mapping, 'textColumns' | 'labelColumns' | 'articleColumn'>;

export interface SourceFacts {
  readonly gzip: boolean;
  readonly parquet: boolean;
  readonly encoding: TextEncodingName;
  /** True where the file's own bytes are UTF-8: rows can be read from it again without a copy. */
  readonly isSeekable: boolean;
}

/** Throws `zip-invalid`, `zip-encrypted`, `zip-unsafe-name`, `zip-nested`, `zip-too-large`, `file-unreadable`. */
export async function openSource(file: File, member?: string): Promise<ByteSource> {
  return member === undefined ? fileSource(file) : zipMember(file, member);
}

/**
 * What a source is, and its begin as `sniffHead` wants it; null of Parquet, which begins with no text. One read where the bytes
 * are the text: of ten thousand small files each read is felt. Throws as `sourceHead`.
 */
export async function lookInto(
  source: ByteSource,
  limit = sniffBytes,
): Promise<{ facts: SourceFacts; head: Head | null }> {
  // One byte more tells whether this was all.
  const bytes = await firstBytes(source, source.blob ? limit + 1 : magicBytes);
  const facts = await factsOf(source, bytes.subarray(0, magicBytes));
  if (facts.parquet) return { facts, head: null };
  if (!facts.isSeekable) return { facts, head: await sourceHead(source, facts, limit) };
  const { name, byteLength } = source;
  const isWhole = bytes.length <= limit;
  return { facts, head: { name, byteLength, bytes: bytes.subarray(0, limit), isWhole, gzip: false } };
}

async function factsOf(source: ByteSource, head: Uint8Array): Promise<SourceFacts> {
  const gzip = isGzip(head);
  const parquet = !gzip && isParquet(head);
  const encoding =
    gzip && !parquet
      ? encodingOf((await readHead(source, gzip, 4096)).bytes)
      : parquet
        ? 'utf-8'
        : encodingOf(head);
  return {
    gzip,
    parquet,
    encoding,
    isSeekable: !gzip && !parquet && encoding === 'utf-8' && source.blob !== null,
  };
}

/**
 * A source's text as UTF-8 bytes from its begin: decompressed, transcoded where it is UTF-16, and the columns that `mapping`
 * reads as JSON Lines where it is Parquet.
 */
export function textChunks(
  source: ByteSource,
  facts: Pick<SourceFacts, 'gzip' | 'encoding' | 'parquet'>,
  mapping: ReadColumns,
  signal?: AbortSignal,
  onRead?: (byteOffset: number) => void,
): AsyncIterable<Uint8Array> {
  if (facts.parquet) return parquetChunks(source, mapping, signal, onRead);
  let begun = false;
  const open = () => {
    // The decompressor may start over to salvage a damaged file; the second reading is no progress.
    const report = begun ? undefined : onRead;
    begun = true;
    return source.chunks(signal, report);
  };
  const bytes = facts.gzip ? gunzip(open) : open();
  return facts.encoding === 'utf-8' ? bytes : transcoded(bytes, facts.encoding);
}

async function* parquetChunks(
  source: ByteSource,
  mapping: ReadColumns,
  signal?: AbortSignal,
  onRead?: (byteOffset: number) => void,
): AsyncGenerator<Uint8Array> {
  const file = await parquetFile(source, signal, onRead);
  const { parquetText } = await import('../../core/corpus/parquet.ts');
  const { textColumns, labelColumns, articleColumn } = mapping;
  const article = articleColumn === undefined ? [] : [articleColumn];
  const columns = [...new Set([...textColumns, ...labelColumns, ...article])];
  for await (const chunk of parquetText(source.name, file, columns)) {
    throwIfAborted(signal);
    yield chunk;
  }
}

/** Parquet is read from its end, so a deflated member is inflated first; browsers keep a large Blob on disk. */
export async function parquetFile(
  source: ByteSource,
  signal?: AbortSignal,
  onRead?: (byteOffset: number) => void,
): Promise<AsyncBuffer> {
  const blob = source.blob ?? (await blobOf(source.chunks(signal)));
  return {
    byteLength: blob.size,
    async slice(start, end) {
      const bytes = await blob
        .slice(start, end)
        .arrayBuffer()
        .catch((error: unknown) => {
          throw unreadable(new File([], source.name), error);
        });
      onRead?.(Math.min(source.byteLength, end ?? blob.size));
      return bytes;
    },
  };
}

/** Chunks joined a few megabytes at a time, so that the browser may move them to disk. */
async function blobOf(chunks: AsyncIterable<Uint8Array>): Promise<Blob> {
  let blob = new Blob();
  let parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk.slice());
    length += chunk.length;
    if (length < blobStepBytes) continue;
    blob = new Blob([blob, ...parts]);
    parts = [];
    length = 0;
  }
  return new Blob([blob, ...parts]);
}

/** Throws `gzip-invalid`, `gzip-truncated`, `file-unreadable`. */
async function sourceHead(source: ByteSource, facts: SourceFacts, limit: number): Promise<Head> {
  const { gzip, encoding } = facts;
  const { bytes, isWhole } = await readHead(source, gzip, limit, encoding);
  return { name: source.name, byteLength: source.byteLength, bytes, isWhole, gzip };
}

async function readHead(
  source: ByteSource,
  gzip: boolean,
  limit: number,
  encoding: TextEncodingName = 'utf-8',
): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const collected: Uint8Array[] = [];
  let length = 0;
  let isCut = false;
  try {
    for await (const chunk of textChunks(source, { gzip, encoding, parquet: false }, noColumns)) {
      collected.push(chunk);
      length += chunk.length;
      if (length > limit) break;
    }
  } catch (error) {
    if (!(error instanceof BrokenSource)) throw error;
    // Whatever is good is looked at; only a file without one good byte is refused here.
    if (length === 0)
      throw new CorpusError(
        error.code,
        `${source.name} cannot be read: ${error.message}`,
        'Download or compress it again; its first bytes are already damaged.',
        {},
        error,
      );
    isCut = true;
  }
  const bytes = joined(collected, length);
  return { bytes: bytes.subarray(0, limit), isWhole: !isCut && length <= limit };
}

async function firstBytes({ name, blob, chunks }: ByteSource, count: number): Promise<Uint8Array> {
  // A slice is read at a fraction of what a stream costs to open.
  if (blob)
    return blob
      .slice(0, count)
      .arrayBuffer()
      .then(
        (bytes) => new Uint8Array(bytes),
        (error: unknown) => {
          throw unreadable(new File([], name), error);
        },
      );
  for await (const chunk of chunks()) return chunk.subarray(0, count);
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
