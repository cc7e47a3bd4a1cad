import { decodeF32, decodeF64 } from './dtypes.ts';
import { badSafetensors } from './errors.ts';
import { headerLength, parseHeader, type SafetensorsHeader, type TensorEntry } from './safetensorsHeader.ts';

export type { TensorEntry } from './safetensorsHeader.ts';

/** Weights that can be read in any order, one tensor in memory at a time. */
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
  };
}
