import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { evaluateDecisions } from '../metrics/baselines.ts';
import { bootstrap, differenceInterval, scoreInterval } from './bootstrap.ts';
import { decisionRows, metrics, tallyAll, type MetricName } from './decisionRows.ts';
import { noisyModels } from './testing.ts';

const everyMetric = Object.keys(metrics) as MetricName[];

const deviation = (values: Float64Array) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
};

describe('row statistics', () => {
  it("add up to the evaluation's own report, every score of it", () => {
    const { targets, decisions } = noisyModels({
      rows: 200,
      labels: 17,
      density: 0.15,
      errors: [0.3],
      seed: 3,
    });
    const labels = Array.from({ length: 17 }, (_, i) => `label ${i}`);
    const report = evaluateDecisions({ labels, targets }, decisions[0] as Uint8Array);
    const tally = tallyAll(decisionRows(targets, decisions[0] as Uint8Array, 17));
    expect(Object.fromEntries(everyMetric.map((name) => [name, metrics[name](tally).toFixed(12)]))).toEqual(
      Object.fromEntries(
        Object.entries({
          microF1: report.micro.f1,
          macroF1: report.macro.f1,
          weightedF1: report.weighted.f1,
          samplesF1: report.samples.f1,
          samplesJaccard: report.jaccard.samples,
          subsetAccuracy: report.subsetAccuracy,
          labelAccuracy: report.labelAccuracy,
        }).map(([name, value]) => [name, value.toFixed(12)]),
      ),
    );
    const nothing = tallyAll(decisionRows(new Uint8Array(34), new Uint8Array(34), 17));
    expect(metrics.macroF1(nothing) + metrics.microF1(nothing) + metrics.weightedF1(nothing)).toBe(0);
  });
});

