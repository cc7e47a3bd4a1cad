import { describe, expect, it } from 'vitest';
import { encodeContainer, openContainer, type ContainerTensor } from './container.ts';
import { xxhash32 } from './xxhash.ts';

const tensors: ContainerTensor[] = [
  { name: 'a', dtype: 'F32', shape: [2, 3] },
  { name: 'b', dtype: 'U8', shape: [5] },
  { name: 'c', dtype: 'F64', shape: [2] },
  { name: 'empty', dtype: 'I32', shape: [0] },
];
const data = [
  { name: 'a', data: Float32Array.of(1, 2, 3, 4, 5, Number.NaN) },
  { name: 'b', data: Uint8Array.of(9, 8, 7, 6, 5) },
  { name: 'c', data: Float64Array.of(Math.PI, -0) },
  { name: 'empty', data: new Int32Array(0) },
];

async function encoded(): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of encodeContainer({ step: 7 }, tensors, data)) chunks.push(new Uint8Array(chunk));
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

const opened = async (bytes: Uint8Array<ArrayBuffer>) => {
  const container = await openContainer(new Blob([bytes]));
  await container.verify();
  return container;
};

describe('container', () => {
  it('returns every bit', async () => {
    const container = await opened(await encoded());
    expect(container.metadata).toEqual({ step: 7 });
    expect(container.tensors).toEqual(tensors);
    for (const { name, data: values } of data) expect(await container.read(name)).toEqual(values);
  });

  it('is a safetensors file: offsets from zero, contiguous, to the end', async () => {
    const bytes = await encoded();
    const headerBytes = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(headerBytes % 8).toBe(0);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + headerBytes))) as Record<
      string,
      { data_offsets: [number, number] }
    >;
    const ends = Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(([, e]) => e.data_offsets);
    expect(ends[0]?.[0]).toBe(0);
    expect(Math.max(...ends.flat())).toBe(bytes.length - 8 - headerBytes);
  });

  it('reads tensors that were left out as absent, and damage of that mark as damage', async () => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    const optional = tensors.map((tensor) => ({ ...tensor, optional: tensor.name !== 'c' }));
    for await (const chunk of encodeContainer(null, optional, data.slice(2, 3)))
      chunks.push(new Uint8Array(chunk));
    const container = await opened(new Uint8Array(await new Blob(chunks).arrayBuffer()));
    expect(container.tensors.map(({ name }) => name)).toEqual(['c']);
    expect(await container.read('c')).toEqual(data[2]?.data);
    await expect(container.read('a')).rejects.toMatchObject({ code: 'checkpoint-invalid' });
  });

  it('notices a cut at any length and a flipped bit at any byte', async () => {
    const bytes = await encoded();
    for (let length = 0; length < bytes.length; length += 3)
      await expect(opened(bytes.slice(0, length)), `cut at ${length}`).rejects.toMatchObject({
        code: 'checkpoint-invalid',
      });
    for (let at = 0; at < bytes.length; at++) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] as number) ^ (at % 2 ? 0x10 : 0x01);
      await expect(opened(flipped), `flip at ${at}`).rejects.toMatchObject({ code: 'checkpoint-invalid' });
    }
    await expect(opened(new Uint8Array([...bytes, 0]))).rejects.toMatchObject({ code: 'checkpoint-invalid' });
  });

  it.each([
    ['a missing tensor', data.slice(1)],
    ['tensors out of order', [...data.slice(1), ...data.slice(0, 1)]],
    ['an unknown tensor', [...data, { name: 'x', data: new Float32Array(1) }]],
    ['a wrong size', [{ name: 'a', data: new Float32Array(5) }, ...data.slice(1)]],
    ['a wrong type', [{ name: 'a', data: new Int32Array(6) }, ...data.slice(1)]],
  ])('refuses to write %s', async (_, given) => {
    const write = async () => {
      for await (const chunk of encodeContainer({}, tensors, given))
        expect(chunk.length).toBeGreaterThanOrEqual(0);
    };
    await expect(write()).rejects.toMatchObject({ code: 'checkpoint-invalid' });
  });
});

describe('xxHash32', () => {
  // Values of the reference implementation (xxhsum), seed 0.
  it.each([
    ['', 0x02cc5d05],
    ['a', 0x550d7456],
    ['abc', 0x32d153ff],
    ['Nobody inspects the spammish repetition', 0xe2293b2f],
  ])('of %j', (text, expected) => {
    expect(xxhash32(new TextEncoder().encode(text))).toBe(expected);
  });
});
