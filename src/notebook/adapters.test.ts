import { describe, expect, it } from 'vitest';
import { dropKeptAdapter, keepAdapter, listAdapters, setAdapters } from './adapters.ts';

const adapter = (name: string, byte: number) => ({
  name,
  baseModel: 'tiny',
  createdAt: '2026-11-21T12:00:00.000Z',
  note: '',
  config: '{}',
  weights: new Uint8Array([byte]),
});

describe('kept adapters', () => {
  const map = new Map<string, unknown>();
  const storage = {
    get: async (key: string) => map.get(key),
    set: async (key: string, value: unknown) => void map.set(key, structuredClone(value)),
  };
  const names = async (id: string) => (await listAdapters(storage, id)).map(({ name }) => name);

  it('stand newest first, one of each content, and come back after they were dropped', async () => {
    await keepAdapter(storage, 'n', adapter('first', 1));
    await keepAdapter(storage, 'n', adapter('second', 2));
    // The same weights again, under another name: moved to the front, not doubled.
    const [again] = await keepAdapter(storage, 'n', adapter('first again', 1));
    expect(await names('n')).toEqual(['first again', 'second']);
    expect(await names('another')).toEqual([]);
    const before = await dropKeptAdapter(storage, 'n', again?.id ?? '');
    expect(await names('n')).toEqual(['second']);
    await setAdapters(storage, 'n', before);
    expect(await names('n')).toEqual(['first again', 'second']);
  });
});
