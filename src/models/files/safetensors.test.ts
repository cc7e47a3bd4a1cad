import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { encodeFloats } from './dtypes.ts';
import { openSafetensors } from './safetensors.ts';
import { planSafetensors, writeSafetensors, type TensorToWrite } from './safetensorsWriter.ts';
import { sha256 } from './sha256.ts';
import { matchTensors } from './tensorNames.ts';

// Third-party goldens beside the repository; those tests skip without them.
const goldens = new URL('../../../../shared/goldens/', import.meta.url);

const tensors: TensorToWrite[] = [
  { name: 'b', shape: [3, 5], dtype: 'F16' },
  { name: 'a', shape: [7], dtype: 'F32' },
  { name: 'empty', shape: [0, 4] },
  { name: 'scalar', shape: [] },
  { name: 'z', shape: [2, 2, 3], dtype: 'BF16' },
  { name: '__proto__', shape: [1] },
];

function valuesOf(name: string): Float32Array {
  const shape = tensors.find((tensor) => tensor.name === name)?.shape ?? [];
  const stream = random(3, name.length, name.charCodeAt(0));
  return Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => stream.normal());
}

async function written(list = tensors): Promise<Uint8Array<ArrayBuffer>> {
  const plan = planSafetensors(list);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for await (const part of writeSafetensors(plan, valuesOf)) parts.push(part);
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  expect(bytes.byteLength).toBe(plan.byteLength);
  return bytes;
}

describe('what is written is read back', () => {
  it('keeps names, shapes and values, from bytes and from a Blob', async () => {
    const bytes = await written();
    const unaligned = new Uint8Array(bytes.byteLength + 1);
    unaligned.set(bytes, 1);
    for (const source of [bytes, bytes.buffer, new Blob([bytes]), unaligned.subarray(1)]) {
      const file = await openSafetensors(source);
      expect(file.metadata).toEqual({ format: 'pt' });
      expect(file.tensors.map(({ name }) => name).sort()).toEqual(tensors.map(({ name }) => name).sort());
      expect([...(await file.read('a'))]).toEqual([...valuesOf('a')]);
      expect([...(await file.read('scalar'))]).toEqual([...valuesOf('scalar')]);
      expect((await file.read('empty')).length).toBe(0);
      (await file.read('b')).forEach((value, i) => {
        expect(Math.abs(value - (valuesOf('b')[i] as number))).toBeLessThan(2 ** -10);
      });
      (await file.read('z')).forEach((value, i) => {
        expect(Math.abs(value / (valuesOf('z')[i] as number) - 1)).toBeLessThanOrEqual(2 ** -8);
      });
    }
  });

  it('writes the same bytes for the same tensors in any order, with data aligned to 8', async () => {
    const bytes = await written();
    expect(await written([...tensors].reverse())).toEqual(bytes);
    expect((await openSafetensors(bytes)).tensors[0]?.byteOffset).toSatisfy((at: number) => at % 8 === 0);
  });

  it('refuses values that do not fill the shape, and a name given twice', async () => {
    const plan = planSafetensors([{ name: 'a', shape: [3] }]);
    const write = async () => {
      for await (const _ of writeSafetensors(plan, () => new Float32Array(2)));
    };
    await expect(write()).rejects.toMatchObject({ code: 'safetensors-size' });
    expect(() => planSafetensors([tensors[0], tensors[0]] as TensorToWrite[])).toThrow(RangeError);
  });
});

describe('half precision', () => {
  it('decodes every f16 and encodes it back to the same bits', async () => {
    const bits = Uint16Array.from({ length: 0x1_0000 }, (_, i) => i).filter((h) => (h & 0x7fff) <= 0x7c00);
    const file = await openSafetensors(file1('F16', [bits.length], new Uint8Array(bits.buffer)));
    const values = await file.read('t');
    expect(values[1]).toBe(2 ** -24);
    expect(values[0x3c00]).toBe(1);
    expect(values[0x7bff]).toBe(65504);
    expect(new Uint16Array(encodeFloats('F16', values).buffer)).toEqual(bits);
  });

  it('rounds to nearest, ties to even, overflows to infinity and keeps NaN', () => {
    const encode = (value: number) => new Uint16Array(encodeFloats('F16', Float32Array.of(value)).buffer)[0];
    expect(encode(1 + 2 ** -11)).toBe(0x3c00);
    expect(encode(1 + 3 * 2 ** -11)).toBe(0x3c02);
    expect(encode(65519)).toBe(0x7bff);
    expect(encode(65520)).toBe(0x7c00);
    expect(encode(-(2 ** -25))).toBe(0x8000);
    expect(encode(1.01 * 2 ** -25)).toBe(1);
    expect((encode(Number.NaN) ?? 0) & 0x7fff).toBeGreaterThan(0x7c00);
    const bf16 = (value: number) => new Uint16Array(encodeFloats('BF16', Float32Array.of(value)).buffer)[0];
    expect(bf16(1 + 2 ** -8)).toBe(0x3f80);
    expect(bf16(1 + 3 * 2 ** -8)).toBe(0x3f82);
    expect((bf16(Number.NaN) ?? 0) & 0x7fff).toBeGreaterThan(0x7f80);
  });

  it('reads integers and float64 for tests', async () => {
    const long = new Uint8Array(BigInt64Array.of(-5n, 7n).buffer);
    expect([...(await (await openSafetensors(file1('I64', [2], long))).readF64('t'))]).toEqual([-5, 7]);
    const double = new Uint8Array(Float64Array.of(1 / 3).buffer);
    expect((await (await openSafetensors(file1('F64', [1], double))).readF64('t'))[0]).toBe(1 / 3);
  });
});

