import { crc32 } from '../../core/corpus/crc32.ts';

// A zip written as a stream (APPNOTE.TXT 6.3.10): sizes and checksums follow each member, and the directory stands at the end. With the
// 64-bit extension where a member, its place or their number needs it, which fflate does not write: a notebook with its data passes 4 GiB.

/** Takes the bytes of the zip in order; resolves when it wants more. */
export interface ZipSink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

export interface ZipWriter {
  /**
   * Returns the member's length. `mostBytes`: an upper bound of it, which decides how the sizes are written; infinity where nobody
   * knows. Throws what `chunks` and the sink throw.
   */
  add(
    path: string,
    chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    how: { readonly deflate: boolean; readonly mostBytes: number },
  ): Promise<number>;
  /** Writes the directory; returns the length of the whole. */
  finish(): Promise<number>;
}

interface DirectoryEntry {
  readonly name: Uint8Array;
  readonly method: number;
  readonly checksum: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly offset: number;
}

const most32 = 0xffff_ffff;
/** Deflate may lengthen what it cannot shorten. */
const slackBytes = 1 << 20;
/** Sizes follow the member; the name is UTF-8. */
const flags = 0x0808;

export function createZipWriter(sink: ZipSink, now: Date = new Date()): ZipWriter {
  const entries: DirectoryEntry[] = [];
  const stamp = dosTime(now);
  let at = 0;
  const write = async (bytes: Uint8Array) => {
    await sink.write(bytes as Uint8Array<ArrayBuffer>);
    at += bytes.byteLength;
  };

  return {
    async add(path, chunks, { deflate, mostBytes }) {
      const name = new TextEncoder().encode(path);
      const is64 = mostBytes + slackBytes >= most32;
      const method = deflate ? 8 : 0;
      const offset = at;
      const version = is64 ? 45 : 20;
      const local = fields()
        .u32(0x0403_4b50)
        .u16(version, flags, method, ...stamp)
        .u32(0, ...(is64 ? [most32, most32] : [0, 0]))
        .u16(name.length, is64 ? 20 : 0)
        .bytes(name);
      if (is64) local.u16(1, 16).u64(0, 0);
      await write(local.done());

      let [bytes, checksum] = [0, 0];
      async function* counted(): AsyncGenerator<Uint8Array> {
        for await (const chunk of chunks) {
          checksum = crc32(chunk, checksum);
          bytes += chunk.byteLength;
          yield chunk;
        }
      }
      const start = at;
      for await (const chunk of deflate ? deflated(counted()) : counted()) await write(chunk);
      const packedBytes = at - start;
      if (!is64 && Math.max(bytes, packedBytes) >= most32)
        throw new RangeError(`${path} is longer than it was said to be.`);
      const descriptor = fields().u32(0x0807_4b50, checksum);
      await write((is64 ? descriptor.u64(packedBytes, bytes) : descriptor.u32(packedBytes, bytes)).done());
      entries.push({ name, method, checksum, packedBytes, bytes, offset });
      return bytes;
    },

    async finish() {
      const start = at;
      for (const entry of entries) await write(directoryEntry(entry, stamp));
      const size = at - start;
      if (entries.length >= 0xffff || at >= most32) {
        const end64 = at;
        await write(
          fields()
            .u32(0x0606_4b50)
            .u64(44)
            .u16(45, 45)
            .u32(0, 0)
            .u64(entries.length, entries.length, size, start)
            .done(),
        );
        await write(fields().u32(0x0706_4b50, 0).u64(end64).u32(1).done());
      }
      const count = Math.min(entries.length, 0xffff);
      await write(
        fields()
          .u32(0x0605_4b50)
          .u16(0, 0, count, count)
          .u32(Math.min(size, most32), Math.min(start, most32))
          .u16(0)
          .done(),
      );
      return at;
    },
  };
}

