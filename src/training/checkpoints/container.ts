import { headerLength, parseHeader } from '../../models/files/safetensorsHeader.ts';
import { TrainingError } from '../errors.ts';
import { xxhash32 } from './xxhash.ts';

// Every binary file of a run is a safetensors file (github.com/huggingface/safetensors, "Format"), so that any of them can be
// opened in Python. Two additions that other readers see as plain data: JSON under the metadata key `verbena`, and a
// last tensor of pairs: (xxHash32, 1 where present) of each tensor before it, led by the hashes of the header and of all
// these pairs.

const arrays = {
  F64: Float64Array,
  F32: Float32Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;
const checksumName = 'verbena.checksums';

export type ContainerDtype = keyof typeof arrays;
export type ContainerArray = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array;

export interface ContainerTensor {
  readonly name: string;
  readonly dtype: ContainerDtype;
  readonly shape: readonly number[];
}

export interface ContainerData {
  readonly name: string;
  readonly data: ContainerArray;
}

/**
 * Encodes tensors as a stream of chunks. `data` comes in the order of `tensors`; optional ones may be left out (a model keeps no
 * moments for what it does not train) and are read back as absent. Throws `checkpoint-invalid` where a tensor is missing,
 * unknown, out of order or of another size.
 */
export async function* encodeContainer(
  metadata: unknown,
  tensors: readonly (ContainerTensor & { readonly optional?: boolean })[],
  data: AsyncIterable<ContainerData> | Iterable<ContainerData>,
): AsyncGenerator<Uint8Array> {
  const header = encodeHeader(metadata, tensors);
  const trailer = new Uint32Array(2 * (tensors.length + 1));
  yield header;
  let next = 0;
  // Room is left for the absent ones: the header, which comes first, cannot know them.
  function* skipTo(at: number): Generator<Uint8Array> {
    for (; next < at; next++) {
      const absent = tensors[next];
      if (!absent?.optional) throw invalid(`${absent?.name ?? 'a tensor'} is missing or out of order`);
      yield new Uint8Array(elements(absent.shape) * arrays[absent.dtype].BYTES_PER_ELEMENT);
    }
  }
  for await (const { name, data: values } of data) {
    const at = tensors.findIndex((tensor, i) => i >= next && tensor.name === name);
    const info = tensors[at];
    if (!info) throw invalid(`${name} is unknown or out of order`);
    if (values.length !== elements(info.shape) || !(values instanceof arrays[info.dtype]))
      throw invalid(`${name} has ${values.length} values where ${info.shape.join('×')} ${info.dtype} belong`);
    yield* skipTo(at);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    next = at + 1;
    trailer.set([xxhash32(bytes), 1], 2 * next);
    yield bytes;
  }
  yield* skipTo(tensors.length);
  trailer.set([xxhash32(header), pairsHash(trailer)]);
  yield new Uint8Array(trailer.buffer);
}

const pairsHash = (trailer: Uint32Array) => xxhash32(new Uint8Array(trailer.buffer, trailer.byteOffset + 8));

function encodeHeader(metadata: unknown, tensors: readonly ContainerTensor[]): Uint8Array {
  const entries: Record<string, unknown> = {
    __metadata__: { format: 'pt', verbena: JSON.stringify(metadata) },
  };
  let offset = 0;
  const checksums = { name: checksumName, dtype: 'U32', shape: [tensors.length + 1, 2] } as const;
  for (const { name, dtype, shape } of [...tensors, checksums]) {
    const end = offset + elements(shape) * arrays[dtype].BYTES_PER_ELEMENT;
    entries[name] = { dtype, shape, data_offsets: [offset, end] };
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  // Padded with spaces to a multiple of 8, as Hugging Face writes it.
  const padded = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return header;
}

/** An opened container: header checked against the file's size; tensors are read one at a time, each against its checksum. */
export interface Container {
  readonly metadata: unknown;
  readonly tensors: readonly ContainerTensor[];
  /** Throws `checkpoint-invalid` where the tensor is missing or its bytes are damaged. */
  read(name: string): Promise<ContainerArray>;
  /** Reads everything once and throws `checkpoint-invalid` at the first damage. */
  verify(): Promise<void>;
}

/** Opens a container. Throws `checkpoint-invalid` for a file that is cut off, damaged in its header, or no container. */
export async function openContainer(blob: Blob): Promise<Container> {
  const bytesAt = async (start: number, end: number) => {
    const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
    if (bytes.length !== end - start) throw invalid(`it is cut off at ${blob.size} bytes`);
    return bytes;
  };
  const { head, header, metadata } = await readHeader(blob, bytesAt);
  const checksumEntry = header.tensors.find(({ name }) => name === checksumName);
  const stored = header.tensors.filter(({ name }) => name !== checksumName);
  if (checksumEntry?.dtype !== 'U32' || elements(checksumEntry.shape) !== 2 * (stored.length + 1))
    throw invalid('it has no checksums');
  const { byteOffset, byteLength } = checksumEntry;
  const trailer = new Uint32Array((await bytesAt(byteOffset, byteOffset + byteLength)).buffer);
  if (xxhash32(head) !== trailer[0] || pairsHash(trailer) !== trailer[1])
    throw invalid('its header or its checksums are damaged');

  const present = new Map(
    stored
      .map((entry, i) => ({ entry, checksum: trailer[2 * i + 2], isPresent: trailer[2 * i + 3] === 1 }))
      .filter(({ isPresent }) => isPresent)
      .map(({ entry, checksum }) => [
        entry.name,
        { ...entry, dtype: entry.dtype as ContainerDtype, checksum },
      ]),
  );
  const read = async (name: string): Promise<ContainerArray> => {
    const entry = present.get(name);
    if (!entry) throw invalid(`it has no ${name}`);
    const bytes = await bytesAt(entry.byteOffset, entry.byteOffset + entry.byteLength);
    if (xxhash32(bytes) !== entry.checksum) throw invalid(`the bytes of ${name} are damaged`);
    return new arrays[entry.dtype](bytes.buffer);
  };
  return {
    metadata,
    tensors: [...present.values()].map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    read,
    async verify() {
      for (const name of present.keys()) await read(name);
    },
  };
}

async function readHeader(
  blob: Blob,
  bytesAt: (start: number, end: number) => Promise<Uint8Array<ArrayBuffer>>,
) {
  try {
    const length = headerLength(await bytesAt(0, Math.min(8, blob.size)), blob.size);
    const head = await bytesAt(0, 8 + length);
    const header = parseHeader(head.subarray(8), blob.size);
    const unknown = header.tensors.find(({ dtype }) => !(dtype in arrays));
    if (unknown) throw invalid(`${unknown.name} is ${unknown.dtype}`);
    return { head, header, metadata: JSON.parse(header.metadata['verbena'] ?? 'null') as unknown };
  } catch (error) {
    if (error instanceof TrainingError) throw error;
    throw invalid(error instanceof Error ? error.message : String(error), error);
  }
}

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

function invalid(problem: string, cause?: unknown): TrainingError {
  return new TrainingError(
    'checkpoint-invalid',
    `A stored file of this run cannot be used: ${problem}.`,
    'An earlier checkpoint is used where there is one; otherwise start the run again.',
    {},
    cause,
  );
}
