import { decodeF32, dtypeBytes, type Dtype } from './dtypes.ts';
import { ModelFileError } from './errors.ts';
import { PickleError, unpickle, type PickleGlobal } from './pickle.ts';
import type { WeightSource } from '../weights.ts';
import { zipEntries } from './storedZip.ts';

// `pytorch_model.bin`, in both of PyTorch's formats: a zip of stored entries (1.6 and later), and pickles followed by raw
// storages (before). https://github.com/pytorch/pytorch/blob/main/torch/serialization.py

/** Consecutive elements in the file, shared by the tensors that view them. */
interface Storage {
  readonly key: string;
  readonly dtype: Dtype;
  readonly elements: number;
  /** Of a legacy view into a larger storage, in elements. */
  readonly viewOffset: number;
}

interface StoredTensor {
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

class Stored {
  constructor(readonly tensor: StoredTensor) {}
}

const storageTypes: Readonly<Record<string, Dtype>> = {
  FloatStorage: 'F32',
  HalfStorage: 'F16',
  BFloat16Storage: 'BF16',
  DoubleStorage: 'F64',
  LongStorage: 'I64',
  IntStorage: 'I32',
  ShortStorage: 'I16',
  CharStorage: 'I8',
  ByteStorage: 'U8',
  BoolStorage: 'BOOL',
};

/** The pickles of a base model take some tens of kilobytes. */
const mostPickleBytes = 8 << 20;

const legacyMagic = [
  0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e,
];

/**
 * Opens a PyTorch state dict for reading a tensor at a time; nothing in it is ever run.
 * Throws `pytorch-invalid`, and `pytorch-refused` where it names code beyond what tensors need.
 */
export async function openPytorch(file: Blob): Promise<WeightSource> {
  try {
    const head = await bytesOf(file, 0, legacyMagic.length);
    const isLegacy = legacyMagic.every((byte, i) => head[i] === byte);
    const { tensors, offsetOf } = isLegacy ? await openLegacy(file) : await openZip(file);
    for (const [name, tensor] of tensors) check(name, tensor, offsetOf, file.size);
    return {
      tensors: [...tensors].map(([name, { shape }]) => ({ name, shape })),
      async read(name) {
        const tensor = tensors.get(name);
        if (!tensor) throw invalid(`it has no tensor '${name}'`, { name });
        return readTensor(file, tensor, offsetOf(tensor.storage));
      },
    };
  } catch (error) {
    if (error instanceof PickleError) throw invalid(error.message, {}, error);
    throw error;
  }
}

interface OpenedFile {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Byte at which a storage begins. */
  readonly offsetOf: (storage: Storage) => number;
}

async function openZip(file: Blob): Promise<OpenedFile> {
  const entries = await zipEntries(file);
  if (!entries) throw invalid('it is neither of the formats that PyTorch writes');
  const pickle = [...entries].find(([name]) => /^[^/]+\/data\.pkl$/.test(name));
  if (!pickle) throw invalid('it holds no data.pkl');
  const [name, place] = pickle;
  if (place.byteLength > mostPickleBytes) throw invalid('its pickle is no state dict');
  const bytes = await bytesOf(file, place.byteOffset, place.byteOffset + place.byteLength);
  const folder = name.slice(0, -'data.pkl'.length);
  return {
    tensors: stateDict(unpickle(bytes, 0, host).value),
    offsetOf(storage) {
      const entry = entries.get(`${folder}data/${storage.key}`);
      if (!entry) throw invalid(`the storage ${storage.key} is missing`);
      if (entry.byteLength < storage.elements * dtypeBytes[storage.dtype])
        throw invalid(`the storage ${storage.key} is cut off`);
      return entry.byteOffset;
    },
  };
}

async function openLegacy(file: Blob): Promise<OpenedFile> {
  const bytes = await bytesOf(file, 0, Math.min(file.size, mostPickleBytes));
  const storages = new Map<string, Storage>();
  const noting = {
    ...host,
    persistent(id: unknown) {
      const storage = storageOf(id);
      storages.set(storage.key, storage);
      return storage;
    },
  };
  const { end: protocolEnd } = unpickle(bytes, legacyMagic.length, host);
  const { end: systemEnd } = unpickle(bytes, protocolEnd, host);
  const state = unpickle(bytes, systemEnd, noting);
  const { value: keys, end } = unpickle(bytes, state.end, host);
  if (!Array.isArray(keys)) throw invalid('it lists no storages');
  const offsets = new Map<string, number>();
  let at = end;
  for (const key of keys as unknown[]) {
    const storage = storages.get(String(key));
    if (!storage) throw invalid(`no tensor uses the storage ${String(key)}`);
    const header = await bytesOf(file, at, at + 8);
    const elements = new DataView(header.buffer, header.byteOffset, 8).getBigInt64(0, true);
    if (elements !== BigInt(storage.elements))
      throw invalid(`the storage ${storage.key} has ${elements} elements instead of ${storage.elements}`);
    offsets.set(storage.key, at + 8);
    at += 8 + storage.elements * dtypeBytes[storage.dtype];
  }
  return {
    tensors: stateDict(state.value),
    offsetOf(storage) {
      const offset = offsets.get(storage.key);
      if (offset === undefined) throw invalid(`the storage ${storage.key} is missing`);
      return offset;
    },
  };
}

/** All that a state dict may name. */
const host = {
  call({ module, name }: PickleGlobal, args: readonly unknown[]): unknown {
    const full = `${module}.${name}`;
    if (full === 'collections.OrderedDict') return new Map((args[0] ?? []) as [unknown, unknown][]);
    if (full === 'torch._utils._rebuild_tensor_v2' || full === 'torch._utils._rebuild_tensor')
      return rebuild(args);
    if (full === 'torch._utils._rebuild_parameter') return args[0];
    if (full === 'torch.Size') return args[0];
    throw new ModelFileError(
      'pytorch-refused',
      `The weights file asks to run ${full}, which no weights need.`,
      'Use weights in the safetensors format, and be wary of this file: opening it with Python would run its code.',
      { global: full },
    );
  },
  persistent: storageOf,
};

function storageOf(id: unknown): Storage {
  const [kind, type, key, , elements, view] = Array.isArray(id) ? (id as unknown[]) : [];
  const name = typeof type === 'object' && type !== null && 'name' in type ? String(type.name) : '';
  const dtype = storageTypes[name];
  if (kind !== 'storage' || typeof key !== 'string' || !isCount(elements))
    throw new PickleError('it refers to something that is no storage');
  if (!dtype) throw new PickleError(`it stores numbers as ${name}`);
  const viewOffset: unknown = Array.isArray(view) ? view[1] : 0;
  if (!isCount(viewOffset)) throw new PickleError('it refers to something that is no storage');
  return { key, dtype, elements, viewOffset };
}

function rebuild([storage, offset, shape, strides]: readonly unknown[]): Stored {
  const counts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);
  if (!isStorage(storage) || !isCount(offset) || !counts(shape) || !counts(strides))
    throw new PickleError('it holds something that is no tensor');
  if (shape.length !== strides.length) throw new PickleError('it holds something that is no tensor');
  return new Stored({ storage, offset, shape, strides });
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'viewOffset' in value;
}

