import { expect, it } from 'vitest';
import { progressEta, throttled, type Progress } from './progress.ts';

const at = (phase: string, done: number): Progress => ({ phase, done, total: 100, unit: 'rows' });

it('estimates the time that remains from the pace of the phase, and begins anew with another', () => {
  const eta = progressEta();
  expect(eta(at('reading', 0), 0)).toBeNull();
  expect(eta(at('reading', 10), 1000)).toBe(9000);
  expect(eta(at('training', 0), 2000)).toBeNull();
  expect(eta(at('training', 50), 2500)).toBe(500);
  // The same phase from its beginning: another part of the work.
  expect(eta(at('training', 1), 3000)).toBeNull();
});

it('lets the first and the last report through, however close they are', () => {
  const seen: number[] = [];
  const report = throttled(({ done }) => seen.push(done), 1000);
  for (const done of [0, 40, 70, 100]) report(at('reading', done));
  expect(seen).toEqual([0, 100]);
});
