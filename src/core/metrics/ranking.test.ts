import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { createEvaluator } from './evaluator.ts';
import { averagePrecision, rocAuc, type ClassOutputs } from './ranking.ts';
import { bestGlobalThreshold, thresholdCurve, tuneThresholds } from './tuning.ts';

const outputs = (positives: number[], negatives: number[]): ClassOutputs => ({
  positives: Float64Array.from(positives).sort(),
  negatives: Float64Array.from(negatives).sort(),
});

describe('scores along a grid of thresholds', () => {
  it.each(['logits', 'probabilities'] as const)('are those of each threshold by itself: %s', (scale) => {
    const rng = random(5);
    const cells = 80 * 6;
    const values = Float64Array.from({ length: cells }, () => rng.next());
    // On the thresholds themselves, where a comparison may go either way, and where the model diverged.
    values.set([0.5, 0.25, 0.75, Number.NaN, 0, 1]);
    const evaluator = createEvaluator({
      labels: ['a', 'b', 'c', 'd', 'e', 'f'],
      targets: Uint8Array.from({ length: cells }, () => (rng.next() < 0.3 ? 1 : 0)),
      [scale]: scale === 'logits' ? values.map((p) => Math.log(p / (1 - p))) : values,
    });
    const curve = thresholdCurve(evaluator, 39);
    curve.thresholds.forEach((threshold, i) => {
      const { micro, macro } = evaluator.at(threshold);
      expect(curve.microF1[i]).toBe(micro.f1);
      expect(curve.macroF1[i]).toBeCloseTo(macro.f1, 12);
      expect([curve.microPrecision[i], curve.microRecall[i]]).toEqual([micro.precision, micro.recall]);
    });
  });

  it('has to ascend', () => {
    const evaluator = createEvaluator({
      labels: ['a'],
      targets: Uint8Array.of(1),
      probabilities: Float64Array.of(0.5),
    });
    expect([...evaluator.countAt([0.4, 0.5, 0.6]).predicted]).toEqual([1, 1, 0]);
    expect(() => evaluator.countAt([0.5, 0.4])).toThrowError(
      expect.objectContaining({ code: 'threshold-invalid' }),
    );
  });
});

describe('ranking scores', () => {
  it("agree with the example of scikit-learn's documentation", () => {
    const example = outputs([0.35, 0.8], [0.1, 0.4]);
    expect(averagePrecision(example)).toBeCloseTo(0.8333333333333333, 12);
    expect(rocAuc(example)).toBe(0.75);
  });

  it('take equal outputs as one step', () => {
    expect(averagePrecision(outputs([1, 1], [1, 1]))).toBe(0.5);
    expect(rocAuc(outputs([1, 1], [1, 1]))).toBe(0.5);
    // Two above a tie of one right and one wrong: 1/2 · 1 + 1/2 · 2/3.
    expect(averagePrecision(outputs([3, 1], [1, 0]))).toBeCloseTo(0.5 + 0.5 * (2 / 3), 12);
  });

  it('say when there is nothing to rank', () => {
    expect(averagePrecision(outputs([], [1]))).toBe(0);
    expect(rocAuc(outputs([], [1]))).toBeNull();
    expect(rocAuc(outputs([1], []))).toBeNull();
    expect(averagePrecision(outputs([1], []))).toBe(1);
  });

  it('equal the definition over all pairs and prefixes on random data with ties', () => {
    const rng = random(1);
    for (let round = 0; round < 20; round++) {
      const cells = Array.from({ length: 60 }, () => ({
        output: rng.integer(15),
        target: rng.next() < 0.3,
      }));
      const positives = cells.filter((cell) => cell.target).map((cell) => cell.output);
      const negatives = cells.filter((cell) => !cell.target).map((cell) => cell.output);
      let pairs = 0;
      for (const p of positives) for (const n of negatives) pairs += p > n ? 1 : p === n ? 0.5 : 0;
      expect(rocAuc(outputs(positives, negatives))).toBeCloseTo(
        pairs / (positives.length * negatives.length),
        12,
      );
      let sum = 0;
      for (const p of positives) {
        const above = cells.filter((cell) => cell.output >= p);
        sum += above.filter((cell) => cell.target).length / above.length;
      }
      expect(averagePrecision(outputs(positives, negatives))).toBeCloseTo(sum / positives.length, 12);
    }
  });

  it('average over labels and over all cells', () => {
    const evaluator = createEvaluator({
      labels: ['a', 'b', 'never'],
      targets: Uint8Array.of(1, 0, 0, 0, 1, 0, 0, 0, 0),
      logits: Float32Array.of(3, 2, 0, 1, -1, 0, 0, 0, 0),
    });
    const ranking = evaluator.ranking();
    expect([...ranking.averagePrecision]).toEqual([1, 1 / 3, 0]);
    expect(ranking.rocAuc).toEqual([1, 0, null]);
    expect(ranking.macroAveragePrecision).toBeCloseTo((1 + 1 / 3) / 3, 12);
    expect(ranking.macroRocAuc).toBe(0.5);
    // One positive is first of nine, the other last: (1 + 2/9) / 2.
    expect(ranking.microAveragePrecision).toBeCloseTo((1 + 2 / 9) / 2, 12);
    expect(evaluator.ranking()).toBe(ranking);
  });
});

