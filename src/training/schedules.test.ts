import { describe, expect, it } from 'vitest';
import { learningRateAt, scheduleFactor } from './schedules.ts';
import { paperDefaults } from './presets.ts';

const rates = (schedule: 'constant' | 'linear' | 'cosine', warmup: number, total: number) =>
  Array.from({ length: total }, (_, update) => scheduleFactor(schedule, update, warmup, total));

// The numbers of Hugging Face's own tests (tests/optimization/test_optimization.py): peak 10, 10 steps, 2 of warm-up.
describe('schedules equal Hugging Face', () => {
  it.each([
    ['constant', [0, 5, 10, 10, 10, 10, 10, 10, 10, 10]],
    ['linear', [0, 5, 10, 8.75, 7.5, 6.25, 5, 3.75, 2.5, 1.25]],
    ['cosine', [0, 5, 10, 9.61, 8.53, 6.91, 5, 3.08, 1.46, 0.38]],
  ] as const)('%s', (schedule, expected) => {
    const got = rates(schedule, 2, 10).map((factor) => 10 * factor);
    for (const [i, value] of expected.entries())
      expect(Math.abs((got[i] as number) - value)).toBeLessThan(0.01);
  });

  it('starts at the peak without warm-up and never falls below zero', () => {
    expect(scheduleFactor('linear', 0, 0, 5)).toBe(1);
    expect(scheduleFactor('linear', 9, 0, 5)).toBe(0);
    expect(scheduleFactor('cosine', 0, 0, 5)).toBe(1);
    expect(scheduleFactor('linear', 3, 10, 5)).toBeCloseTo(0.3, 15);
  });

  it('counts steps from one', () => {
    const h = {
      ...paperDefaults(1000).hyperparameters,
      schedule: 'linear',
      warmupSteps: 4,
      learningRate: 1,
    } as const;
    expect([1, 2, 5, 6].map((step) => learningRateAt(h, step, 8))).toEqual([0, 0.25, 1, 0.75]);
  });
});
