import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { createEvaluator, sigmoid } from '../metrics/evaluator.ts';
import { expectedF1, expectedF1Thresholds } from './expectedF1.ts';
import { thresholdPickers } from './pickers.ts';
import { reliability, reliabilityOf } from './reliability.ts';
import { applyTemperatures, fitTemperature, fitTemperatures } from './temperature.ts';

const classes = (positives: number[], negatives: number[]) => ({
  positives: Float64Array.from(positives).sort(),
  negatives: Float64Array.from(negatives).sort(),
});

/** Rows drawn from known probabilities: perfectly calibrated outputs, then bent by a temperature a label. */
function calibrated(rows: number, temperatures: readonly number[], seed: number, base = -2) {
  const draw = random(seed);
  const labels = temperatures.map((_, i) => `label ${i}`);
  const logits = new Float32Array(rows * labels.length);
  const targets = new Uint8Array(rows * labels.length);
  for (let cell = 0; cell < logits.length; cell++) {
    const z = base + 2 * draw.normal();
    targets[cell] = Number(draw.next() < sigmoid(z));
    logits[cell] = z * (temperatures[cell % labels.length] as number);
  }
  return { labels, logits, targets };
}

describe('reliability', () => {
  it('counts by hand', () => {
    // Bins of 0.5: {0.1 false, 0.3 true} and {0.5 false, 0.9 true, 1 true}.
    const found = reliabilityOf(classes([0.3, 0.9, 1], [0.1, 0.5]), { bins: 2 });
    expect(found.bins).toHaveLength(2);
    expect(found.bins[0]).toMatchObject({ low: 0, high: 0.5, count: 2, meanProbability: 0.2, observed: 0.5 });
    expect(found.bins[1]).toMatchObject({ count: 3, observed: 2 / 3 });
    expect(found.bins[1]?.meanProbability).toBeCloseTo(0.8, 12);
    // 2/5 · 0.3 + 3/5 · (0.8 - 2/3)
    expect(found.expectedError).toBeCloseTo(0.2, 12);
    expect(found.maximumError).toBeCloseTo(0.3, 12);
    // (0.7² + 0.1² + 0 + 0.1² + 0.5²) / 5
    expect(found.brier).toBeCloseTo(0.152, 12);
    expect(found.brierOfBaseRate).toBeCloseTo(0.24, 12);
  });

  it('gives Wilson’s interval', () => {
    // 1 of 2: centre 0.5; half 1.96/(1 + 1.9208) · sqrt(0.125 + 0.2401) = 0.40547.
    const [low, high] = reliabilityOf(classes([0.3], [0.1]), { bins: 1 }).bins[0]?.interval ?? [0, 0];
    expect(low).toBeCloseTo(0.5 - 0.40547, 4);
    expect(high).toBeCloseTo(0.5 + 0.40547, 4);
  });

  it('cuts equal masses, and keeps equal probabilities together', () => {
    const ramp = Array.from({ length: 100 }, (_, i) => i / 100);
    const { bins } = reliabilityOf(classes(ramp.slice(50), ramp.slice(0, 50)), {
      binning: 'equal-mass',
      bins: 4,
    });
    expect(bins.map((bin) => bin.count)).toEqual([25, 25, 25, 25]);
    expect(bins.map((bin) => bin.observed)).toEqual([0, 0, 1, 1]);
    expect(bins[0]?.low).toBe(0);
    expect(bins[0]?.high).toBe(bins[1]?.low);
    expect(bins.at(-1)?.high).toBe(1);
    const tied = reliabilityOf(classes([0.2, 0.2, 0.2], [0.2, 0.2, 0.7]), { binning: 'equal-mass', bins: 3 });
    expect(tied.bins.map((bin) => bin.count)).toEqual([5, 1]);
  });

  it('finds nothing wrong with true probabilities, and everything with sharpened ones', () => {
    const right = createEvaluator(calibrated(4000, [1, 1], 1));
    const sure = createEvaluator(calibrated(4000, [3, 3], 1));
    for (const binning of ['equal-width', 'equal-mass'] as const)
      for (const label of [null, 0, 1]) {
        const good = reliability(right, label, { binning });
        expect(good.expectedError).toBeLessThan(0.025);
        const inside = good.bins.filter(
          (bin) => bin.interval[0] <= bin.meanProbability && bin.meanProbability <= bin.interval[1],
        );
        expect(inside.length).toBeGreaterThanOrEqual(good.bins.length - 2);
        expect(reliability(sure, label, { binning }).expectedError).toBeGreaterThan(0.05);
      }
    expect(() => reliability(right, 0, { bins: 0 })).toThrow(/no number of bins/);
  });

  it('pools all labels, whatever the scale of the outputs, and survives NaN', () => {
    const { labels, logits, targets } = calibrated(50, [1, 2, 1], 3);
    const byLogits = reliability(createEvaluator({ labels, logits, targets }), null);
    const probabilities = Float64Array.from(logits, sigmoid);
    const byProbabilities = reliability(createEvaluator({ labels, probabilities, targets }), null);
    expect(byProbabilities.expectedError).toBeCloseTo(byLogits.expectedError, 10);
    expect(byLogits.count).toBe(150);
    const broken = probabilities.map((p, i) => (i % 7 === 0 ? Number.NaN : p));
    expect(
      reliability(createEvaluator({ labels, probabilities: broken, targets }), null).brier,
    ).not.toBeNaN();
  });
});

