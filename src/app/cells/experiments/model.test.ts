import { describe, expect, it } from 'vitest';
import { defaultValues, variantsOf } from '../../../notebook/experiments/variants.ts';
import type {
  Experiment,
  TemplateId,
  Variant,
  VariantResult,
  VariantScores,
} from '../../../notebook/experiments/types.ts';
import { defaultParameters } from '../../../notebook/parameters.ts';
import { finding, parseNumbers, pointsOf, repeats, sharedReference } from './model.ts';

const flat = (value: number): VariantScores => ({
  microF1: value,
  macroF1: value,
  weightedF1: value,
  samplesF1: value,
  labelAccuracy: value,
  subsetAccuracy: value,
});

function result(score: number, tuned: number | null, labels = 3): VariantResult {
  return {
    runId: 'r',
    modelName: 'm',
    device: 'd',
    seed: 1,
    dataHash: 'd',
    version: '0',
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    step: 1,
    totalSteps: 1,
    bestStep: null,
    tokensPerSecond: null,
    rows: { train: 8, validation: 1, judged: 2 },
    labels,
    judged: 'test',
    rowsHash: 'h',
    scores: flat(score),
    validation: null,
    tuned: tuned === null ? null : { threshold: 0.3, scores: flat(tuned) },
    allZero: flat(0),
    labelPrior: flat(0.1),
    perLabel: { names: [], support: [], f1: [], tunedF1: null },
  };
}

/** An experiment with the first variants of each kind done, at these scores. */
function experiment(
  template: TemplateId,
  networks: readonly number[],
  references: readonly number[] = [],
): Experiment {
  const variants = variantsOf(template, defaultValues, defaultParameters, () => null);
  const left = { network: [...networks], reference: [...references] };
  return {
    id: 'e',
    template,
    title: 'An experiment',
    createdAt: '2026-01-01T00:00:00.000Z',
    base: defaultParameters,
    dataHash: 'd',
    variants: variants.map((variant): Variant => {
      const score = left[variant.kind].shift();
      if (score === undefined) return variant;
      const { id, kind, name, x, patch, fold } = variant;
      const state = { kind: 'done', result: result(score, score + 0.1, 90) } as const;
      return { id, kind, name, x, patch, fold, state };
    }),
  };
}

describe('what an experiment has found', () => {
  it('says nothing before the first variant has ended, and then only what is in', () => {
    expect(finding(experiment('seeds', []), 'microF1', 'half')).toBeNull();
    expect(finding(experiment('seeds', [0.5]), 'microF1', 'half')).toContain('no deviation yet');
    expect(pointsOf(experiment('seeds', [0.5, 0.6]), 'network', 'microF1', 'half').map(({ y }) => y)).toEqual(
      [0.5, 0.6],
    );
  });

  it('gives folds a mean with deviation, and the network against words on the same folds', () => {
    const scores = [0.7, 0.72, 0.69, 0.71, 0.73];
    const done = experiment('folds', scores, [0.6, 0.63, 0.58, 0.62, 0.62]);
    const summary = repeats(done, 'network', 'microF1', 'half');
    expect(summary?.mean).toBeCloseTo(0.71, 12);
    expect(summary?.standardDeviation).toBeCloseTo(Math.sqrt(0.001 / 4), 12);
    // Nadeau and Bengio: s² (1/5 + 1/4), wider than s² / 5; t(4) at 95 % is 2.776.
    const half = 2.7764451 * Math.sqrt((0.001 / 4) * (1 / 5 + 1 / 4));
    expect(summary?.interval?.high).toBeCloseTo(0.71 + half, 6);
    const words = finding(done, 'microF1', 'half') ?? '';
    expect(words).toContain('71.0 ± 1.6 over 5 folds');
    expect(words).toContain('better than TF-IDF at 95 %: difference 10.0 points');
  });

  it('names what a threshold keeps, and reads scores under the decision asked for', () => {
    const done = experiment('threshold', [0.4, 0.5]);
    expect(finding(done, 'microF1', 'half')).toContain(
      '100 keeps 90 labels (0.400), 300 keeps 90 labels (0.500)',
    );
    expect(finding(done, 'microF1', 'tuned')).toContain('(0.600)');
  });

  it('says where nothing is predicted at all instead of naming a best', () => {
    expect(finding(experiment('learning-rate', [0, 0]), 'macroF1', 'half')).toContain('nothing is predicted');
  });

  it('has one reference for all where rows and texts are the same', () => {
    expect(sharedReference(experiment('loss', [0.5], [0.6]))?.scores.microF1).toBe(0.6);
    expect(sharedReference(experiment('threshold', [0.5], [0.6]))).toBeNull();
  });
});

describe('numbers typed as a list', () => {
  const range = { min: 1, max: 1000, isWhole: true };
  it.each([
    ['100, 300', [100, 300]],
    [' 100;300 500 ', [100, 300, 500]],
    ['', null],
    ['100, x', null],
    ['0', null],
    ['2000', null],
    ['1.5', null],
    ['Infinity', null],
  ])('%j', (text, numbers) => {
    expect(parseNumbers(text, range)).toEqual(numbers);
  });

  it('takes fractions in scientific notation where they are allowed', () => {
    expect(parseNumbers('1e-4, 0.002', { min: 0, max: 1, isWhole: false })).toEqual([1e-4, 0.002]);
  });
});
