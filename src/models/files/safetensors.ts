import { throwIfAborted } from '../../base/progress.ts';
import { decodeF32, decodeF64, dtypeBytes } from './dtypes.ts';
import { badSafetensors } from './errors.ts';
import { headerLength, parseHeader, type SafetensorsHeader, type TensorEntry } from './safetensorsHeader.ts';

export type { TensorEntry } from './safetensorsHeader.ts';

/** Weights that can be read in any order, one tensor (or one piece of a tensor) in memory at a time. */
export interface SafetensorsFile {
  readonly metadata: Readonly<Record<string, string>>;
  /** In file order. */
  readonly tensors: readonly TensorEntry[];
  readonly byteLength: number;
  /** Whether a tensor of this name is there. */
  has(name: string): boolean;
  /** A whole tensor as float32, whatever it is stored as. Throws `safetensors-unknown-tensor`. */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** A whole tensor as float64: for tests and integers. */
  readF64(name: string): Promise<Float64Array<ArrayBuffer>>;
  /** A tensor in pieces of at most `maxElements`, so that a large embedding never stands in memory whole. */
  readChunks(
    name: string,
    maxElements: number,
  ): AsyncIterable<{ readonly elementOffset: number; readonly data: Float32Array<ArrayBuffer> }>;
}

export type SafetensorsSource = Blob | ArrayBuffer | Uint8Array;

/** Opens a safetensors file: reads and checks the header only. Throws `safetensors-*`. */
export async function openSafetensors(source: SafetensorsSource): Promise<SafetensorsFile> {
  const bytes = byteSource(source);
  const length = headerLength(await bytes.read(0, Math.min(8, bytes.byteLength)), bytes.byteLength);
  const header = parseHeader(await bytes.read(8, 8 + length), bytes.byteLength);
  return safetensorsFile(header, bytes);
}

interface ByteSource {
  readonly byteLength: number;
  read(from: number, to: number): Promise<Uint8Array>;
}

function byteSource(source: SafetensorsSource): ByteSource {
  if (source instanceof Blob)
    return {
      byteLength: source.size,
      read: async (from, to) => new Uint8Array(await source.slice(from, to).arrayBuffer()),
    };
  const bytes = source instanceof Uint8Array ? source : new Uint8Array(source);
  return { byteLength: bytes.byteLength, read: async (from, to) => bytes.slice(from, to) };
}

function safetensorsFile(header: SafetensorsHeader, bytes: ByteSource): SafetensorsFile {
  const byName = new Map(header.tensors.map((tensor) => [tensor.name, tensor]));
  const find = (name: string) => {
    const tensor = byName.get(name);
    if (!tensor) throw badSafetensors('safetensors-unknown-tensor', `it has no tensor '${name}'`, { name });
    return tensor;
  };
  // A file on disk may shrink between opening and reading.
  const exactly = async (from: number, to: number, name: string) => {
    const part = await bytes.read(from, to);
    if (part.byteLength !== to - from)
      throw badSafetensors('safetensors-truncated', `it ended inside '${name}'`, { name });
    return part;
  };
  const whole = (tensor: TensorEntry) =>
    exactly(tensor.byteOffset, tensor.byteOffset + tensor.byteLength, tensor.name);
  return {
    metadata: header.metadata,
    tensors: header.tensors,
    byteLength: header.byteLength,
    has: (name) => byName.has(name),
    async read(name) {
      const tensor = find(name);
      return decodeF32(tensor.dtype, await whole(tensor));
    },
    async readF64(name) {
      const tensor = find(name);
      return decodeF64(tensor.dtype, await whole(tensor));
    },
    async *readChunks(name, maxElements) {
      const { dtype, byteOffset, byteLength } = find(name);
      const size = dtypeBytes[dtype];
      const step = Math.max(1, Math.floor(maxElements)) * size;
      for (let at = 0; at < byteLength; at += step) {
        const end = Math.min(byteLength, at + step);
        const part = await exactly(byteOffset + at, byteOffset + end, name);
        yield { elementOffset: at / size, data: decodeF32(dtype, part) };
      }
    },
  };
}

export interface StreamedTensor {
  readonly entry: TensorEntry;
  readonly data: Float32Array<ArrayBuffer>;
}

/**
 * Reads tensors off a byte stream in file order as they arrive: one tensor in memory at a time, nothing stored.
 * Throws `safetensors-*`; an abort cancels the stream.
 */
export async function* streamSafetensors(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): AsyncGenerator<StreamedTensor> {
  const reader = stream.getReader();
  try {
    const take = takeFrom(reader, signal);
    const length = headerLength(await take(8), null);
    const header = parseHeader(await take(length), null);
    for (const entry of header.tensors) {
      const bytes = await take(entry.byteLength, entry.name);
      yield { entry, data: decodeF32(entry.dtype, bytes) };
    }
    if (!(await reader.read()).done)
      throw badSafetensors('safetensors-trailing', 'bytes follow its last tensor');
  } finally {
    // Ends a download that nobody reads on; a no-op where the stream is at its end.
    await reader.cancel().catch(() => undefined);
  }
}

function takeFrom(reader: ReadableStreamDefaultReader<Uint8Array>, signal: AbortSignal | undefined) {
  let rest: Uint8Array = new Uint8Array();
  return async (count: number, name = 'its header'): Promise<Uint8Array> => {
    // Grown as bytes arrive, never to the length a header claims: a lying header must not exhaust memory.
    const parts: Uint8Array[] = [];
    let got = 0;
    while (got < count) {
      throwIfAborted(signal);
      if (rest.byteLength === 0) {
        const { done, value } = await reader.read();
        if (done)
          throw badSafetensors('safetensors-truncated', `it ended inside ${name}`, { missing: count - got });
        rest = value;
      }
      const part = rest.subarray(0, count - got);
      parts.push(part);
      got += part.byteLength;
      rest = rest.subarray(part.byteLength);
    }
    const out = new Uint8Array(count);
    let at = 0;
    for (const part of parts) {
      out.set(part, at);
      at += part.byteLength;
    }
    return out;
  };
}