describe('paired bootstrap', () => {
  it('spreads subset accuracy as the binomial does', async () => {
    // 240 of 400 rows right: a resample's mean has deviation sqrt(0.6 · 0.4 / 400) = 0.02449.
    const targets = Uint8Array.from({ length: 400 }, (_, row) => row % 2);
    const decisions = targets.map((target, row) => (row < 240 ? target : 1 - target));
    const result = await bootstrap({ labels: 1, targets, decisions: [decisions] }, ['subsetAccuracy'], {
      seed: 1,
    });
    const [samples] = result.samples[0] ?? [];
    expect(deviation(samples ?? new Float64Array()) / Math.sqrt((0.6 * 0.4) / 400)).toBeCloseTo(1, 1);
    const { estimate, low, high } = scoreInterval(result, 0, 'subsetAccuracy');
    expect(estimate).toBe(0.6);
    // Within a row of 1.96 deviations to each side.
    expect(Math.abs(low - (0.6 - 0.048))).toBeLessThan(0.004);
    expect(Math.abs(high - (0.6 + 0.048))).toBeLessThan(0.004);
  });

  it('pairs: the spread of a difference comes from rows that differ only', async () => {
    // Of 500 rows both models are right on 400, the first alone on 60, the second alone on 40. The row difference is 1, -1
    // or 0, so that its variance is (60 + 40)/500 - (20/500)²; unpaired it would be larger by half.
    const targets = new Uint8Array(500);
    const first = Uint8Array.from(targets, (_, row) => Number(row >= 400 && row < 440));
    const second = Uint8Array.from(targets, (_, row) => Number(row >= 440));
    const result = await bootstrap({ labels: 1, targets, decisions: [first, second] }, ['subsetAccuracy'], {
      seed: 4,
    });
    const expected = Math.sqrt((0.2 - 0.04 ** 2) / 500);
    const { estimate, low, high } = differenceInterval(result, 0, 1, 'subsetAccuracy');
    expect(estimate).toBeCloseTo(0.04, 12);
    expect((high - low) / (2 * 1.95996 * expected)).toBeGreaterThan(0.93);
    expect((high - low) / (2 * 1.95996 * expected)).toBeLessThan(1.07);
  });

  it('gives equal models a difference of exactly 0, and the same seed the same samples', async () => {
    const { targets, decisions } = noisyModels({
      rows: 80,
      labels: 6,
      density: 0.2,
      errors: [0.4, 0.4],
      seed: 9,
    });
    const [model] = decisions as [Uint8Array];
    const input = { labels: 6, targets, decisions: [model, model] };
    const result = await bootstrap(input, everyMetric, { resamples: 300, seed: 7 });
    for (const name of everyMetric)
      expect(differenceInterval(result, 0, 1, name)).toMatchObject({ estimate: 0, low: 0, high: 0 });
    const again = await bootstrap(input, everyMetric, { resamples: 300, seed: 7 });
    expect(again.samples).toEqual(result.samples);
    const other = await bootstrap(input, everyMetric, { resamples: 300, seed: 8 });
    expect(other.samples).not.toEqual(result.samples);
  });

  it('scores a resample as an evaluation of the drawn rows would', async () => {
    const rows = 30;
    const labels = 5;
    const { targets, decisions } = noisyModels({ rows, labels, density: 0.3, errors: [0.3], seed: 2 });
    const result = await bootstrap({ labels, targets, decisions }, ['macroF1', 'samplesF1'], {
      resamples: 20,
      seed: 5,
    });
    for (let sample = 0; sample < 20; sample++) {
      const stream = random(5, 0x626f6f74, sample);
      const drawn = Array.from({ length: rows }, () => stream.integer(rows));
      const gather = (from: Uint8Array) =>
        Uint8Array.from(
          { length: rows * labels },
          (_, cell) =>
            from[(drawn[Math.floor(cell / labels)] as number) * labels + (cell % labels)] as number,
        );
      const names = Array.from({ length: labels }, (_, i) => `${i}`);
      const report = evaluateDecisions(
        { labels: names, targets: gather(targets) },
        gather(decisions[0] as Uint8Array),
      );
      expect(result.samples[0]?.[0]?.[sample]).toBeCloseTo(report.macro.f1, 12);
      expect(result.samples[0]?.[1]?.[sample]).toBeCloseTo(report.samples.f1, 12);
    }
  });

  it('draws groups whole: rows copied twice are no new evidence', async () => {
    const { targets, decisions } = noisyModels({ rows: 60, labels: 4, density: 0.3, errors: [0.3], seed: 6 });
    const twice = (values: Uint8Array) => Uint8Array.from([...values, ...values]);
    const once = await bootstrap({ labels: 4, targets, decisions }, ['microF1'], { resamples: 200 });
    const doubled = { labels: 4, targets: twice(targets), decisions: decisions.map(twice) };
    const groups = Uint32Array.from({ length: 120 }, (_, row) => row % 60);
    const grouped = await bootstrap(doubled, ['microF1'], { resamples: 200, groups });
    expect(grouped.samples).toEqual(once.samples);
    const naive = await bootstrap(doubled, ['microF1'], { resamples: 200 });
    const width = (result: typeof naive) => deviation(result.samples[0]?.[0] ?? new Float64Array());
    // Half the variance: too sure of itself.
    expect(width(naive) / width(grouped)).toBeLessThan(0.85);
  });

  it('stops when asked, and says how far it is', async () => {
    const { targets, decisions } = noisyModels({
      rows: 500,
      labels: 20,
      density: 0.1,
      errors: [0.3],
      seed: 6,
    });
    const stop = new AbortController();
    const seen: number[] = [];
    const task = bootstrap({ labels: 20, targets, decisions }, ['macroF1'], {
      signal: stop.signal,
      onProgress: ({ done, total }) => {
        expect(total).toBe(10_000);
        seen.push(done);
        if (done > 0) stop.abort();
      },
    });
    await expect(task).rejects.toMatchObject({ code: 'aborted' });
    expect(seen.length).toBeGreaterThanOrEqual(2);
  });

  it('refuses what does not belong together', async () => {
    const ask = (input: Parameters<typeof bootstrap>[0], options = {}) =>
      bootstrap(input, ['microF1'], options);
    const cells = new Uint8Array(12);
    await expect(ask({ labels: 5, targets: cells, decisions: [cells] })).rejects.toMatchObject({
      code: 'comparison-shape-mismatch',
    });
    await expect(
      ask({ labels: 4, targets: cells, decisions: [cells, new Uint8Array(8)] }),
    ).rejects.toMatchObject({ code: 'comparison-shape-mismatch' });
    await expect(
      ask({ labels: 4, targets: cells, decisions: [cells] }, { groups: [1] }),
    ).rejects.toMatchObject({
      code: 'comparison-shape-mismatch',
    });
    await expect(ask({ labels: 4, targets: cells, decisions: [] })).rejects.toMatchObject({
      code: 'comparison-too-few',
    });
    await expect(
      ask({ labels: 4, targets: cells, decisions: [cells] }, { resamples: 0 }),
    ).rejects.toMatchObject({
      code: 'statistics-option-invalid',
    });
  });
});
