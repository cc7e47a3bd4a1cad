import { describe, expect, it } from 'vitest';
import { evaluateDecisions } from '../metrics/baselines.ts';
import { compareModels } from './compare.ts';
import { compareFolds, summariseFolds } from './folds.ts';
import { approximateRandomisation } from './randomisation.ts';
import { noisyModels } from './testing.ts';
import { describeDifference, describeFolds, describeMcNemar, points } from './words.ts';

describe('approximate randomisation', () => {
  it('is the exact binomial test where the metric is subset accuracy', async () => {
    // The first alone right on 1 row, the second on 7: swaps make |difference| >= 6 in 2 · (C(8,0) + C(8,1)) of 2⁸ ways.
    const targets = new Uint8Array(40);
    const first = Uint8Array.from(targets, (_, row) => Number(row < 7));
    const second = Uint8Array.from(targets, (_, row) => Number(row === 7));
    const [test] = await approximateRandomisation({ labels: 1, targets, first, second }, ['subsetAccuracy'], {
      seed: 2,
    });
    expect(test?.difference).toBeCloseTo(-6 / 40, 12);
    expect(test?.differingRows).toBe(8);
    // Three standard errors of 10,000 trials.
    expect(Math.abs((test?.pValue ?? 0) - 18 / 256)).toBeLessThan(3 * Math.sqrt((0.07 * 0.93) / 10_000));
  });

  it('agrees with every one of the 2ⁿ swaps on micro- and macro-F1', async () => {
    const rows = 10;
    const labels = 3;
    const { targets, decisions } = noisyModels({ rows, labels, density: 0.4, errors: [0.1, 0.6], seed: 12 });
    const [first, second] = decisions as [Uint8Array, Uint8Array];
    const names = ['a', 'b', 'c'];
    const difference = (a: Uint8Array, b: Uint8Array) => {
      const [x, y] = [
        evaluateDecisions({ labels: names, targets }, a),
        evaluateDecisions({ labels: names, targets }, b),
      ];
      return [x.micro.f1 - y.micro.f1, x.macro.f1 - y.macro.f1];
    };
    const observed = difference(first, second);
    const reached = [0, 0];
    for (let mask = 0; mask < 2 ** rows; mask++) {
      const isSwapped = (cell: number) => ((mask >> Math.floor(cell / labels)) & 1) === 1;
      const a = first.map((value, cell) => (isSwapped(cell) ? (second[cell] as number) : value));
      const b = second.map((value, cell) => (isSwapped(cell) ? (first[cell] as number) : value));
      difference(a, b).forEach((d, k) => {
        if (Math.abs(d) >= Math.abs(observed[k] as number) - 1e-12) reached[k] = (reached[k] as number) + 1;
      });
    }
    const tests = await approximateRandomisation({ labels, targets, first, second }, ['microF1', 'macroF1'], {
      seed: 3,
    });
    tests.forEach(({ pValue, difference: d }, k) => {
      const exact = (reached[k] as number) / 2 ** rows;
      expect(d).toBeCloseTo(observed[k] as number, 12);
      expect(Math.abs(pValue - exact)).toBeLessThan(4 * Math.sqrt((exact * (1 - exact)) / 10_000) + 2e-4);
    });
  });

  it('of a model with itself is 1', async () => {
    const { targets, decisions } = noisyModels({ rows: 20, labels: 3, density: 0.4, errors: [0.3], seed: 1 });
    const [model] = decisions as [Uint8Array];
    const [test] = await approximateRandomisation(
      { labels: 3, targets, first: model, second: model },
      ['microF1'],
      {
        resamples: 50,
      },
    );
    expect(test).toMatchObject({ pValue: 1, differingRows: 0 });
  });
});

describe('folds', () => {
  it('summarise by the textbook', () => {
    // Mean 0.8, squares 4 + 1 + 0 + 1 + 4 = 10 (·10⁻⁴) over 4; t(0.975, 4) = 2.776445.
    const summary = summariseFolds([0.78, 0.79, 0.8, 0.81, 0.82]);
    expect(summary.mean).toBeCloseTo(0.8, 12);
    expect(summary.standardDeviation).toBeCloseTo(Math.sqrt(0.00025), 12);
    expect(summary.interval?.high).toBeCloseTo(0.8 + 2.776445105 * Math.sqrt(0.00025 / 5), 9);
    expect(describeFolds(summary)).toBe('80.0 ± 1.6 over 5 folds (95 %: 78.0 to 82.0)');
    expect(describeFolds(summariseFolds([0.5]), 'seeds')).toBe('50.0 from one seed: no deviation yet');
    expect(() => summariseFolds([])).toThrow(/No fold/);
  });

  it('compare in pairs, more carefully where they share training rows', () => {
    // Differences 1, 2, 3 points: t = 0.02 / (0.01 / √3) = 2√3 with 2 degrees, p = 1 - t / √(2 + t²) = 1 - √(12/14).
    const plain = compareFolds([0.51, 0.52, 0.53], [0.5, 0.5, 0.5]);
    expect(plain.t).toBeCloseTo(2 * Math.sqrt(3), 9);
    expect(plain.pValue).toBeCloseTo(1 - Math.sqrt(12 / 14), 9);
    // 1/3 + 1/2 in place of 1/3: t shrinks by √(2/5).
    const corrected = compareFolds([0.51, 0.52, 0.53], [0.5, 0.5, 0.5], { testOverTrain: 1 / 2 });
    expect(corrected.t).toBeCloseTo(2 * Math.sqrt(3) * Math.sqrt(2 / 5), 9);
    expect(compareFolds([0.5, 0.6], [0.5, 0.6])).toMatchObject({ t: null, pValue: 1 });
    expect(() => compareFolds([0.5], [0.5, 0.6])).toThrow(/same folds|2 of the other/);
  });
});

