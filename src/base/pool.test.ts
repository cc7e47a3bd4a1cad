import { describe, expect, it } from 'vitest';
import { mapAtOnce } from './pool.ts';

const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('mapAtOnce', () => {
  it('keeps order and the number at once', async () => {
    let [running, most] = [0, 0];
    const doubled = await mapAtOnce([5, 1, 3, 0, 2], 2, async (item, index) => {
      most = Math.max(most, ++running);
      await later(item);
      running--;
      return item * 2 + index;
    });
    expect(doubled).toEqual([10, 3, 8, 3, 8]);
    expect(most).toBe(2);
    expect(await mapAtOnce([], 3, async () => 1)).toEqual([]);
  });

  it('starts nothing more after an error', async () => {
    const begun: number[] = [];
    const work = mapAtOnce([0, 1, 2, 3, 4, 5], 2, async (item) => {
      begun.push(item);
      await later(1);
      if (item === 1) throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    await later(10);
    expect(begun.length).toBeLessThanOrEqual(3);
  });
});
