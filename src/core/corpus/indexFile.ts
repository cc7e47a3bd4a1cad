import { throwIfAborted, type TaskOptions } from '../../base/progress.ts';
import { ContentHash } from './contentHash.ts';
import { guessNewline } from './csvScanner.ts';
import { CsvReader } from './csvReader.ts';
import { CorpusError, emptyFile, noArticles } from './errors.ts';
import type { IndexBuilder } from './indexBuilder.ts';
import { JsonLinesReader, JsonReader } from './jsonReader.ts';
import { MediaWikiReader } from './mediaWikiReader.ts';
import type { BadRowCode, Mapping } from './mapping.ts';
import { defaultMaxRecordBytes, type ReaderState, type RecordReader } from './recordReader.ts';

/** Bytes gathered before a reader looks at them: small enough to stay in cache, large enough to forget the calls. */
const defaultBlockBytes = 1 << 20;
/** Line ends are guessed from at most this many bytes. */
const newlineBytes = 1 << 16;

/** Where a file's index pass stands: all that is needed to go on from there. */
export interface FilePosition {
  readonly byteOffset: number;
  readonly newline: 'lf' | 'cr';
  readonly reader: ReaderState;
  readonly contentHash: readonly number[];
}

export interface IndexFileOptions extends TaskOptions {
  readonly name: string;
  readonly fileId: number;
  readonly mapping: Mapping;
  readonly builder: IndexBuilder;
  /** Continues an earlier pass; `chunks` must begin at its `byteOffset`. */
  readonly resume?: FilePosition | undefined;
  /** Called between blocks, at a row's border, after at least `savePointBytes` more bytes. */
  readonly onSavePoint?: ((position: FilePosition) => Promise<void>) | undefined;
  readonly savePointBytes?: number | undefined;
  readonly maxRecordBytes?: number | undefined;
  readonly blockBytes?: number | undefined;
  /** Called after each block with the bytes done with. */
  readonly onBytes?: ((byteOffset: number) => void) | undefined;
}

export interface IndexedFile {
  readonly byteLength: number;
  readonly contentHash: string;
  readonly newline: 'lf' | 'cr';
  /** The header of a CSV or TSV file, or `#0`, `#1`, ...; what a MediaWiki export calls its categories; empty for JSON. */
  readonly columns: readonly string[];
}

type BrokenCode = BadRowCode & ('gzip-truncated' | 'gzip-invalid' | 'zip-invalid' | 'parquet-invalid');

/** Thrown by a source of bytes that broke off midway: the rows before it are kept and this is logged. */
export class BrokenSource extends Error {
  readonly code: BrokenCode;
  constructor(code: BrokenCode, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * The index pass over one file's (decompressed, UTF-8) bytes: rows and bad rows go to `builder`. Memory is bounded by the
 * largest record. Throws `file-empty`, `header-only`, `no-text-column`, `no-label-column`, `mapping-invalid`, `aborted`.
 */
export async function indexFile(
  chunks: AsyncIterable<Uint8Array>,
  options: IndexFileOptions,
): Promise<IndexedFile> {
  const { name, fileId, builder, resume, signal } = options;
  const maxRecordBytes = options.maxRecordBytes ?? defaultMaxRecordBytes;
  const blockBytes = options.blockBytes ?? defaultBlockBytes;
  const hash = resume ? ContentHash.fromState(resume.contentHash) : new ContentHash();
  const rowsBefore = builder.rowCount + builder.bad.length;
  let base = resume?.byteOffset ?? 0;
  let newline = resume?.newline ?? null;
  let reader: RecordReader | null = null;
  let buffer = new Uint8Array(blockBytes * 2);
  let length = 0;
  // A record that did not fit grows its block by half each time, so that a long one is not scanned over and over.
  let wanted = blockBytes;
  let savedAt = base;

  const drain = (last: boolean): number => {
    const bytes = buffer.subarray(0, length);
    newline ??= guessNewline(bytes.subarray(0, newlineBytes), last || length >= newlineBytes);
    if (newline === null) {
      wanted = Math.max(wanted, length * 2);
      return length;
    }
    reader ??= makeReader(options, newline);
    let done = reader.read(bytes, base, last);
    if (done === 0 && length > maxRecordBytes) done = reader.overflow(bytes, base);
    hash.update(bytes.subarray(0, done));
    buffer.copyWithin(0, done, length);
    length -= done;
    base += done;
    wanted = Math.max(blockBytes, Math.ceil(length * 1.5));
    options.onBytes?.(base);
    return length;
  };

  let broken: BrokenSource | null = null;
  try {
    for await (const chunk of chunks) {
      throwIfAborted(signal);
      for (let at = 0; at < chunk.length;) {
        const taken = Math.min(chunk.length - at, Math.max(wanted - length, 1));
        if (length + taken > buffer.length) buffer = enlarged(buffer, length, length + taken);
        buffer.set(chunk.subarray(at, at + taken), length);
        at += taken;
        length += taken;
        if (length >= wanted) drain(false);
      }
      if (options.onSavePoint && reader && base - savedAt >= (options.savePointBytes ?? 64 << 20)) {
        savedAt = base;
        await options.onSavePoint({
          byteOffset: base,
          newline: newline ?? 'lf',
          reader: (reader as RecordReader).state(),
          contentHash: hash.state(),
        });
      }
    }
  } catch (error) {
    if (!(error instanceof BrokenSource)) throw error;
    broken = error;
  }
  if (base + length === 0 && !broken) throw emptyFile(name);
  // Always once more, even with nothing left: a JSON array may have ended without its bracket.
  let left = drain(true);
  while (left > 0) {
    const before = left;
    left = drain(true);
    if (left === before) throw new Error(`${left} bytes of ${name} were left unread.`);
  }
  if (broken && base === 0)
    throw new CorpusError(
      broken.code,
      `${name} cannot be read: ${broken.message}`,
      'Download or make it again; its first bytes are already damaged.',
    );
  if (broken) {
    const line = 1 + (builder.lines.length > 0 ? builder.lines.at(builder.lines.length - 1) : 0);
    builder.bad.add(fileId, line, base, 0, broken.code, broken.message);
  }
  if (!broken && !resume && builder.rowCount + builder.bad.length === rowsBefore)
    throw options.mapping.format === 'mediawiki'
      ? noArticles(name)
      : new CorpusError(
          'header-only',
          `${name} has a header and no rows.`,
          'If its first line is a row, switch the header off in the mapping panel; otherwise choose another file.',
        );
  const columns = ((reader as RecordReader | null)?.state()['columns'] ?? []) as readonly string[];
  return { byteLength: base, contentHash: hash.digest(), newline: newline ?? 'lf', columns };
}

function makeReader(options: IndexFileOptions, newline: 'lf' | 'cr'): RecordReader {
  const { name, fileId, mapping, builder, resume } = options;
  const shared = { fileId, mapping, builder, ...(resume ? { resumed: resume.reader } : {}) };
  if (mapping.format === 'mediawiki') return new MediaWikiReader({ ...shared, name });
  // A Parquet file arrives as JSON Lines of the columns that are read (parquetText.ts).
  if (mapping.format === 'jsonl' || mapping.format === 'parquet') return new JsonLinesReader(shared);
  if (mapping.format === 'json') return new JsonReader(shared);
  return new CsvReader({ ...shared, name, newline });
}

function enlarged(buffer: Uint8Array, length: number, needed: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(needed, buffer.length * 1.5));
  larger.set(buffer.subarray(0, length));
  return larger;
}
