import { expect, test } from 'vitest';
import { sliderThresholds } from './warm.ts';

test('every step of the slider once, the middle first', () => {
  const thresholds = sliderThresholds();
  expect(thresholds.slice(0, 3)).toEqual([0.5, 0.51, 0.49]);
  // As the slider rounds them: equal numbers, or the evaluator's memory would not be found.
  const steps = Array.from({ length: 99 }, (_, i) => Number(((i + 1) / 100).toFixed(2)));
  expect([...thresholds].sort((a, b) => a - b)).toEqual(steps);
});
