import { expect, it } from 'vitest';
import { nextTask } from './breath.ts';
import { serialQueue } from './serialQueue.ts';

it('runs tasks one at a time, in order, also behind one that failed', async () => {
  const inOrder = serialQueue();
  const seen: string[] = [];
  const task = (name: string, fails = false) =>
    inOrder(async () => {
      seen.push(`${name} begins`);
      await nextTask();
      if (fails) throw new Error(name);
      seen.push(`${name} ends`);
      return name;
    });
  const [a, b, c] = await Promise.allSettled([task('a'), task('b', true), task('c')]);
  expect([a.status, b.status, c.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(seen).toEqual(['a begins', 'a ends', 'b begins', 'c begins', 'c ends']);
});
