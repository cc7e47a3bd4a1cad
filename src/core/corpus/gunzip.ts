import { Gunzip } from 'fflate';
import { crc32 } from './crc32.ts';
import { BrokenSource } from './indexFile.ts';

/**
 * Compressed bytes handed on at a time: the browser decompresses a piece without pause, so a stop waits for up to a thousand
 * times as much text; what is lost of a broken stream stays small too.
 */
const pieceBytes = 1 << 15;

/**
 * Decompresses gzip as it streams. The browser's own decompressor does the work; it drops output it had ready when the
 * input turns out damaged and refuses files of several members (bgzip, `cat a.gz b.gz`), so on its error the rest is read
 * by fflate. Throws `BrokenSource` (`gzip-truncated`, `gzip-invalid`) after the last good byte.
 */
export async function* gunzip(open: () => AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let delivered = 0;
  let nativeError: unknown;
  try {
    for await (const chunk of nativeGunzip(open)) {
      delivered += chunk.length;
      yield chunk;
    }
    return;
  } catch (error) {
    if (!isDecompressorError(error)) throw error;
    nativeError = error;
  }
  let position = 0;
  let members = 0;
  let ready: Uint8Array[] = [];
  const unzip = new Gunzip((chunk) => ready.push(chunk));
  unzip.onmember = () => members++;
  const flush = function* () {
    const chunks = ready;
    ready = [];
    for (const chunk of chunks) {
      const fresh = chunk.subarray(Math.min(chunk.length, Math.max(0, delivered - position)));
      position += chunk.length;
      if (fresh.length > 0) yield fresh;
    }
  };
  let failure: unknown = null;
  for await (const piece of pieces(open())) {
    try {
      unzip.push(piece, false);
    } catch (error) {
      failure = error;
    }
    yield* flush();
    if (failure) break;
  }
  if (!failure) {
    try {
      unzip.push(new Uint8Array(0), true);
    } catch (error) {
      failure = error;
    }
    yield* flush();
  }
  if (failure === null && members > 1) return;
  // Where only the trailing checksum is cut off, fflate, which does not check it, finds nothing wrong.
  const verdict = String(failure ?? nativeError);
  throw /EOF|truncated|end of file/iu.test(verdict)
    ? new BrokenSource('gzip-truncated', 'The gzip file ends too early: rows up to here were read.')
    : new BrokenSource('gzip-invalid', 'The gzip data is damaged from here on: rows before were read.');
}

/**
 * Decompresses one member of a zip archive and holds it to what the directory says of it. Throws `BrokenSource` (`zip-invalid`)
 * where it is damaged, cut off, has another checksum or grows beyond its declared size.
 */
export async function* inflateMember(
  open: () => AsyncIterable<Uint8Array>,
  declared: { readonly byteLength: number; readonly crc32: number },
): AsyncGenerator<Uint8Array> {
  let length = 0;
  let checksum = 0;
  const broken = (why: string) =>
    new BrokenSource('zip-invalid', `The zip member ${why}: rows up to here were read.`);
  try {
    for await (const chunk of nativeGunzip(open, 'deflate-raw')) {
      length += chunk.length;
      if (length > declared.byteLength) throw broken('grows beyond the size its archive declares');
      checksum = crc32(chunk, checksum);
      yield chunk;
    }
  } catch (error) {
    if (isDecompressorError(error)) throw broken('is damaged or cut off');
    throw error;
  }
  if (length < declared.byteLength) throw broken('ends too early');
  if (checksum !== declared.crc32) throw broken('has another checksum than its archive says');
}

async function* nativeGunzip(
  open: () => AsyncIterable<Uint8Array>,
  format: 'gzip' | 'deflate-raw' = 'gzip',
): AsyncGenerator<Uint8Array> {
  const stream = new DecompressionStream(format);
  const writer = stream.writable.getWriter();
  const reader = stream.readable.getReader();
  let sourceError: unknown = null;
  const pump = async () => {
    const source = pieces(open());
    for (;;) {
      let next: IteratorResult<Uint8Array>;
      try {
        next = await source.next();
      } catch (error) {
        sourceError = error;
        throw error;
      }
      if (next.done) return writer.close();
      await writer.ready;
      await writer.write(next.value as Uint8Array<ArrayBuffer>);
    }
  };
  const pumped = pump().catch((error: unknown) => writer.abort(error).catch(() => undefined));
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw sourceError ?? error;
  } finally {
    await reader.cancel().catch(() => undefined);
    await pumped;
  }
}

async function* pieces(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.length; at += pieceBytes) yield chunk.subarray(at, at + pieceBytes);
}

/** Node's decompressor fails with its zlib's codes where browsers throw a TypeError. */
function isDecompressorError(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && (code.startsWith('Z_') || code.startsWith('ERR_'));
}
