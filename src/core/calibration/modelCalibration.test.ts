import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { rowCrossEntropies } from '../metrics/crossEntropy.ts';
import { createEvaluator, logit, sigmoid } from '../metrics/evaluator.ts';
import { tuneThresholds } from '../metrics/tuning.ts';
import {
  calibratedLogits,
  calibratedThreshold,
  fitModelCalibration,
  rowProbabilities,
  type ModelCalibration,
} from './modelCalibration.ts';
import { softmaxLoss, softmaxRows, softmaxSlope } from './softmaxTemperature.ts';
import { temperatureLoss, temperatureSlope } from './temperature.ts';

type Outputs = Parameters<typeof fitModelCalibration>[0];

/** Labels drawn from known probabilities, whose logits are then bent by `temperature`. */
function multiLabel(rows: number, labels: number, temperature: number, seed: number): Outputs {
  const draw = random(seed);
  const logits = new Float32Array(rows * labels);
  const targets = new Uint8Array(rows * labels);
  for (let cell = 0; cell < logits.length; cell++) {
    const z = -1 + 2 * draw.normal();
    targets[cell] = Number(draw.next() < sigmoid(z));
    logits[cell] = z * temperature;
  }
  return { step: 7, labels: names(labels), logits, targets };
}

/** The same for rows with one label each; outputs are log-odds of the softmax. */
function singleLabel(rows: number, labels: number, temperature: number, seed: number): Outputs {
  const draw = random(seed);
  const logits = new Float64Array(rows * labels);
  const targets = new Uint8Array(rows * labels);
  for (let at = 0; at < logits.length; at += labels) {
    const z = Array.from({ length: labels }, () => 1.5 * draw.normal());
    let left = draw.next();
    const own = softmax(z).findIndex((p) => (left -= p) < 0);
    targets[at + Math.max(0, own)] = 1;
    softmax(z.map((value) => value * temperature)).forEach((p, k) => (logits[at + k] = logit(p)));
  }
  return { step: 7, labels: names(labels), logits, targets };
}

const names = (labels: number) => Array.from({ length: labels }, (_, i) => `label ${i}`);

function softmax(z: readonly number[]): number[] {
  const odds = z.map((value) => Math.exp(value - Math.max(...z)));
  const sum = odds.reduce((a, b) => a + b, 0);
  return odds.map((each) => each / sum);
}

function fitted(outputs: Outputs, family: ModelCalibration['family']): ModelCalibration {
  const outcome = fitModelCalibration(outputs, family);
  if (outcome.kind !== 'fitted') throw new Error(outcome.why);
  return outcome.calibration;
}

/** Mean loss at a temperature, as its definition has it. */
function lossAt({ logits, targets, labels }: Outputs, family: ModelCalibration['family'], t: number): number {
  const n = labels.length;
  let sum = 0;
  for (let at = 0; at < logits.length; at += n) {
    const row = Array.from(logits.subarray(at, at + n));
    const p =
      family === 'softmax'
        ? softmax(row.map((z) => Math.log(sigmoid(z)) / t))
        : row.map((z) => sigmoid(z / t));
    p.forEach((each, k) => {
      const y = targets[at + k];
      if (family === 'softmax') sum -= y === 1 ? Math.log(each) : 0;
      else sum -= Math.log(y === 1 ? each : 1 - each) / n;
    });
  }
  return (sum * n) / logits.length;
}

