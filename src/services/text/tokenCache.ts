import { cacheFolder } from '../storage/cacheFolder.ts';

/** The part of a token table that depends on nothing but texts and settings. */
export interface CachedTokens {
  readonly offsets: Uint32Array;
  readonly ids: Int32Array;
  readonly fullLengths: Uint32Array;
}

/** Where token ids wait for the next run with the same texts and settings. */
export interface TokenCache {
  read(hash: string): Promise<CachedTokens | null>;
  /** Never fails: a cache that cannot be written is no reason to stop. */
  write(hash: string, tokens: CachedTokens): Promise<void>;
}

const magic = 0x4b_4f_54_56;
const version = 1;
const headerWords = 4;
const keptBytes = 512 << 20;

/**
 * Token ids in the OPFS, one file a hash: `VTOK`, version, rows, ids, then offsets, lengths and ids as 32-bit words.
 * The oldest files go when they take more than half a gigabyte together. A damaged file counts as absent.
 */
export function opfsTokenCache(files = cacheFolder('tokens', keptBytes)): TokenCache {
  return {
    async read(hash) {
      const bytes = await files.read(`${hash}.bin`);
      return bytes && decodeTokens(bytes);
    },
    write: (hash, tokens) => files.write(`${hash}.bin`, encodeTokens(tokens)),
  };
}

export function encodeTokens({ offsets, ids, fullLengths }: CachedTokens): Uint8Array<ArrayBuffer> {
  const rows = fullLengths.length;
  const words = new Uint32Array(headerWords + rows + 1 + rows + ids.length);
  words.set([magic, version, rows, ids.length]);
  words.set(offsets, headerWords);
  words.set(fullLengths, headerWords + rows + 1);
  new Int32Array(words.buffer).set(ids, headerWords + 2 * rows + 1);
  return new Uint8Array(words.buffer);
}

/** Null where the bytes are not what `encodeTokens` wrote. */
export function decodeTokens(bytes: Uint8Array<ArrayBuffer>): CachedTokens | null {
  if (bytes.byteLength % 4 !== 0 || bytes.byteLength < 4 * headerWords) return null;
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
  const [mark, format, rows = 0, idCount = 0] = words;
  if (mark !== magic || format !== version || words.length !== headerWords + 2 * rows + 1 + idCount)
    return null;
  const offsets = words.slice(headerWords, headerWords + rows + 1);
  if (offsets[0] !== 0 || offsets[rows] !== idCount) return null;
  for (let row = 0; row < rows; row++)
    if ((offsets[row] as number) > (offsets[row + 1] as number)) return null;
  return {
    offsets,
    fullLengths: words.slice(headerWords + rows + 1, headerWords + 2 * rows + 1),
    ids: new Int32Array(words.slice(headerWords + 2 * rows + 1).buffer),
  };
}