/** A file with one tensor `t`; `edit` rewrites its description. */
function file1(dtype: string, shape: readonly number[], data: Uint8Array): Uint8Array<ArrayBuffer> {
  return raw(JSON.stringify({ t: { dtype, shape, data_offsets: [0, data.byteLength] } }), data);
}

function raw(
  header: string | Uint8Array,
  data: Uint8Array = new Uint8Array(),
  length?: bigint,
): Uint8Array<ArrayBuffer> {
  const json = typeof header === 'string' ? new TextEncoder().encode(header) : header;
  const out = new Uint8Array(8 + json.byteLength + data.byteLength);
  new DataView(out.buffer).setBigUint64(0, length ?? BigInt(json.byteLength), true);
  out.set(json, 8);
  out.set(data, 8 + json.byteLength);
  return out;
}

const four = new Uint8Array(16);
const t = (fields: object) =>
  raw(JSON.stringify({ t: { dtype: 'F32', shape: [4], data_offsets: [0, 16], ...fields } }), four);
const two = (a: readonly number[], b: readonly number[]) =>
  raw(
    JSON.stringify({
      a: { dtype: 'F32', shape: [2], data_offsets: a },
      b: { dtype: 'F32', shape: [2], data_offsets: b },
    }),
    four,
  );

const lies: readonly (readonly [string, Uint8Array<ArrayBuffer>, string])[] = [
  ['an empty file', new Uint8Array(), 'safetensors-truncated'],
  ['seven bytes', new Uint8Array(7), 'safetensors-truncated'],
  ['a header of length zero', new Uint8Array(64), 'safetensors-header'],
  ['a header longer than the file', raw('{}', four, 1000n), 'safetensors-truncated'],
  ['a header of 2^63 bytes', raw('{}', four, 2n ** 63n), 'safetensors-header'],
  ['a web page', new TextEncoder().encode('<!doctype html><html></html>'), 'safetensors-header'],
  [
    'a pickle',
    Uint8Array.from([0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20]),
    'safetensors-header',
  ],
  ['a header that is not UTF-8', raw(Uint8Array.of(0x7b, 0xff, 0xfe, 0x7d)), 'safetensors-header'],
  ['a header that is not JSON', raw('{"t": oops}'), 'safetensors-header'],
  ['a header that is an array', raw('[]'), 'safetensors-header'],
  ['a tensor that is a number', raw('{"t": 3}'), 'safetensors-header'],
  [
    'the same tensor twice',
    raw(
      '{"t":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},"t":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}',
      four,
    ),
    'safetensors-header',
  ],
  [
    'the same field twice',
    raw('{"t":{"dtype":"F16","dtype":"F32","shape":[4],"data_offsets":[0,16]}}', four),
    'safetensors-header',
  ],
  ['an unknown field', t({ device: 'cuda' }), 'safetensors-header'],
  ['metadata that is no map of strings', raw('{"__metadata__": {"n": 1}}'), 'safetensors-header'],
  ['an unknown dtype', t({ dtype: 'F31' }), 'safetensors-dtype'],
  ['a dtype that is an object’s own method', t({ dtype: 'toString' }), 'safetensors-dtype'],
  ['a negative size', t({ shape: [-4] }), 'safetensors-header'],
  ['a fraction in the shape', t({ shape: [4.5] }), 'safetensors-header'],
  ['a shape that is a string', t({ shape: '4' }), 'safetensors-header'],
  ['too few bytes for the shape', t({ shape: [5] }), 'safetensors-size'],
  ['too many bytes for the shape', t({ shape: [3] }), 'safetensors-size'],
  ['a product beyond 2^53', t({ shape: [2 ** 40, 2 ** 40] }), 'safetensors-size'],
  ['offsets in the wrong order', t({ data_offsets: [16, 0] }), 'safetensors-header'],
  ['one offset', t({ data_offsets: [0] }), 'safetensors-header'],
  ['overlapping tensors', two([0, 8], [4, 12]), 'safetensors-overlap'],
  ['two tensors on the same bytes', two([0, 8], [0, 8]), 'safetensors-overlap'],
  [
    'a gap between tensors',
    raw(
      JSON.stringify({
        a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
        b: { dtype: 'F32', shape: [2], data_offsets: [8, 16] },
      }),
      four,
    ),
    'safetensors-gap',
  ],
  ['a gap before the first tensor', t({ shape: [3], data_offsets: [4, 16] }), 'safetensors-gap'],
  ['offsets beyond the end', t({ shape: [8], data_offsets: [0, 32] }), 'safetensors-truncated'],
  [
    'bytes after the last tensor',
    raw(JSON.stringify({ t: { dtype: 'F32', shape: [2], data_offsets: [0, 8] } }), four),
    'safetensors-trailing',
  ],
];