describe('a model’s temperature', () => {
  it.each([
    ['sigmoid', multiLabel(60, 4, 2.5, 3)],
    ['sigmoid', multiLabel(60, 4, 0.4, 4)],
    ['softmax', singleLabel(90, 5, 3, 5)],
    ['softmax', singleLabel(90, 5, 0.5, 6)],
  ] as const)('is the best of a fine grid: %s', (family, outputs) => {
    const { temperature, lossBefore, lossAfter } = fitted(outputs, family);
    const grid = Array.from({ length: 1198 }, (_, i) => Math.exp(-2.995 + i / 200));
    const losses = grid.map((t) => lossAt(outputs, family, t));
    const best = losses.indexOf(Math.min(...losses));
    expect(Math.abs(Math.log(temperature / (grid[best] as number)))).toBeLessThan(1 / 200);
    expect(lossAfter).toBeLessThanOrEqual((losses[best] as number) + 1e-12);
    expect(lossAfter).toBeCloseTo(lossAt(outputs, family, temperature), 10);
    expect(lossBefore).toBeCloseTo(lossAt(outputs, family, 1), 10);
  });

  it('is the closed form of a softmax with one size of logits', () => {
    // log-odds of softmax([2, 0, 0]); 7 of 10 right: e^(2/T) / (e^(2/T) + 2) = 0.7, T = 2 / log(2 · 0.7 / 0.3).
    const p = softmax([2, 0, 0]).map(logit);
    const rows = Array.from({ length: 10 }, (_, row) => (row < 7 ? 0 : 1 + (row % 2)));
    const outputs = {
      step: 1,
      labels: names(3),
      logits: Float64Array.from(rows.flatMap(() => p)),
      targets: Uint8Array.from(rows.flatMap((own) => [0, 1, 2].map((k) => Number(k === own)))),
    };
    expect(fitted(outputs, 'softmax').temperature).toBeCloseTo(2 / Math.log((2 * 0.7) / 0.3), 9);
  });

  it('finds what bent the outputs, says what it was fitted on, and helps rows it has not seen', () => {
    const validation = multiLabel(2000, 6, 2, 11);
    const calibration = fitted(validation, 'sigmoid');
    // Three standard errors of 12,000 cells.
    expect(Math.abs(calibration.temperature / 2 - 1)).toBeLessThan(0.05);
    expect(calibration).toMatchObject({ family: 'sigmoid', step: 7, rows: 2000 });
    const test = multiLabel(2000, 6, 2, 12);
    const before = createEvaluator({ ...test, logits: test.logits });
    const after = createEvaluator({ ...test, logits: calibratedLogits(test.logits, 6, calibration) });
    expect(after.loss()).toBeLessThan(before.loss() - 0.02);

    const single = fitted(singleLabel(2000, 5, 2, 13), 'softmax');
    expect(Math.abs(single.temperature / 2 - 1)).toBeLessThan(0.08);
    const other = singleLabel(2000, 5, 2, 14);
    const mean = (logits: Float32Array | Float64Array) =>
      rowCrossEntropies(logits, other.targets, 5).reduce((a, b) => a + b, 0) / 2000;
    expect(mean(calibratedLogits(other.logits, 5, single))).toBeLessThan(mean(other.logits) - 0.02);
  });

  it('minimises by slopes that finite differences bear out', () => {
    const { logits, targets } = multiLabel(20, 3, 2, 21);
    const of = (truth: number) => Float64Array.from(logits).filter((_, i) => targets[i] === truth);
    const classes = { positives: of(1), negatives: of(0) };
    const single = singleLabel(20, 4, 2, 22);
    const rows = softmaxRows(single.logits, single.targets, 4);
    const losses = [
      {
        loss: (b: number) => 60 * temperatureLoss(classes, b),
        slope: (b: number) => temperatureSlope(classes, b),
      },
      { loss: (b: number) => 20 * softmaxLoss(rows, b), slope: (b: number) => softmaxSlope(rows, b) },
    ];
    const h = 1e-4;
    for (const { loss, slope } of losses)
      for (const beta of [0.1, 0.7, 1, 3]) {
        const { first, second } = slope(beta);
        const scale = 1 + Math.abs(first);
        expect(Math.abs((loss(beta + h) - loss(beta - h)) / (2 * h) - first) / scale).toBeLessThan(1e-6);
        const bend = (slope(beta + h).first - slope(beta - h).first) / (2 * h);
        expect(Math.abs(bend - second) / (1 + second)).toBeLessThan(1e-6);
        expect(second).toBeGreaterThan(0);
      }
  });

  it('is none where no row can tell, and ignores what is not finite', () => {
    const none = { step: 1, labels: names(2), logits: new Float32Array(0), targets: new Uint8Array(0) };
    expect(fitModelCalibration(none, 'sigmoid')).toEqual({ kind: 'none', why: 'no-validation-rows' });
    const of = (logits: number[], targets: number[]) => ({
      step: 1,
      labels: names(2),
      logits: Float32Array.from(logits),
      targets: Uint8Array.from(targets),
    });
    expect(fitModelCalibration(of([3, -2, -1, 1], [1, 0, 0, 1]), 'sigmoid')).toEqual({
      kind: 'none',
      why: 'always-right',
    });
    expect(fitModelCalibration(of([3, -3, -1, 1], [0, 1, 1, 0]), 'softmax')).toEqual({
      kind: 'none',
      why: 'uninformative',
    });
    for (const family of ['sigmoid', 'softmax'] as const)
      expect(fitModelCalibration(of([Number.NaN, Number.NaN], [1, 0]), family)).toMatchObject({
        why: 'uninformative',
      });
    const whole = of([2, -2, 2, -2, 2, -2, -2, 2], [1, 0, 1, 0, 1, 0, 1, 0]);
    const holed = of([2, -2, 2, -2, 2, -2, -2, 2, Number.NaN, Infinity], [1, 0, 1, 0, 1, 0, 1, 0, 1, 0]);
    for (const family of ['sigmoid', 'softmax'] as const)
      expect(fitted(holed, family).temperature).toBeCloseTo(fitted(whole, family).temperature, 12);
  });
});