describe('temperature', () => {
  it('is the closed form where logits have one size', () => {
    // z = ±2, three of four right: sigmoid(2 / T) = 3/4, T = 2 / log 3.
    const fit = fitTemperature(classes([2, 2, 2, -2], [-2, -2, -2, 2]));
    expect(fit.temperature).toBeCloseTo(2 / Math.log(3), 9);
    expect(fit.lossAfter).toBeCloseTo(-(0.75 * Math.log(0.75) + 0.25 * Math.log(0.25)), 12);
    expect(fit.lossBefore).toBeGreaterThan(fit.lossAfter);
    expect(fit.isAtBound).toBe(false);
  });

  it('stops at the bounds where there is no best one', () => {
    expect(fitTemperature(classes([1, 2], [-1]))).toMatchObject({ temperature: 0.05, isAtBound: true });
    expect(fitTemperature(classes([-1, -2], [1]))).toMatchObject({ temperature: 20, isAtBound: true });
    expect(fitTemperature(classes([], []))).toMatchObject({ temperature: 1, cells: 0 });
  });

  it('finds each label’s own, and with it the true probabilities', () => {
    const wanted = [0.5, 1, 3];
    const data = calibrated(6000, wanted, 5);
    const evaluator = createEvaluator(data);
    const scaling = fitTemperatures(evaluator);
    wanted.forEach((t, i) => expect((scaling.temperatures[i] as number) / t).toBeCloseTo(1, 0.9));
    const mended = createEvaluator({ ...data, logits: applyTemperatures(data.logits, scaling.temperatures) });
    expect(mended.loss()).toBeLessThan(evaluator.loss());
    expect(reliability(mended, 2).expectedError).toBeLessThan(reliability(evaluator, 2).expectedError / 3);
    // Order, and with it every ranking score, is as it was.
    expect(mended.ranking().averagePrecision[2]).toBeCloseTo(
      evaluator.ranking().averagePrecision[2] as number,
      9,
    );
  });

  it('leaves labels with too few rows at the global one', () => {
    const data = calibrated(300, [2, 2], 7);
    data.targets.forEach((_, cell) => cell % 2 === 1 && (data.targets[cell] = Number(cell < 8)));
    const scaling = fitTemperatures(createEvaluator(data));
    expect(scaling.perLabel[1]).toBeNull();
    expect(scaling.temperatures[1]).toBe(scaling.global.temperature);
    expect(scaling.temperatures[0]).not.toBe(scaling.global.temperature);
    const global = fitTemperatures(createEvaluator(data), { perLabel: false });
    expect([...global.temperatures]).toEqual(Array(2).fill(global.global.temperature));
    expect(() => applyTemperatures(data.logits.subarray(1), [1, 1])).toThrow(/599 logits/);
  });
});

describe('expected F1', () => {
  it('is Lipton’s: the best threshold lies at half the best F1', () => {
    const draw = random(4);
    for (let round = 0; round < 30; round++) {
      const p = Array.from({ length: 200 }, () => draw.next() ** 3);
      const { threshold, f1 } = expectedF1(classes(p.slice(0, 50), p.slice(50)));
      const above = p.filter((each) => each >= threshold);
      expect(Math.min(...above)).toBeGreaterThanOrEqual(f1 / 2);
      expect(Math.max(...p.filter((each) => each < threshold))).toBeLessThanOrEqual(f1 / 2 + 1e-12);
      // No other prefix promises more.
      const total = p.reduce((a, b) => a + b, 0);
      const prefixes = p.toSorted((a, b) => b - a);
      let sum = 0;
      const best = Math.max(...prefixes.map((each, k) => (2 * (sum += each)) / (k + 1 + total)));
      expect(f1).toBeCloseTo(best, 12);
    }
  });

  it('promises what calibrated probabilities keep', () => {
    const evaluator = createEvaluator(calibrated(8000, [1, 1], 9));
    const { thresholds, f1 } = expectedF1Thresholds(evaluator);
    const { perLabel } = evaluator.at(thresholds);
    perLabel.forEach((label, i) => expect(Math.abs(label.f1 - (f1[i] as number))).toBeLessThan(0.03));
    expect(evaluator.at(thresholds).macro.f1).toBeGreaterThan(evaluator.at(0.5).macro.f1);
  });

  it('keeps the fallback where nothing is expected', () => {
    const probabilities = Float64Array.of(0.001, 0.9, 0.002, 0.8);
    const evaluator = createEvaluator({ labels: ['a', 'b'], probabilities, targets: new Uint8Array(4) });
    const found = expectedF1Thresholds(evaluator, 0.4);
    expect(found.leftAtDefault).toEqual([0]);
    expect(found.thresholds[0]).toBe(0.4);
    expect(found.thresholds[1]).toBeCloseTo(0.4, 12);
    expect(expectedF1(classes([], [0, 0]))).toMatchObject({ threshold: 0.5, f1: 0 });
  });

  it('and every picker beside it decide on other rows without failing', () => {
    const validation = createEvaluator(calibrated(3000, [1, 1, 1], 11));
    const test = createEvaluator(calibrated(3000, [1, 1, 1], 12));
    const macro = new Map(
      thresholdPickers.map((picker) => [picker.id, test.at(picker.pick(validation)).macro.f1]),
    );
    for (const id of ['per-label', 'expected-f1-per-label', 'global', 'expected-f1-global'] as const)
      expect(macro.get(id), id).toBeGreaterThan((macro.get('fixed') ?? 0) + 0.01);
    expect(thresholdPickers.filter((picker) => !picker.readsTargets)).toHaveLength(3);
  });
});