it('ranks all cells at once as a single list of them would be ranked, ties and all', () => {
  const rng = random(8);
  const targets = Uint8Array.from({ length: 400 }, () => (rng.next() < 0.2 ? 1 : 0));
  const logits = Float32Array.from(targets, (target) => rng.integer(12) + 2 * target);
  const evaluator = createEvaluator({ labels: ['a', 'b', 'c', 'd', 'e'], targets, logits });
  const of = (value: number) => [...logits].filter((_, cell) => targets[cell] === value);
  expect(evaluator.ranking().microAveragePrecision).toBeCloseTo(averagePrecision(outputs(of(1), of(0))), 12);
});

describe('threshold tuning', () => {
  const rng = random(2);
  const labels = ['easy', 'shifted', 'rare'];
  const targets = new Uint8Array(3 * 500);
  const logits = new Float32Array(3 * 500);
  for (let row = 0; row < 500; row++) {
    const a = rng.next() < 0.4;
    const b = rng.next() < 0.2;
    targets.set([a ? 1 : 0, b ? 1 : 0, row < 2 ? 1 : 0], 3 * row);
    logits.set([(a ? 4 : -4) + rng.normal(), (b ? -1 : -4) + rng.normal(), rng.normal()], 3 * row);
  }
  const evaluator = createEvaluator({ labels, targets, logits });
  const tuned = tuneThresholds(evaluator);

  it('finds the best F1 that any threshold gives', () => {
    for (const label of [0, 1]) {
      let best = 0;
      for (let row = 0; row < 500; row++)
        best = Math.max(best, evaluator.at(evaluator.probability(row, label)).perLabel[label]?.f1 ?? 0);
      expect(tuned.f1[label]).toBeCloseTo(best, 12);
      expect(evaluator.at(tuned.thresholds).perLabel[label]?.f1).toBeCloseTo(best, 12);
    }
  });

  it('stays at the default where that is as good, and where there is too little to tune on', () => {
    expect(tuned.thresholds[0]).toBe(0.5);
    expect(tuned.thresholds[1]).toBeLessThan(0.3);
    expect(tuned.thresholds[2]).toBe(0.5);
    expect(tuned.leftAtDefault).toEqual([2]);
  });

  it('draws the curve of global thresholds', () => {
    const curve = thresholdCurve(evaluator, 19);
    expect(curve.thresholds[9]).toBe(0.5);
    const best = bestGlobalThreshold(curve, 'macroF1');
    expect(evaluator.at(best).macro.f1).toBe(Math.max(...curve.macroF1));
    for (let i = 1; i < 19; i++)
      expect(curve.microRecall[i] as number).toBeLessThanOrEqual(curve.microRecall[i - 1] as number);
  });
});
