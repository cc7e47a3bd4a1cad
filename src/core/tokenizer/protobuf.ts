// Just enough of the protobuf wire format to read a SentencePiece model (https://protobuf.dev/programming-guides/encoding).

export type WireValue =
  | { readonly kind: 'varint'; readonly value: number }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'fixed64' }
  | { readonly kind: 'bytes'; readonly value: Uint8Array };

export interface WireField {
  readonly number: number;
  readonly value: WireValue;
}

/** The fields of one message in file order. Throws RangeError where the bytes end early or are no protobuf. */
export function* fields(bytes: Uint8Array): Generator<WireField> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const varint = (): number => {
    let value = 0;
    // Multiplication instead of shifts: lengths may pass 2^31. Ten bytes carry 64 bits; low bits are all we need.
    for (let scale = 1, count = 0; count < 10; scale *= 128, count++) {
      if (at >= bytes.length) throw new RangeError('the bytes end inside a number');
      const byte = bytes[at++] as number;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number has more than ten bytes');
  };
  const skip = (count: number): number => {
    const from = at;
    if (from + count > bytes.length) throw new RangeError('the bytes end inside a field');
    at += count;
    return from;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number === 0) throw new RangeError('a field has the number 0');
    switch (tag % 8) {
      case 0:
        yield { number, value: { kind: 'varint', value: varint() } };
        break;
      case 1:
        skip(8);
        yield { number, value: { kind: 'fixed64' } };
        break;
      case 2: {
        const length = varint();
        const from = skip(length);
        yield { number, value: { kind: 'bytes', value: bytes.subarray(from, from + length) } };
        break;
      }
      case 5:
        yield { number, value: { kind: 'float', value: view.getFloat32(skip(4), true) } };
        break;
      default:
        throw new RangeError(`a field has the unknown wire type ${tag % 8}`);
    }
  }
}
