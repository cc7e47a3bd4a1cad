import { describe, expect, it } from 'vitest';
import type { StepPoint } from '../../../services/trainer/contract.ts';
import { smooth, thin } from './curves.ts';
import { estimateMs } from './estimate.ts';
import { emptyLog, withEvent, type RunLog } from './runLog.ts';
import { paperDefaults } from '../../../training/presets.ts';
import { tokensPerSecond } from '../../../notebook/runSpeed.ts';

const point = (step: number, loss = 1): StepPoint => ({
  step,
  epoch: step / 10,
  loss,
  learningRate: 1e-4,
  gradientNorm: 1,
  tokens: 100,
  stepMs: 50,
  tokensPerSecond: 2000,
});
const steps = (...numbers: readonly number[]) =>
  ({ kind: 'steps', points: numbers.map((n) => point(n)), totalSteps: 100, etaMs: 1000 }) as const;
const evaluation = (step: number) =>
  ({
    kind: 'evaluation',
    point: { step, split: 'validation', loss: 1, microF1: 0, macroF1: 0, labelAccuracy: 0, isBest: false },
  }) as const;
const play = (log: RunLog, ...events: readonly Parameters<typeof withEvent>[1][]) =>
  events.reduce(withEvent, log);

describe('a run’s log', () => {
  it('grows by its events', () => {
    const log = play(emptyLog('r'), steps(1, 2), steps(3), evaluation(3), steps(4));
    expect(log.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(log.evaluations.map(({ step }) => step)).toEqual([3]);
    expect(log.totalSteps).toBe(100);
  });

  it('keeps an evaluation whose steps are reported after it', () => {
    const log = play(emptyLog('r'), steps(1, 2), evaluation(4), steps(3, 4, 5));
    expect(log.evaluations).toHaveLength(1);
  });

  it('shows no step twice when a resume goes back to its checkpoint', () => {
    const log = play(emptyLog('r'), steps(1, 2, 3, 4), evaluation(4), steps(3, 4), evaluation(4));
    expect(log.steps.map(({ step }) => step)).toEqual([1, 2, 3, 4]);
    expect(log.evaluations).toHaveLength(1);
  });

  it('keeps a failure until the run goes on', () => {
    const error = { code: 'device-lost', message: 'm', remedy: 'r', details: {} };
    const failed = play(emptyLog('r'), steps(1), { kind: 'failed', error });
    expect(failed).toMatchObject({ state: 'failed', error });
    expect(withEvent(failed, { kind: 'state', state: 'running', detail: '' }).error).toBeNull();
  });

  it('says a warning once', () => {
    const warning = { kind: 'warning', code: 'all-zero-collapse', message: 'm', remedy: 'r' } as const;
    expect(play(emptyLog('r'), warning, warning).warnings).toHaveLength(1);
  });

  it('forgets what an evaluation said when the next one does not say it again', () => {
    const stale = { kind: 'warning', code: 'macro-below-micro', message: 'm', remedy: 'r' } as const;
    const lasting = { kind: 'warning', code: 'checkpoint-torn', message: 'm', remedy: 'r' } as const;
    const after = play(emptyLog('r'), stale, lasting, evaluation(2));
    expect(after.warnings.map(({ code }) => code)).toEqual(['checkpoint-torn']);
  });
});

describe('curves', () => {
  it('smooths without a pull to zero at the start and over values that are not finite', () => {
    expect(smooth([4, 4, 4], 0.9).map((v) => v.toFixed(6))).toEqual(['4.000000', '4.000000', '4.000000']);
    expect(smooth([1, 2, 3], 0)).toEqual([1, 2, 3]);
    expect(smooth([2, Number.NaN, 2], 0.5)).toEqual([2, 2, 2]);
    const [, second] = smooth([0, 1], 0.9);
    expect(second).toBeCloseTo(0.1 / 0.19, 12);
  });

  it('thins to a budget, keeping both ends and every spike', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => Math.sin(i / 500));
    values[4321] = 9;
    values[8765] = -9;
    const at = thin(values, 400);
    expect(at.length).toBeLessThanOrEqual(402);
    expect(at).toEqual(expect.arrayContaining([0, 4321, 8765, 9999]));
    expect(thin([1, 2, 3], 10)).toEqual([0, 1, 2]);
  });
});

describe('estimates', () => {
  it('come from tokens over measured speed, without the first steps', () => {
    const slow = [1, 2].map((step) => Object.assign(point(step), { stepMs: 5000 }));
    const compiled = [...slow, ...Array.from({ length: 8 }, (_, i) => point(i + 3))];
    expect(tokensPerSecond(compiled)).toBeCloseTo(2000, 9);
    const hyperparameters = { ...paperDefaults(480).hyperparameters, epochs: 2 };
    expect(estimateMs(hyperparameters, 480, 9600, 2000)).toBeCloseTo((2 * 9600 * 1000) / 2000, 6);
    expect(estimateMs({ ...hyperparameters, maxSteps: 5 }, 480, 9600, 2000)).toBeCloseTo(2400, 6);
    expect(estimateMs(hyperparameters, 480, null, 2000)).toBeNull();
  });
});
