import { dtypeBytes, encodeFloats, type FloatDtype } from './dtypes.ts';
import { badSafetensors } from './errors.ts';

export interface TensorToWrite {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype?: FloatDtype;
}

export interface SafetensorsPlan {
  /** Bytes of the whole file, known before anything is read. */
  readonly byteLength: number;
  /** The length, the padded JSON header, then tensors in the order of their offsets. */
  readonly header: Uint8Array<ArrayBuffer>;
  readonly order: readonly Required<TensorToWrite>[];
}

/**
 * Lays a file out as Hugging Face's `safetensors` does: wide dtypes first, then by name, `{"format": "pt"}`, and a
 * header padded with spaces to 8 bytes. Throws RangeError for a name that stands twice.
 */
export function planSafetensors(
  tensors: readonly TensorToWrite[],
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): SafetensorsPlan {
  const order = tensors
    .map(({ name, shape, dtype = 'F32' }) => ({ name, shape, dtype }))
    .sort((a, b) => dtypeBytes[b.dtype] - dtypeBytes[a.dtype] || (a.name < b.name ? -1 : 1));
  // A null prototype: a tensor named `__proto__` must stay an entry.
  const entries = Object.create(null) as Record<string, unknown>;
  entries['__metadata__'] = metadata;
  let at = 0;
  for (const { name, shape, dtype } of order) {
    if (name in entries) throw new RangeError(`Two tensors are named '${name}'.`);
    const end = at + shape.reduce((a, b) => a * b, 1) * dtypeBytes[dtype];
    entries[name] = { dtype, shape, data_offsets: [at, end] };
    at = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const padded = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(8 + padded).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(padded), true);
  header.set(json, 8);
  return { byteLength: header.byteLength + at, header, order };
}

/**
 * The bytes of a file, a tensor at a time; `read` is asked for each tensor once, in file order.
 * Throws `safetensors-size` where `read` gives another number of values than the shape has.
 */
export async function* writeSafetensors(
  plan: SafetensorsPlan,
  read: (name: string) => Float32Array | Promise<Float32Array>,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  yield plan.header;
  for (const { name, shape, dtype } of plan.order) {
    const values = await read(name);
    const count = shape.reduce((a, b) => a * b, 1);
    if (values.length !== count)
      throw badSafetensors(
        'safetensors-size',
        `'${name}' has ${values.length} values for the shape [${shape.join(', ')}]`,
      );
    if (count > 0) yield encodeFloats(dtype, values);
  }
}
