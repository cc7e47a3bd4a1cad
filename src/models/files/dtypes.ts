import { badSafetensors } from './errors.ts';

/** Bytes an element of each dtype of the safetensors format takes. */
export const dtypeBytes = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const;

export type Dtype = keyof typeof dtypeBytes;
export type FloatDtype = 'F32' | 'F16' | 'BF16';

export function isDtype(value: unknown): value is Dtype {
  return typeof value === 'string' && Object.hasOwn(dtypeBytes, value);
}

/** Little-endian bytes of a tensor as float32; integers and F64 are rounded. */
export function decodeF32(dtype: Dtype, bytes: Uint8Array): Float32Array<ArrayBuffer> {
  const { buffer, offset, count } = aligned(dtype, bytes);
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer, offset, count);
    case 'F16':
      return f16ToF32(new Uint16Array(buffer, offset, count));
    case 'BF16':
      return bf16ToF32(new Uint16Array(buffer, offset, count));
    default:
      return Float32Array.from(decodeF64(dtype, bytes));
  }
}

/** Little-endian bytes of a tensor as float64: exact for all but 64-bit integers beyond 2^53. */
export function decodeF64(dtype: Dtype, bytes: Uint8Array): Float64Array<ArrayBuffer> {
  const { buffer, offset, count } = aligned(dtype, bytes);
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, offset, count);
    case 'F32':
    case 'F16':
    case 'BF16':
      return Float64Array.from(decodeF32(dtype, bytes));
    case 'I64':
      return Float64Array.from(new BigInt64Array(buffer, offset, count), Number);
    case 'U64':
      return Float64Array.from(new BigUint64Array(buffer, offset, count), Number);
    case 'I32':
      return Float64Array.from(new Int32Array(buffer, offset, count));
    case 'U32':
      return Float64Array.from(new Uint32Array(buffer, offset, count));
    case 'I16':
      return Float64Array.from(new Int16Array(buffer, offset, count));
    case 'U16':
      return Float64Array.from(new Uint16Array(buffer, offset, count));
    case 'I8':
      return Float64Array.from(new Int8Array(buffer, offset, count));
    case 'U8':
    case 'BOOL':
      return Float64Array.from(new Uint8Array(buffer, offset, count));
  }
}

/** Float32 values as the little-endian bytes of `dtype`, rounded to nearest even. */
export function encodeFloats(dtype: FloatDtype, values: Float32Array): Uint8Array<ArrayBuffer> {
  if (dtype === 'F32') return new Uint8Array(values.slice().buffer);
  const bits = new Uint32Array(values.slice().buffer);
  const out = new Uint16Array(values.length);
  const convert = dtype === 'F16' ? f16Bits : bf16Bits;
  for (let i = 0; i < bits.length; i++) out[i] = convert(bits[i] as number);
  return new Uint8Array(out.buffer);
}

// Typed-array views need aligned offsets, which tensors in a file do not always have.
function aligned(dtype: Dtype, bytes: Uint8Array): { buffer: ArrayBuffer; offset: number; count: number } {
  const size = dtypeBytes[dtype];
  if (bytes.byteLength % size !== 0)
    throw badSafetensors(
      'safetensors-size',
      `${bytes.byteLength} bytes are no whole number of ${dtype} values`,
    );
  const shared = bytes.byteOffset % size === 0 && bytes.buffer instanceof ArrayBuffer;
  const view = shared ? bytes : new Uint8Array(bytes);
  return {
    buffer: view.buffer as ArrayBuffer,
    offset: view.byteOffset,
    count: bytes.byteLength / size,
  };
}

let halfTable: Float32Array | null = null;

// 65,536 entries once are faster than taking every value apart.
function f16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  halfTable ??= Float32Array.from({ length: 0x1_0000 }, (_, half) => halfValue(half));
  const out = new Float32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = halfTable[halves[i] as number] as number;
  return out;
}

function halfValue(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bf16ToF32(halves: Uint16Array): Float32Array<ArrayBuffer> {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = (halves[i] as number) << 16;
  return new Float32Array(bits.buffer);
}

function f16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = (bits >>> 23) & 0xff;
  const fraction = bits & 0x7f_ffff;
  if (exponent === 0xff) return sign | 0x7c00 | (fraction ? 0x200 : 0);
  const half = exponent - 127 + 15;
  if (half >= 31) return sign | 0x7c00;
  if (half <= 0) {
    if (half < -10) return sign;
    const shift = 14 - half;
    return sign | roundEven((fraction | 0x80_0000) >>> 0, shift);
  }
  // A carry out of the fraction raises the exponent, up to infinity, as rounding should.
  return sign | ((half << 10) + roundEven(fraction, 13));
}

function bf16Bits(bits: number): number {
  if ((bits & 0x7fff_ffff) > 0x7f80_0000) return (bits >>> 16) | 0x40;
  return roundEven(bits, 16) & 0xffff;
}

function roundEven(value: number, shift: number): number {
  const kept = Math.floor(value / 2 ** shift);
  const rest = value - kept * 2 ** shift;
  const half = 2 ** (shift - 1);
  return rest > half || (rest === half && kept % 2 === 1) ? kept + 1 : kept;
}
