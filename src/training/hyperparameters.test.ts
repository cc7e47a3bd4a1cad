import { describe, expect, it } from 'vitest';
import { assertHyperparameters, hyperparameterProblems, totalSteps } from './hyperparameters.ts';
import { paperDefaults, sensibleDefaults } from './presets.ts';
import type { Hyperparameters } from './types.ts';

const good = paperDefaults(10_000).hyperparameters;

describe('hyperparameters', () => {
  it.each<[string, Partial<Hyperparameters>]>([
    ['invalid-learning-rate', { learningRate: 0 }],
    ['invalid-learning-rate', { learningRate: Number.NaN }],
    ['invalid-learning-rate', { learningRate: 4 }],
    ['invalid-batch-size', { batchSize: 2.5 }],
    ['invalid-epochs', { epochs: 0 }],
    ['invalid-max-steps', { maxSteps: -1 }],
    ['invalid-max-length', { maxLength: 1 }],
    ['budget-below-length', { budgetTokens: 511 }],
    ['invalid-warmup-steps', { warmupSteps: -3 }],
    ['invalid-weight-decay', { weightDecay: 1 }],
    ['invalid-beta1', { beta1: 1 }],
    ['invalid-beta2', { beta2: -0.1 }],
    ['invalid-epsilon', { epsilon: 0 }],
    ['invalid-clip-norm', { clipNorm: 0 }],
    ['invalid-dropout', { dropout: 1 }],
    ['invalid-evaluate-every', { evaluateEverySteps: 0 }],
    ['invalid-checkpoint-every', { checkpointEverySteps: Number.POSITIVE_INFINITY }],
    ['invalid-patience', { patience: 0 }],
    // They multiply halves.
    ['invalid-choice', { matrixInstructions: 'on' }],
  ])('%s for %o, naming the field and a remedy', (code, change) => {
    const [problem, ...rest] = hyperparameterProblems({ ...good, ...change });
    expect(rest).toEqual([]);
    expect(problem).toMatchObject({ code, details: { field: Object.keys(change)[0] } });
    expect(problem?.remedy.length).toBeGreaterThan(10);
    expect(() => assertHyperparameters({ ...good, ...change })).toThrow(expect.objectContaining({ code }));
  });

  it('counts steps with the partial batch, and lets maxSteps only shorten', () => {
    expect(totalSteps({ ...good, batchSize: 48, epochs: 2, maxSteps: null }, 100)).toBe(6);
    expect(totalSteps({ ...good, batchSize: 48, epochs: 2, maxSteps: 4 }, 100)).toBe(4);
    expect(totalSteps({ ...good, batchSize: 48, epochs: 2, maxSteps: 40 }, 100)).toBe(6);
  });
});

describe('presets', () => {
  it("holds the paper's four numbers", () => {
    expect(good).toMatchObject({ learningRate: 4e-4, batchSize: 48, epochs: 40, maxLength: 512 });
  });

  it.each([0, 1, 50, 1999, 2000, 12_000, 250_000])(
    'are runnable for %i rows and give every change a reason',
    (rows) => {
      const paper = paperDefaults(rows);
      for (const preset of [paper, sensibleDefaults(rows), sensibleDefaults(rows, { pretrained: false })]) {
        expect(hyperparameterProblems(preset.hyperparameters)).toEqual([]);
        expect(preset.hyperparameters.warmupSteps).toBeLessThan(
          Math.max(1, totalSteps(preset.hyperparameters, Math.max(1, rows))),
        );
        const changed = Object.entries(preset.hyperparameters)
          .filter(([field, value]) => value !== paper.hyperparameters[field as keyof Hyperparameters])
          .map(([field]) => field);
        expect(Object.keys({ ...preset.reasons, checkpointEverySteps: '' })).toEqual(
          expect.arrayContaining(changed),
        );
      }
    },
  );
});
