import { describe, expect, it } from 'vitest';
import { evaluationLossName, lossMeanings, poolingWords, trainingLossName } from './describe.ts';
import type { LossSettings } from './types.ts';

describe('what a run’s numbers are called', () => {
  const losses: readonly (readonly [LossSettings | undefined, string, string])[] = [
    [undefined, 'BCE', 'BCE'],
    [{ kind: 'bce' }, 'BCE', 'BCE'],
    [{ kind: 'weighted', weighting: 'inverse-frequency' }, 'BCE weighted by 1 / count', 'BCE'],
    [{ kind: 'weighted', weighting: 'effective-number' }, 'BCE weighted by effective number', 'BCE'],
    [{ kind: 'focal', gamma: 2, alpha: null }, 'focal loss', 'BCE'],
    [{ kind: 'asymmetric', gammaPositive: 0, gammaNegative: 4, clip: 0.05 }, 'asymmetric loss', 'BCE'],
    [{ kind: 'cross-entropy' }, 'cross-entropy', 'cross-entropy'],
  ];

  it('names the loss that steps report, and the one that evaluations do', () => {
    for (const [loss, training, evaluation] of losses) {
      expect(trainingLossName(loss)).toBe(training);
      expect(evaluationLossName(loss)).toBe(evaluation);
      expect(lossMeanings[evaluation]).toContain('nats');
    }
  });

  it('says how windows become one answer, and nothing where texts are read whole', () => {
    expect(poolingWords({ longTexts: 'truncate' })).toBeNull();
    expect(poolingWords({ longTexts: 'recurrence', segmentLength: 128 })).toBeNull();
    expect(poolingWords({ longTexts: 'windows' })).toMatch(/over 512 tokens are the mean/u);
    expect(poolingWords({ longTexts: 'windows', segmentLength: 64, windowPooling: 'max' })).toMatch(
      /over 64 tokens are label by label the largest/u,
    );
  });
});
