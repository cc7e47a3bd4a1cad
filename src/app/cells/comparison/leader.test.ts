import { describe, expect, it } from 'vitest';
import type { PairResult } from '../../../core/statistics/compare.ts';
import { leaderSentence } from './leader.ts';

const interval = (estimate: number) => ({ estimate, low: estimate, high: estimate, confidence: 0.95 });

/** Three models; `apart` lists the pairs that can be told apart. */
function report(scores: readonly number[], apart: readonly string[]) {
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ].map(
    ([first = 0, second = 0]) =>
      ({
        first,
        second,
        metric: 'microF1',
        isDistinguishable: apart.includes(`${first}${second}`),
      }) as PairResult,
  );
  return {
    names: ['a', 'b', 'c'],
    metrics: ['microF1'] as const,
    scores: scores.map((score) => [interval(score)]),
    pairs,
  };
}

describe('leaderSentence', () => {
  it('names the highest and what it can be told apart from', () => {
    const scores = [0.4, 0.6, 0.5];
    expect(leaderSentence(report(scores, ['01']), 'microF1')).toBe(
      'b stands highest with 0.600; told apart at 95 % from a, not from c.',
    );
    expect(leaderSentence(report(scores, ['01', '12']), 'microF1')).toMatch(
      /told apart from all others at 95 %/u,
    );
    // That a and c differ says nothing about b.
    expect(leaderSentence(report(scores, ['02']), 'microF1')).toMatch(
      /not distinguishable from any other at 95 %/u,
    );
  });
});
