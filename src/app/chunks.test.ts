import { describe, expect, it } from 'vitest';
import { createChunks, fetchWhenIdle } from './chunks.ts';

const nothing = async () => undefined;

describe('chunks', () => {
  it('are fetched once, however many ask', async () => {
    let fetches = 0;
    const { load, store } = createChunks({
      a: async () => ++fetches,
      b: async () => 0,
    });
    expect(store.getState().a.kind).toBe('away');
    const both = [load('a'), load('a')];
    expect(store.getState().a.kind).toBe('coming');
    expect(await Promise.all([...both, load('a')])).toEqual([1, 1, 1]);
    expect(store.getState().a).toEqual({ kind: 'here', value: 1 });
    expect(store.getState().b.kind).toBe('away');
  });

  it('that fail say so with a remedy, and are fetched anew when asked for again', async () => {
    let isOnline = false;
    const order: string[] = [];
    const { load, store } = createChunks(
      {
        a: async () => {
          order.push('fetch');
          if (!isOnline) throw new TypeError('Failed to fetch dynamically imported module');
          return 'code';
        },
      },
      async () => void order.push('styles'),
    );
    await expect(load('a')).rejects.toMatchObject({ code: 'chunk-missing' });
    const failed = store.getState().a;
    expect(failed.kind === 'failed' && failed.error.remedy).toMatch(/try again.*reload the page/iu);
    await expect(load('a')).rejects.toMatchObject({ code: 'chunk-missing' });
    isOnline = true;
    expect(await load('a')).toBe('code');
    // What came with the module may be lost as well.
    expect(order).toEqual(['fetch', 'styles', 'fetch', 'styles', 'fetch']);
    expect(store.getState().a.kind).toBe('here');
  });

  it('come one after another when the page is idle, past those that fail', async () => {
    const order: string[] = [];
    const { load } = createChunks(
      {
        a: async () => void order.push('a'),
        b: async () => {
          order.push('b');
          throw new Error('gone');
        },
        c: async () => void order.push('c'),
      },
      nothing,
    );
    fetchWhenIdle((['a', 'b', 'c'] as const).map((id) => () => load(id).catch(nothing)));
    await expect.poll(() => order, { timeout: 5000 }).toEqual(['a', 'b', 'c']);
  });
});