describe('lying and damaged files', () => {
  it.each(lies)('%s', async (_, bytes, code) => {
    await expect(openSafetensors(bytes)).rejects.toMatchObject({ code });
  });

  it('names the tensor in which a truncated file ends', async () => {
    const bytes = await written();
    const error = await openSafetensors(bytes.slice(0, -3)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'safetensors-truncated', details: { firstIncomplete: 'z' } });
  });

  it('names a tensor that is asked for and not there', async () => {
    const file = await openSafetensors(await written());
    await expect(file.read('toString')).rejects.toMatchObject({ code: 'safetensors-unknown-tensor' });
  });
});

describe.skipIf(!existsSync(goldens))('Hugging Face’s files', () => {
  it.each(['xlnet', 'bert', 'roberta', 'electra', 'distilbert'])(
    '%s: read whole, and written back byte for byte',
    async (name) => {
      const bytes = new Uint8Array(readFileSync(new URL(`${name}/model.safetensors`, goldens)));
      const file = await openSafetensors(new Blob([bytes]));
      const plan = planSafetensors(
        file.tensors.map((tensor) => ({ name: tensor.name, shape: tensor.shape })),
      );
      const values = new Map<string, Float32Array>();
      for (const tensor of file.tensors) values.set(tensor.name, await file.read(tensor.name));
      const parts: Uint8Array<ArrayBuffer>[] = [];
      for await (const part of writeSafetensors(plan, (tensor) => values.get(tensor) ?? new Float32Array()))
        parts.push(part);
      expect(new Uint8Array(await new Blob(parts).arrayBuffer())).toEqual(bytes);
    },
  );

  it('pairs tensors with or without the prefix, and names what does not fit', async () => {
    const bytes = new Uint8Array(readFileSync(new URL('xlnet/model.safetensors', goldens)));
    const { tensors: found } = await openSafetensors(bytes);
    const options = { prefix: 'transformer.' };
    expect(matchTensors(found, found, options).found.size).toBe(found.length);
    const bare = found.map((tensor) => ({ ...tensor, name: tensor.name.replace(/^transformer\./, '') }));
    const match = matchTensors(found, bare, options);
    expect(match.found.get('transformer.mask_emb')).toBe('mask_emb');

    const isHead = (name: string) => /^(sequence_summary|logits_proj)\./.test(name);
    const body = found.filter(({ name }) => !isHead(name));
    expect(matchTensors(found, body, { ...options, mayBeNew: isHead }).fresh).toHaveLength(4);
    expect(() => matchTensors(found, body, options)).toThrow(/logits_proj.bias.*sequence_summary/);
    expect(() => matchTensors(body, found, options)).toThrow(/no place for: logits_proj.bias/);
    expect(matchTensors(body, found, { ...options, ignore: isHead }).found.size).toBe(body.length);
    const wider = found.map((tensor) =>
      tensor.name === 'logits_proj.weight' ? { ...tensor, shape: [9, 32] } : tensor,
    );
    expect(() => matchTensors(wider, found, options)).toThrow(
      /logits_proj.weight: \[5, 32\] instead of \[9, 32\]/,
    );
    expect(matchTensors(wider, found, { ...options, mayBeNew: isHead }).fresh).toEqual([
      'logits_proj.weight',
    ]);
  });
});

describe('sha256', () => {
  it('equals Node’s for any length and any cut', () => {
    const stream = random(9);
    const bytes = Uint8Array.from({ length: 1000 }, () => stream.integer(256));
    for (const length of [0, 1, 55, 56, 63, 64, 65, 119, 120, 128, 999]) {
      const part = bytes.subarray(0, length);
      const hash = sha256();
      for (let at = 0; at < length;) {
        const step = 1 + stream.integer(100);
        hash.update(part.subarray(at, at + step));
        at += step;
      }
      expect(hash.hex()).toBe(createHash('sha256').update(part).digest('hex'));
    }
  });
});
