import { expect, test } from 'vitest';
import { logTicks } from './plotTheme.ts';

test('a log axis of counts writes each number once, and only numbers that can be counted', () => {
  expect(logTicks(1, 3).ticktext).toEqual(['1', '2', '3']);
  expect(logTicks(1, 12).ticktext).toEqual(['1', '2', '3', '4', '5', '7', '10']);
  for (const [low, high] of [
    [1, 2],
    [1, 30],
    [4, 900],
    [0.8, 664],
    [1, 1e6],
    [1757.7, 2971.8],
    [2285, 2286],
    [500, 500],
  ] as const) {
    const { tickvals, ticktext } = logTicks(low, high);
    expect(new Set(ticktext).size).toBe(ticktext.length);
    expect(tickvals.every((value) => value < 1 || Number.isInteger(value))).toBe(true);
    expect(tickvals.length).toBeGreaterThan(low === high ? 0 : 1);
  }
});
