import { describe, expect, it } from 'vitest';
import { createEvaluator } from '../../../core/metrics/evaluator.ts';
import type { EvaluationLogits } from '../../../services/trainer/contract.ts';
import { random } from '../../../base/random.ts';
import { findErrors } from './errors.ts';
import {
  auditRows,
  bestColumn,
  createEvaluationModel,
  metricRows,
  precisionRecallCurve,
  thresholdInForce,
  tuneOn,
} from './model.ts';

const labels = ['a', 'b', 'c'];

function evaluation(rows: number, seed: number): EvaluationLogits {
  const rng = random(seed);
  const targets = Uint8Array.from({ length: rows * 3 }, (_, cell) =>
    rng.next() < 0.4 - 0.1 * (cell % 3) ? 1 : 0,
  );
  const logits = Float32Array.from(targets, (target) => (target ? 1 : -1) + 1.5 * rng.normal());
  const rowIds = Uint32Array.from({ length: rows }, (_, row) => row);
  return { step: 1, epoch: 1, split: 'test', rowIds, labels, logits, targets, loss: 0 };
}

describe('the evaluation’s model', () => {
  const test = evaluation(400, 1);
  const validation = evaluation(400, 2);
  const model = createEvaluationModel(test, null);

  it('shows what predicting nothing scores: all that the label-wise accuracy gives away', () => {
    const density = test.targets.reduce((sum, t) => sum + t, 0) / test.targets.length;
    expect(model.allZero.labelAccuracy).toBeCloseTo(1 - density, 12);
    expect(model.allZero.micro.f1).toBe(0);
    expect(model.priorFromTraining).toBe(false);
    expect(createEvaluationModel(test, [0.1, 0.2, 0.3]).priorFromTraining).toBe(true);
  });

  it('tunes a threshold a label on validation rows, and falls back to the global one without them', () => {
    const tuned = tuneOn(validation, labels);
    expect(thresholdInForce('per-label', 0.5, tuned)).toHaveLength(3);
    expect(thresholdInForce('global', 0.3, tuned)).toBe(0.3);
    expect(thresholdInForce('per-label', 0.5, tuneOn(null, labels))).toBe(0.5);
    expect(tuneOn(validation, ['a', 'c', 'b'])).toBeNull();
    const at = createEvaluator(validation);
    expect(at.at(tuned?.thresholds ?? 0).macro.f1).toBeGreaterThanOrEqual(at.at(0.5).macro.f1);
  });

  it('has the loss that the run’s evaluations have: BCE over cells, or cross-entropy of the one label', () => {
    expect(model.lossName).toBe('BCE');
    expect(model.rowLosses()).toEqual(model.evaluator.rowLosses());

    // Softmax of [0, ln 2, ln 5] is [1, 2, 5] / 8; kept are its log-odds.
    const probabilities = [1, 2, 5].map((part) => part / 8);
    const logits = Float32Array.from([...probabilities, ...probabilities], (p) => Math.log(p / (1 - p)));
    const single = createEvaluationModel(
      { ...test, rowIds: Uint32Array.of(0, 1), logits, targets: Uint8Array.of(0, 0, 1, 1, 0, 0) },
      null,
      { kind: 'cross-entropy' },
    );
    expect(single.lossName).toBe('cross-entropy');
    const [first, second] = single.rowLosses();
    expect(first).toBeCloseTo(-Math.log(5 / 8), 6);
    expect(second).toBeCloseTo(-Math.log(1 / 8), 6);
    const worst = findErrors(single, 0.5, 'any', null, 'loss');
    expect(worst.at(0)).toMatchObject({ row: 1, loss: second });
  });

  it('marks the best column by what better means, and none at a tie', () => {
    const report = model.evaluator.at(0.5);
    const columns = [
      { id: 'model', title: 'm', report },
      { id: 'allZero', title: 'z', report: model.allZero },
      { id: 'reference', title: 't', report: null },
    ] as const;
    const row = (id: string) => metricRows.find((candidate) => candidate.id === id) ?? metricRows[0];
    const f1 = row('micro.f1');
    expect(f1 && bestColumn(f1, columns)).toBe(0);
    const loss = metricRows.find(({ better }) => better === 'lower');
    expect(loss && bestColumn(loss, columns)).toBe(report.hammingLoss < model.allZero.hammingLoss ? 0 : 1);
    const both = [columns[1], { ...columns[1], id: 'labelPrior' as const }];
    expect(f1 && bestColumn(f1, both)).toBe(-1);
  });

  it('has every score of the issue’s table once', () => {
    expect(metricRows).toHaveLength(3 + 12 + 3);
    expect(new Set(metricRows.map(({ id }) => id)).size).toBe(metricRows.length);
  });

  it('audits each label with its average precision', () => {
    const rows = auditRows(model.evaluator.at(0.5), model.evaluator.ranking().averagePrecision);
    expect(rows.map(({ label }) => label)).toEqual(labels);
    for (const row of rows) expect(row.flagged).toBe(row.f1 < 0.7);
  });

  it('draws a precision-recall curve through the point in force', () => {
    const { recall, precision } = precisionRecallCurve(model.evaluator, 0);
    const at = model.evaluator.at(0.5).perLabel[0];
    const nearest = recall.findIndex((value) => Math.abs(value - (at?.recall ?? 0)) < 1e-12);
    expect(nearest).toBeGreaterThan(0);
    // At equal recall the curve holds the best precision: the cut stands on the last positive taken.
    expect(precision[nearest]).toBeGreaterThanOrEqual(at?.precision ?? 1);
    expect(recall.at(-1)).toBe(1);
    expect(recall.every((value, i) => i === 0 || value > (recall[i - 1] as number))).toBe(true);
  });

  it('counts tied outputs at once', () => {
    const tied = createEvaluator({
      labels: ['x'],
      probabilities: Float64Array.from([0.9, 0.5, 0.5, 0.5]),
      targets: Uint8Array.from([1, 1, 0, 1]),
    });
    const curve = precisionRecallCurve(tied, 0);
    expect(curve.recall).toEqual([0, 1 / 3, 1]);
    expect(curve.precision).toEqual([1, 1, 3 / 4]);
  });
});
