import { expect, it } from 'vitest';
import { createNextRun } from './nextRun.ts';

it('hands a request to the run that it asked for, and to no other', async () => {
  const seen: (string | null)[] = [];
  const runs = createNextRun<string>(async () => void seen.push(runs.take()));
  await runs.start('run-1');
  expect(seen).toEqual(['run-1']);
  expect(runs.take()).toBeNull();
});

it('forgets a request whose run was refused', async () => {
  const runs = createNextRun<string>(async () => undefined);
  await runs.start('run-1');
  expect(runs.take()).toBeNull();
});

it('keeps the later of two requests where the first was refused meanwhile', async () => {
  const ends: (() => void)[] = [];
  const runs = createNextRun<string>(() => new Promise((resolve) => ends.push(resolve)));
  const first = runs.start('run-1');
  void runs.start('run-2');
  ends[0]?.();
  await first;
  expect(runs.take()).toBe('run-2');
});
