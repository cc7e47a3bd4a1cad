// Just enough of WebAssembly's binary format (https://webassembly.github.io/spec/core/binary/) for one function with SIMD.

type Bytes = readonly number[];

/** LEB128, unsigned. */
function u32(value: number): Bytes {
  const bytes: number[] = [];
  for (let rest = value >>> 0; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** LEB128, signed. */
function i32(value: number): Bytes {
  const bytes: number[] = [];
  for (let rest = value | 0; ; rest >>= 7) {
    if (rest >= -64 && rest < 64) return [...bytes, rest & 0x7f];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

const vector = (items: readonly Bytes[]) => [...u32(items.length), ...items.flat()];
const section = (id: number, content: Bytes) => [id, ...u32(content.length), ...content];
const name = (text: string) => [...u32(text.length), ...Array.from(text, (c) => c.charCodeAt(0))];
// The magic word and version 1.
const header: Bytes = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const memoryOperand = (align: number, offset: number) => [align, ...u32(offset)];

export const op = {
  get: (local: number) => [0x20, ...u32(local)],
  set: (local: number) => [0x21, ...u32(local)],
  tee: (local: number) => [0x22, ...u32(local)],
  constant: (value: number) => [0x41, ...i32(value)],
  add: [0x6a],
  load: (offset: number) => [0x28, ...memoryOperand(2, offset)],
  /** Runs the body again for as long as it leaves something other than 0. */
  repeat: (...body: readonly Bytes[]) => [0x03, 0x40, ...body.flat(), 0x0d, 0x00, 0x0b],
  zeros: [0xfd, 0x0c, ...Array<number>(16).fill(0)],
  loadVector: (offset: number) => [0xfd, 0x00, ...memoryOperand(2, offset)],
  /** Four times the float at the address. */
  loadSplat: (offset: number) => [0xfd, 0x09, ...memoryOperand(2, offset)],
  storeVector: (offset: number) => [0xfd, 0x0b, ...memoryOperand(2, offset)],
  addFloats: [0xfd, 0xe4, 0x01],
  multiplyFloats: [0xfd, 0xe6, 0x01],
} as const;

/** A module with one function `run` over i32 parameters, and an imported memory `env.memory`. */
export function moduleOf(shape: {
  readonly parameters: number;
  /** Numbered after the parameters: i32 first, then v128. */
  readonly integers: number;
  readonly vectors: number;
  readonly body: readonly Bytes[];
}): Uint8Array<ArrayBuffer> {
  const [int, v128] = [0x7f, 0x7b];
  const code = [
    ...vector([
      [...u32(shape.integers), int],
      [...u32(shape.vectors), v128],
    ]),
    ...shape.body.flat(),
    0x0b,
  ];
  return Uint8Array.from([
    ...header,
    ...section(1, vector([[0x60, ...vector(Array.from({ length: shape.parameters }, () => [int])), 0x00]])),
    ...section(2, vector([[...name('env'), ...name('memory'), 0x02, 0x00, 0x01]])),
    ...section(3, vector([[0x00]])),
    ...section(7, vector([[...name('run'), 0x00, 0x00]])),
    ...section(10, vector([[...u32(code.length), ...code]])),
  ]);
}
