import { EmbeddingError, type Vectors } from './vectors.ts';

// NumPy's format 1.0 (numpy.lib.format): magic, version, length of the header, a Python dict, then the values, little endian.
const magic = '\u0093NUMPY';
const align = 64;

/** Vectors as a `.npy` file, float32 `[count, width]` in C order: `numpy.load` reads it. */
export function toNpy({ count, width, values }: Vectors): Uint8Array<ArrayBuffer> {
  return npyBytes('<f4', [count, width], values.subarray(0, count * width));
}

/** Any array as a `.npy` file in C order; `descr` is NumPy's name of the element type, `[]` the shape of a single value. */
export function npyBytes(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
): Uint8Array<ArrayBuffer> {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${sides}), }`;
  const start = Math.ceil((10 + dict.length + 1) / align) * align;
  const bytes = new Uint8Array(start + data.byteLength);
  for (let i = 0; i < magic.length; i++) bytes[i] = magic.charCodeAt(i);
  bytes[6] = 1;
  new DataView(bytes.buffer).setUint16(8, start - 10, true);
  const header = `${dict.padEnd(start - 11)}\n`;
  for (let i = 0; i < header.length; i++) bytes[10 + i] = header.charCodeAt(i);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}

/** Reads what `toNpy` wrote; other dtypes and orders are refused. Throws `embedding-shape`. */
export function fromNpy(bytes: Uint8Array): Vectors {
  const text = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (bytes.length < 10 || text(0, 6) !== magic || bytes[6] !== 1)
    throw refused('is no .npy file of format 1.0');
  const start = 10 + (bytes[8] as number) + 256 * (bytes[9] as number);
  const header = text(10, start);
  const shape = /'shape':\s*\((\d+),\s*(\d+)\)/u.exec(header);
  if (!shape || !header.includes("'<f4'") || !/'fortran_order':\s*False/u.test(header))
    throw refused('holds no float32 matrix in C order');
  const [count, width] = [Number(shape[1]), Number(shape[2])];
  if (bytes.length !== start + 4 * count * width) throw refused('is cut off');
  return { count, width, values: new Float32Array(bytes.slice(start).buffer) };
}

function refused(why: string): EmbeddingError {
  return new EmbeddingError(
    'embedding-shape',
    `The file ${why}.`,
    'Save it with numpy.save from a float32 array.',
  );
}
