import { describe, expect, it } from 'vitest';
import { lossCell, numbers } from '../engine/ops/bceWithLogits/cell.ts';
import { createTrainableModel } from '../models/create.ts';
import { capacityOf, packBatch } from './batches.ts';
import { hyperparameterProblems } from './hyperparameters.ts';
import { lossOf, positiveWeights, trainCounts } from './loss.ts';
import { quickHyperparameters, syntheticRows } from './testing/rows.ts';
import type { LossSettings } from './types.ts';

const data = syntheticRows({ rows: 60, labels: 4, seed: 2 });

describe('weights of true cells', () => {
  it('are inverse frequencies of mean 1', () => {
    // 1/10, 1/20, 1/40: mean 7/120.
    const weights = positiveWeights({ kind: 'weighted', weighting: 'inverse-frequency' }, [10, 20, 40]);
    [12 / 7, 6 / 7, 3 / 7].forEach((weight, i) => expect(weights[i]).toBeCloseTo(weight, 6));
  });

  it('are effective numbers, which lie between all alike and inverse frequency', () => {
    const counts = [3, 50, 2000];
    const weigh = (beta?: number) =>
      positiveWeights(
        { kind: 'weighted', weighting: 'effective-number', ...(beta === undefined ? {} : { beta }) },
        counts,
      );
    const byHand = counts.map((n) => (1 - 0.9) / (1 - 0.9 ** n));
    const mean = byHand.reduce((a, b) => a + b, 0) / 3;
    byHand.forEach((weight, i) => expect(weigh(0.9)[i]).toBeCloseTo(weight / mean, 5));
    expect([...weigh(0)]).toEqual([1, 1, 1]);
    const inverse = positiveWeights({ kind: 'weighted', weighting: 'inverse-frequency' }, counts);
    weigh(1 - 1e-12).forEach((weight, i) => expect(weight).toBeCloseTo(inverse[i] as number, 4));
    expect(weigh()).toEqual(weigh(0.999));
    // The mean is 1 whatever the weighting, and a label that no training row has counts as one row.
    for (const weights of [weigh(0.9), weigh(0.999), inverse])
      expect(weights.reduce((a, b) => a + b, 0) / 3).toBeCloseTo(1, 5);
    expect(positiveWeights({ kind: 'weighted', weighting: 'inverse-frequency' }, [0, 1])).toEqual(
      Float32Array.of(1, 1),
    );
  });

  it('count training rows only', () => {
    const counts = trainCounts(data);
    const expected = data.labels.map(
      (_, label) =>
        Array.from(data.split.train).filter((row) =>
          data.targetIds.subarray(data.targetOffsets[row], data.targetOffsets[row + 1]).includes(label),
        ).length,
    );
    expect([...counts]).toEqual(expected);
    expect(Math.max(...counts)).toBeLessThan(data.split.train.length);
  });
});

describe('loss settings', () => {
  it('of runs from before there were any mean binary cross-entropy', () => {
    expect(lossOf(undefined, data)).toEqual({ shape: { kind: 'bce' }, positiveWeights: null });
    expect(lossOf({ kind: 'bce' }, data)).toEqual(lossOf(undefined, data));
    expect(hyperparameterProblems(quickHyperparameters)).toEqual([]);
  });

  it.each<LossSettings>([
    { kind: 'weighted', weighting: 'effective-number', beta: 1 },
    { kind: 'focal', gamma: -1, alpha: null },
    { kind: 'focal', gamma: Number.NaN, alpha: null },
    { kind: 'focal', gamma: 2, alpha: 1 },
    { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 4, clip: 1 },
  ])('%o is refused, with the ranges', (loss) => {
    const problems = hyperparameterProblems({ ...quickHyperparameters, loss });
    expect(problems.map(({ code }) => code)).toEqual(['invalid-loss']);
    expect(problems[0]?.message).toContain(`"kind":"${loss.kind}"`);
    expect(problems[0]?.remedy).toMatch(/gammas from 0 to 20/);
  });
});

const config = {
  model_type: 'xlnet',
  vocab_size: data.vocabularySize,
  d_model: 16,
  n_layer: 1,
  n_head: 2,
  d_head: 8,
  d_inner: 32,
};

describe('a model is trained by the loss it was built with', () => {
  it.each<LossSettings>([
    { kind: 'bce' },
    { kind: 'weighted', weighting: 'inverse-frequency' },
    { kind: 'focal', gamma: 2, alpha: 0.25 },
    { kind: 'asymmetric', gammaPositive: 0, gammaNegative: 4, clip: 0.05 },
  ])(
    '%o',
    async (settings) => {
      const loss = lossOf(settings, data);
      if (loss.shape.kind === 'cross-entropy') throw new Error('see crossEntropy.test.ts');
      const { shape } = loss;
      const labelCount = data.labels.length;
      const { model } = await createTrainableModel({
        config,
        weights: null,
        labelCount,
        lowering: { kind: 'onnx', threads: 1 },
        capacity: capacityOf(quickHyperparameters),
        seed: 4,
        dropout: 0,
        loss,
      });
      try {
        const rows = [0, 1, 2, 3, 4, 5];
        const batch = packBatch(data, rows, (ids) => model.segmentIds(ids), true);
        const logits = await model.logits(batch);
        let sum = 0;
        logits.forEach((z, cell) => {
          const weight = loss.positiveWeights?.[cell % labelCount] ?? null;
          sum += lossCell(numbers, z, batch.targets?.[cell] as number, weight, shape).loss;
        });
        const { learningRate, beta1, beta2, epsilon, weightDecay, decay, clipNorm } = quickHyperparameters;
        const optimizer = {
          learningRate: learningRate / 10,
          beta1,
          beta2,
          epsilon,
          weightDecay,
          decay,
          clipNorm,
        };
        // Two micro-batches: their losses add up over one mean.
        const halves = [rows.slice(0, 3), rows.slice(3)].map((half) =>
          packBatch(data, half, (ids) => model.segmentIds(ids), true),
        );
        const first = await model.trainStep(halves, { ...optimizer, step: 1, seed: 1 });
        expect(first.loss / (sum / logits.length)).toBeCloseTo(1, 4);
        let last = first.loss;
        for (let step = 2; step <= 12; step++)
          last = (await model.trainStep(halves, { ...optimizer, step, seed: 1 })).loss;
        expect(last).toBeLessThan(0.9 * first.loss);
      } finally {
        model.dispose();
      }
    },
    60_000,
  );
});