describe('results in plain words', () => {
  const names = { first: 'XLNet', second: 'BERT' };
  const interval = (estimate: number, low: number, high: number) => ({
    estimate,
    low,
    high,
    confidence: 0.95,
  });

  it('say what can and what cannot be told apart', () => {
    expect(describeDifference(interval(0.008, -0.004, 0.021), names)).toBe(
      'not distinguishable at 95 %: difference 0.8 points, interval −0.4 to 2.1',
    );
    expect(describeDifference(interval(0.021, 0.004, 0.038), names)).toBe(
      'XLNet is better than BERT at 95 %: difference 2.1 points, interval 0.4 to 3.8',
    );
    expect(describeDifference(interval(-0.021, -0.038, -0.004), names, 0.01)).toBe(
      'BERT is better than XLNet at 95 %: difference 2.1 points, interval 0.4 to 3.8',
    );
    expect(describeDifference(interval(0.021, 0.004, 0.038), names, 0.12)).toBe(
      'not distinguishable at 95 % once all comparisons are counted (p = 0.12): difference 2.1 points, interval 0.4 to 3.8',
    );
    expect(points(-0.0001)).toBe('0.0');
  });

  it('name the form of McNemar’s test', () => {
    expect(
      describeMcNemar(
        { onlyFirst: 16, onlySecond: 6, pValue: 0.0526, method: 'exact-binomial', statistic: null },
        names,
      ),
    ).toBe(
      'not distinguishable at 95 %: XLNet alone gets 16 rows wholly right, BERT alone 6 (McNemar, exact binomial test, p = 0.053)',
    );
  });
});

describe('a whole comparison', () => {
  it('tells a good model from a bad one, and not two alike', async () => {
    const { targets, decisions } = noisyModels({
      rows: 300,
      labels: 12,
      density: 0.15,
      errors: [0.1, 0.5, 0.1],
      seed: 5,
    });
    const models = ['good', 'bad', 'as good'].map((name, m) => ({
      name,
      decisions: decisions[m] as Uint8Array,
    }));
    const seen: number[] = [];
    const report = await compareModels(
      { labels: 12, targets, models },
      { resamples: 1000, onProgress: ({ done, total }) => seen.push(done / (total ?? 1)) },
    );
    expect(report.pairs).toHaveLength(9);
    for (const pair of report.pairs) {
      const isAgainstBad = pair.first === 1 || pair.second === 1;
      expect(pair.isDistinguishable, pair.sentence).toBe(isAgainstBad);
      expect(pair.sentence).toMatch(
        isAgainstBad ? /^(good|as good) is better/ : /^not distinguishable at 95 %/,
      );
      expect(pair.test).toBe(pair.metric === 'subsetAccuracy' ? 'mcnemar' : 'approximate-randomisation');
      expect(pair.adjustedP).toBeGreaterThanOrEqual(pair.pValue);
      const difference =
        (report.scores[pair.first]?.[report.metrics.indexOf(pair.metric)]?.estimate ?? 0) -
        (report.scores[pair.second]?.[report.metrics.indexOf(pair.metric)]?.estimate ?? 0);
      expect(pair.difference.estimate).toBeCloseTo(difference, 12);
    }
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(1);
    expect(report.method).toContain('1,000 paired bootstrap resamples of test rows');
  });

  it('swaps whole groups in place of McNemar where rows hang together', async () => {
    const { targets, decisions } = noisyModels({
      rows: 60,
      labels: 4,
      density: 0.3,
      errors: [0.2, 0.3],
      seed: 5,
    });
    const models = decisions.map((of, m) => ({ name: `${m}`, decisions: of }));
    const groups = Uint32Array.from({ length: 60 }, (_, row) => row >> 2);
    const report = await compareModels({ labels: 4, targets, models }, { resamples: 200, groups });
    expect(report.pairs.map((pair) => pair.test)).toEqual(Array(3).fill('approximate-randomisation'));
    expect(report.method).toContain('groups of test rows');
  });
});
