import { describe, expect, it } from 'vitest';
import { isWorthDeflating } from './member.ts';

describe('a member of the file', () => {
  it('compresses texts that shrink, and none that would be taken for a bomb', async () => {
    let state = 1;
    const words = Array.from({ length: 120_000 }, () => {
      state = (state * 1103515245 + 12345) % 2 ** 31;
      return `word${state % 5000}`;
    }).join(' ');
    expect(await isWorthDeflating(new Blob([words]))).toBe(true);
    expect(await isWorthDeflating(new Blob(['a'.repeat(1 << 20)]))).toBe(false);
    // Only its end repeats.
    expect(await isWorthDeflating(new Blob([words, 'a'.repeat(1 << 20)]))).toBe(false);
    expect(await isWorthDeflating(new Blob([crypto.getRandomValues(new Uint8Array(60_000))]))).toBe(false);
  });
});