/** Collects a zip as a blob: what it is given settles on disk where the browser keeps large blobs. */
export function blobSink(): ZipSink & { blob(): Blob } {
  const parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let pendingBytes = 0;
  const settle = () => {
    parts.push(new Blob(pending));
    pending = [];
    pendingBytes = 0;
  };
  return {
    async write(bytes) {
      pending.push(bytes);
      pendingBytes += bytes.byteLength;
      if (pendingBytes > 16 << 20) settle();
    },
    blob() {
      settle();
      return new Blob(parts, { type: 'application/zip' });
    },
  };
}

/** A zip collected as a blob, for what is exported. */
export interface ZipBlob {
  /** Texts are compressed; bytes are stored: weights do not shrink, and storing is as fast as the disk. */
  add(path: string, content: string | Blob | Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<void>;
  finish(): Promise<Blob>;
}

export function createZipBlob(): ZipBlob {
  const sink = blobSink();
  const zip = createZipWriter(sink);
  return {
    async add(path, content) {
      if (typeof content === 'string') {
        const bytes = new TextEncoder().encode(content);
        await zip.add(path, [bytes], { deflate: true, mostBytes: bytes.byteLength });
      } else if (content instanceof Blob)
        await zip.add(path, blocksOf(content), { deflate: false, mostBytes: content.size });
      else await zip.add(path, content, { deflate: false, mostBytes: Number.POSITIVE_INFINITY });
    },
    async finish() {
      await zip.finish();
      return sink.blob();
    },
  };
}

async function* blocksOf(blob: Blob): AsyncGenerator<Uint8Array> {
  const block = 4 << 20;
  for (let at = 0; at < blob.size; at += block)
    yield new Uint8Array(await blob.slice(at, at + block).arrayBuffer());
}

function directoryEntry(
  { name, method, checksum, packedBytes, bytes, offset }: DirectoryEntry,
  stamp: readonly [number, number],
): Uint8Array {
  // Only what does not fit stands in the 64-bit field, in this order.
  const large = [bytes, packedBytes, offset].filter((value) => value >= most32);
  const cut = (value: number) => Math.min(value, most32);
  const entry = fields()
    .u32(0x0201_4b50)
    .u16(45, large.length > 0 ? 45 : 20, flags, method, ...stamp)
    .u32(checksum, cut(packedBytes), cut(bytes))
    .u16(name.length, large.length > 0 ? 4 + 8 * large.length : 0, 0, 0, 0)
    .u32(0, cut(offset))
    .bytes(name);
  if (large.length > 0) entry.u16(1, 8 * large.length).u64(...large);
  return entry.done();
}

/** The browser's own compressor: it streams, and works beside this thread. */
async function* deflated(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const stream = new CompressionStream('deflate-raw');
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  let failure: { readonly error: unknown } | null = null;
  const pump = async () => {
    for await (const chunk of chunks) {
      await writer.ready;
      await writer.write(chunk as Uint8Array<ArrayBuffer>);
    }
    await writer.close();
  };
  const pumped = pump().catch(async (error: unknown) => {
    failure ??= { error };
    await writer.abort(error).catch(() => undefined);
  });
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (error) {
    failure ??= { error };
  } finally {
    await reader.cancel().catch(() => undefined);
    await pumped;
  }
  const failed = failure as { readonly error: unknown } | null;
  if (failed) throw failed.error;
}

function dosTime(at: Date): readonly [number, number] {
  const year = Math.min(2107, Math.max(1980, at.getFullYear()));
  return [
    (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1),
    ((year - 1980) << 9) | ((at.getMonth() + 1) << 5) | at.getDate(),
  ];
}

/** Little-endian fields one after another. */
function fields() {
  const out: number[] = [];
  const put = (size: number, values: readonly number[]) => {
    for (const value of values)
      // Division, not shifts: 64-bit lengths are beyond these.
      for (let at = 0, rest = value; at < size; at++, rest = Math.floor(rest / 256)) out.push(rest % 256);
    return own;
  };
  const own = {
    u16: (...values: number[]) => put(2, values),
    u32: (...values: number[]) => put(4, values),
    u64: (...values: number[]) => put(8, values),
    bytes(value: Uint8Array) {
      for (const byte of value) out.push(byte);
      return own;
    },
    done: () => Uint8Array.from(out),
  };
  return own;
}
