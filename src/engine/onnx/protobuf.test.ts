import { expect, test } from 'vitest';
import { ProtobufWriter } from './protobuf.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

// The examples of https://protobuf.dev/programming-guides/encoding/.
test('varints, strings and messages have the documented bytes', () => {
  expect(hex(new ProtobufWriter().varint(1, 150).finish())).toBe('089601');
  expect(hex(new ProtobufWriter().string(2, 'testing').finish())).toBe('120774657374696e67');
  expect(hex(new ProtobufWriter().message(3, (inner) => inner.varint(1, 150)).finish())).toBe('1a03089601');
  expect(hex(new ProtobufWriter().packedVarints(6, [3, 270, 86942]).finish())).toBe('3206038e029ea705');
});

test('negative numbers take ten bytes, floats four', () => {
  expect(hex(new ProtobufWriter().varint(1, -2).finish())).toBe('08feffffffffffffffff01');
  expect(hex(new ProtobufWriter().float(2, 1).finish())).toBe('150000803f');
});

test('payloads beyond the first buffer survive its growth', () => {
  const payload = Uint8Array.from({ length: 5000 }, (_, i) => i & 255);
  const bytes = new ProtobufWriter().varint(1, 1).delimited(2, payload).finish();
  expect(bytes.length).toBe(2 + 1 + 2 + payload.length);
  expect(bytes.slice(5)).toEqual(payload);
});
