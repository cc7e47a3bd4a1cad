import { describe, expect, it } from 'vitest';
import { sigmoid } from '../../../../core/metrics/evaluator.ts';
import type { EvaluationLogits } from '../../../../services/trainer/contract.ts';
import { rowsOfFolds } from './heldOut.ts';

const fold = (
  rowIds: number[],
  logits: number[],
  targets: number[],
  labels = ['a', 'b'],
): EvaluationLogits => ({
  step: 1,
  epoch: 1,
  split: 'test',
  rowIds: Uint32Array.from(rowIds),
  labels,
  logits: Float32Array.from(logits),
  targets: Uint8Array.from(targets),
  loss: 0,
});

describe('rows of a cross-validation', () => {
  it('are each judged by the fold that held them out', () => {
    const rows = rowsOfFolds([fold([7, 3], [1, -1, 2, -2], [1, 0, 0, 1]), fold([5], [0, 3], [1, 1])]);
    expect([...rows.rowIds]).toEqual([7, 3, 5]);
    expect([...rows.targets]).toEqual([1, 0, 0, 1, 1, 1]);
    expect([...rows.probabilities]).toEqual([1, -1, 2, -2, 0, 3].map(sigmoid));
  });

  it('are refused where a row is held out twice, or the labels differ', () => {
    const one = fold([1], [0, 0], [0, 0]);
    expect(() => rowsOfFolds([one, one])).toThrow(expect.objectContaining({ code: 'folds-overlap' }));
    expect(() => rowsOfFolds([one, fold([2], [0, 0], [0, 0], ['a', 'c'])])).toThrow(
      expect.objectContaining({ code: 'calibration-shape-mismatch' }),
    );
  });
});
