import { describe, expect, it } from 'vitest';
import { breather, breathing, nextTask } from './breath.ts';

/** Buffered: every chunk is there at once, so a loop over it sees microtasks only. */
async function* buffered(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    const until = performance.now() + 2;
    while (performance.now() < until);
    yield i;
  }
}

describe('breathing', () => {
  it('lets a message in while a loop over buffered chunks runs, which a bare loop does not', async () => {
    const consumedWhenHeard = async (chunks: AsyncIterable<number>) => {
      let consumed = 0;
      let heard: number | null = null;
      void nextTask().then(() => (heard = consumed));
      for await (const chunk of chunks) consumed = chunk + 1;
      return heard;
    };
    expect(await consumedWhenHeard(buffered(30))).toBeNull();
    expect(await consumedWhenHeard(breathing(buffered(30), 10))).toBeLessThan(30);
  });

  it('hands every chunk on, in order', async () => {
    const seen: number[] = [];
    for await (const chunk of breathing(buffered(20), 5)) seen.push(chunk);
    expect(seen).toEqual(Array.from({ length: 20 }, (_, i) => i));
  });

  it('costs no promise before a breath is due', () => {
    expect(breather(10_000)()).toBeUndefined();
  });
});
