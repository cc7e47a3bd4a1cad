import { describe, expect, it } from 'vitest';
import { openPytorch } from './pytorch.ts';
import { legacyStateDict, zippedStateDict } from './pytorchFixtures.ts';

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
const blob = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]);
const formats = [
  ['zip', bytesOf(zippedStateDict)],
  ['legacy', bytesOf(legacyStateDict)],
] as const;

/** The code of the error that opening, or reading any tensor, ends in. */
async function failure(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  try {
    const file = await openPytorch(blob(bytes));
    for (const { name } of file.tensors) await file.read(name);
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'read';
}

/** A copy in which the first `from` is `to`, padded to its length. */
function patched(bytes: Uint8Array<ArrayBuffer>, from: string, to: string): Uint8Array<ArrayBuffer> {
  const latin = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
  const wanted = latin(from);
  const at = bytes.findIndex((_, i) => wanted.every((byte, k) => bytes[i + k] === byte));
  expect(at).toBeGreaterThan(0);
  const copy = bytes.slice();
  copy.set(latin(to.padEnd(from.length, '#')), at);
  return copy;
}

describe.each(formats)('a PyTorch file, %s', (format, bytes) => {
  it('is read tensor by tensor, views and transposed ones too', async () => {
    const file = await openPytorch(blob(bytes));
    expect(file.tensors).toEqual([
      { name: 'whole', shape: [3, 4] },
      { name: 'view', shape: [2] },
      { name: 'transposed', shape: [4, 3] },
      { name: 'half', shape: [3] },
      { name: 'embeddings.position_ids', shape: [1, 4] },
    ]);
    const quarters = (...values: number[]) => values.map((value) => value / 4);
    expect([...(await file.read('whole'))]).toEqual(quarters(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
    expect([...(await file.read('view'))]).toEqual(quarters(5, 6));
    expect([...(await file.read('transposed'))]).toEqual(quarters(0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11));
    expect([...(await file.read('half'))]).toEqual([1.5, -2, 0.25]);
    expect([...(await file.read('embeddings.position_ids'))]).toEqual([0, 1, 2, 3]);
    await expect(file.read('nothing')).rejects.toMatchObject({ code: 'pytorch-invalid' });
  });

  it('runs nothing: a file that names other code is refused', async () => {
    for (const [from, to] of [
      ['torch._utils\n_rebuild_tensor_v2', 'posix\nsystem'],
      ['collections\nOrderedDict', 'builtins\neval'],
    ] as const)
      expect(await failure(patched(bytes, from, to))).toBe('pytorch-refused');
    await expect(
      openPytorch(blob(patched(bytes, 'collections\nOrderedDict', 'builtins\neval'))),
    ).rejects.toThrow('builtins.eval###');
  });

  it('is refused where it is cut off, wherever that is', async () => {
    for (let length = 0; length < bytes.length; length += format === 'zip' ? 7 : 5)
      expect(await failure(bytes.slice(0, length))).toBe('pytorch-invalid');
  });

  it('never ends in an untyped error, whichever byte is damaged', async () => {
    const seen = new Set<string>();
    for (let at = 0; at < bytes.length; at++) {
      const copy = bytes.slice();
      copy[at] = (copy[at] as number) ^ 0x55;
      seen.add(await failure(copy));
    }
    expect([...seen].sort()).toEqual(['pytorch-invalid', 'pytorch-refused', 'read']);
  });
});

it('a web page in its place is no PyTorch file', async () => {
  expect(await failure(new TextEncoder().encode('<!doctype html><title>404</title>'))).toBe(
    'pytorch-invalid',
  );
});