describe('calibrated probabilities', () => {
  it('share one among the labels of a softmax, with all digits near 1', () => {
    const outputs = singleLabel(40, 5, 3, 31);
    const scaled = calibratedLogits(outputs.logits, 5, { family: 'softmax', temperature: 0.3 });
    for (let at = 0; at < scaled.length; at += 5) {
      const raw = Array.from(outputs.logits.subarray(at, at + 5), sigmoid);
      const wanted = softmax(raw.map((p) => Math.log(p) / 0.3));
      const row = Array.from(scaled.subarray(at, at + 5));
      expect(row.map(sigmoid).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      row.forEach((z, k) => expect(sigmoid(z)).toBeCloseTo(wanted[k] as number, 10));
    }
    // p of the first is 1 - 2e^-60: as a probability 1, as log-odds still 60 - log 2, at half the temperature 120 - log 2.
    const sure = Float64Array.of(60 - Math.log(2), -60, -60);
    const sharper = calibratedLogits(sure, 3, { family: 'softmax', temperature: 0.5 });
    expect(sharper[0]).toBeCloseTo(120 - Math.log(2), 9);
    expect(sharper[1]).toBeCloseTo(-120, 9);
  });

  it('are the model’s own at temperature 1, and keep what is not a number', () => {
    const { logits } = singleLabel(10, 4, 1, 33);
    for (const family of ['sigmoid', 'softmax'] as const) {
      const same = calibratedLogits(logits, 4, { family, temperature: 1 });
      same.forEach((z, cell) => expect(z).toBeCloseTo(logits[cell] as number, 8));
      const unknown = new Float32Array(4).fill(Number.NaN);
      expect([...rowProbabilities(unknown, { family, temperature: 2 })]).toEqual([NaN, NaN, NaN, NaN]);
    }
    expect([...rowProbabilities(Float32Array.of(0, 1), null)]).toEqual([0.5, sigmoid(1)]);
    expect(() => calibratedLogits(logits, 7, { family: 'sigmoid', temperature: 1 })).toThrow(/no rows of 7/u);
  });

  it('decide as before at the threshold that a threshold becomes', () => {
    for (const temperature of [0.07, 0.6, 1, 1.9, 19]) {
      const scaling = { family: 'sigmoid', temperature } as const;
      const outputs = multiLabel(400, 4, temperature, 41);
      const evaluator = createEvaluator({ ...outputs, logits: outputs.logits });
      const calibrated = createEvaluator({
        ...outputs,
        logits: calibratedLogits(outputs.logits, 4, scaling),
      });
      const tuned = tuneThresholds(evaluator).thresholds;
      for (const threshold of [0, 0.05, 0.37, 0.5, 0.93, 1, tuned]) {
        const mapped =
          typeof threshold === 'number'
            ? (calibratedThreshold(threshold, scaling) ?? Number.NaN)
            : threshold.map((t) => calibratedThreshold(t, scaling) ?? Number.NaN);
        expect(calibrated.decide(mapped)).toEqual(evaluator.decide(threshold));
      }
      expect(calibratedThreshold(0.5, scaling)).toBe(0.5);
    }
  });

  it('have no such threshold under a softmax, where the others count too', () => {
    const scaling = { family: 'softmax', temperature: 2 } as const;
    expect(calibratedThreshold(0.4, scaling)).toBeNull();
    // The same 0.4 beside one strong rival and beside six weak ones.
    const [beside] = rowProbabilities(Float64Array.from([0.4, 0.59, 0.01], logit), scaling);
    const [above] = rowProbabilities(Float64Array.from([0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1], logit), scaling);
    expect(beside).toBeGreaterThan(0.4);
    expect(above).toBeCloseTo(0.25, 12);
  });
});