/** Names and tensors, of the file itself or of its `state_dict`; other entries are no weights. */
function stateDict(value: unknown): Map<string, StoredTensor> {
  const inner = value instanceof Map ? ((value.get('state_dict') as unknown) ?? value) : value;
  const tensors = new Map<string, StoredTensor>();
  if (inner instanceof Map)
    for (const [name, entry] of inner as Map<unknown, unknown>)
      if (typeof name === 'string' && entry instanceof Stored) tensors.set(name, entry.tensor);
  if (tensors.size === 0) throw invalid('it holds no named tensors');
  return tensors;
}

/** Every element must lie in the storage, and the storage in the file. */
function check(
  name: string,
  tensor: StoredTensor,
  offsetOf: OpenedFile['offsetOf'],
  fileBytes: number,
): void {
  const { storage, offset, shape, strides } = tensor;
  const last = shape.reduce((sum, size, i) => sum + Math.max(0, size - 1) * (strides[i] as number), offset);
  const size = dtypeBytes[storage.dtype];
  const end = offsetOf(storage) + (storage.viewOffset + last + 1) * size;
  const isEmpty = shape.includes(0);
  if (!isEmpty && (storage.viewOffset + last >= storage.elements || end > fileBytes))
    throw invalid(`it ends inside '${name}'`, { name });
}

async function readTensor(file: Blob, tensor: StoredTensor, at: number): Promise<Float32Array<ArrayBuffer>> {
  const { storage, offset, shape, strides } = tensor;
  const count = shape.reduce((a, b) => a * b, 1);
  if (count === 0) return new Float32Array(0);
  const size = dtypeBytes[storage.dtype];
  const span = shape.reduce((sum, n, i) => sum + (n - 1) * (strides[i] as number), 1);
  const from = at + (storage.viewOffset + offset) * size;
  const values = decodeF32(storage.dtype, await bytesOf(file, from, from + span * size));
  let dense = 1;
  const isContiguous = shape.every((_, i) => {
    const axis = shape.length - 1 - i;
    const fits = shape[axis] === 1 || strides[axis] === dense;
    dense *= shape[axis] as number;
    return fits;
  });
  if (isContiguous) return values;
  const out = new Float32Array(count);
  const index = shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    out[i] = values[index.reduce((sum, n, axis) => sum + n * (strides[axis] as number), 0)] as number;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      if ((index[axis] as number) < (shape[axis] as number)) break;
      index[axis] = 0;
    }
  }
  return out;
}

async function bytesOf(file: Blob, from: number, to: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.slice(from, to).arrayBuffer());
  if (bytes.byteLength !== to - from) throw invalid('it is cut off');
  return bytes;
}

function invalid(what: string, details: Record<string, unknown> = {}, cause?: unknown): ModelFileError {
  return new ModelFileError(
    'pytorch-invalid',
    `pytorch_model.bin is not usable: ${what}.`,
    'Download or copy it again, or save the model as safetensors: `model.save_pretrained(folder)` in Python.',
    details,
    cause,
  );
}
