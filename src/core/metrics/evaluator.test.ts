import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { allZeroBaseline, evaluateDecisions, labelPriorBaseline } from './baselines.ts';
import { createEvaluator, logit, sigmoid } from './evaluator.ts';

interface Golden {
  readonly Y: number[][];
  readonly P: number[][];
  readonly micro_f1: number;
  readonly macro_f1: number;
  readonly weighted_f1: number;
  readonly samples_f1: number;
  readonly subset_accuracy: number;
  readonly hamming_accuracy: number;
  readonly jaccard_samples: number;
}

const names = (count: number) => Array.from({ length: count }, (_, i) => `label ${i}`);

function evaluatorOf(targets: number[][], probabilities: number[][]) {
  return createEvaluator({
    labels: names(targets[0]?.length ?? 0),
    targets: Uint8Array.from(targets.flat()),
    probabilities: Float64Array.from(probabilities.flat()),
  });
}

// Values computed by scikit-learn 1.2.1: third-party data beside the repository, skipped where it is absent.
const goldenPath = '../shared/data/ieb/sklearn_golden.json';
describe.skipIf(!existsSync(goldenPath))('against scikit-learn', () => {
  const goldens = existsSync(goldenPath)
    ? (JSON.parse(readFileSync(goldenPath, 'utf8')) as { multilabel: Golden[] }).multilabel
    : [];

  it.each(goldens.map((golden, i) => [i, golden] as const))('multi-label case %i to 1e-9', (_, golden) => {
    const evaluator = evaluatorOf(golden.Y, golden.P);
    const decisions = Uint8Array.from(golden.P.flat(), (p) => (p >= 0.5 ? 1 : 0));
    for (const report of [evaluator.at(0.5), evaluateDecisions(evaluator, decisions)]) {
      const found = {
        micro_f1: report.micro.f1,
        macro_f1: report.macro.f1,
        weighted_f1: report.weighted.f1,
        samples_f1: report.samples.f1,
        subset_accuracy: report.subsetAccuracy,
        hamming_accuracy: report.labelAccuracy,
        jaccard_samples: report.jaccard.samples,
      };
      const expected = Object.fromEntries(
        Object.keys(found).map((name) => [name, expect.closeTo(golden[name as keyof typeof found], 9)]),
      );
      expect(found).toEqual(expected);
    }
  });

  it('decides the same on logits as on probabilities', () => {
    for (const golden of goldens) {
      const logits = Float64Array.from(golden.P.flat(), logit);
      const targets = Uint8Array.from(golden.Y.flat());
      const onLogits = createEvaluator({ labels: names(golden.Y[0]?.length ?? 0), targets, logits });
      for (const threshold of [0.05, 0.3333, 0.5, 0.8001])
        expect(onLogits.at(threshold)).toEqual(evaluatorOf(golden.Y, golden.P).at(threshold));
    }
  });
});

describe('evaluation by hand', () => {
  // Row 0: hit a, extra b. Row 1: hit b, missed c. Row 2: nothing true, nothing predicted. Row 3: missed a, extra c.
  const targets = [
    [1, 0, 0],
    [0, 1, 1],
    [0, 0, 0],
    [1, 0, 0],
  ];
  const probabilities = [
    [0.9, 0.6, 0.1],
    [0.2, 0.7, 0.4],
    [0.1, 0.1, 0.1],
    [0.3, 0.2, 0.8],
  ];
  const evaluator = evaluatorOf(targets, probabilities);
  const report = evaluator.at(0.5);

  it('counts every average as its definition says', () => {
    expect(report).toMatchObject({ rows: 4, labels: 3, support: 4, predicted: 4, truePositives: 2 });
    expect(report.hammingLoss).toBeCloseTo(4 / 12, 12);
    expect(report.labelAccuracy).toBeCloseTo(8 / 12, 12);
    expect(report.subsetAccuracy).toBe(1 / 4);
    expect(report.micro).toEqual({ precision: 0.5, recall: 0.5, f1: 0.5 });
    expect(report.macro).toEqual({
      precision: (1 + 0.5 + 0) / 3,
      recall: (0.5 + 1 + 0) / 3,
      f1: (2 / 3 + 2 / 3 + 0) / 3,
    });
    expect(report.weighted.precision).toBeCloseTo((2 * 1 + 1 * 0.5) / 4, 12);
    expect(report.weighted.recall).toBeCloseTo((2 * 0.5 + 1 * 1) / 4, 12);
    // A row without true or predicted labels scores 0, as with zero_division=0.
    expect(report.samples.precision).toBeCloseTo((1 / 2 + 1 + 0 + 0) / 4, 12);
    expect(report.samples.recall).toBeCloseTo((1 + 1 / 2 + 0 + 0) / 4, 12);
    expect(report.samples.f1).toBeCloseTo((2 / 3 + 2 / 3) / 4, 12);
    expect(report.jaccard.samples).toBeCloseTo((1 / 2 + 1 / 2) / 4, 12);
    expect(report.jaccard.micro).toBeCloseTo(2 / 6, 12);
    expect(report.jaccard.macro).toBeCloseTo((1 / 2 + 1 / 2 + 0) / 3, 12);
  });

  it('audits every label', () => {
    expect(report.perLabel.map(({ support, predicted, flagged }) => [support, predicted, flagged])).toEqual([
      [2, 1, true],
      [1, 2, true],
      [1, 1, true],
    ]);
    expect(evaluator.at([0.2, 0.65, 0.35]).perLabel[1]).toMatchObject({
      f1: 1,
      threshold: 0.65,
      flagged: false,
    });
  });

  it('counts a probability that equals the threshold as predicted, everything at 0 and nothing unsure at 1', () => {
    expect(evaluator.at(0.9).predicted).toBe(1);
    expect(evaluator.at(0).predicted).toBe(12);
    expect(evaluator.at(1).predicted).toBe(0);
  });

  it('gives the cross-entropy of each row, also for logits that overflow a naive formula', () => {
    const losses = evaluator.rowLosses();
    expect(losses[0]).toBeCloseTo(-(Math.log(0.9) + Math.log(0.4) + Math.log(0.9)) / 3, 12);
    expect(evaluator.loss()).toBeCloseTo([...losses].reduce((a, b) => a + b, 0) / 4, 12);
    const extreme = createEvaluator({
      labels: names(2),
      targets: Uint8Array.of(1, 0),
      logits: Float32Array.of(1000, 1000),
    });
    expect(extreme.loss()).toBe(500);
  });

  it('treats NaN as not predicted, and says how many there are', () => {
    const broken = createEvaluator({
      labels: names(2),
      targets: Uint8Array.of(1, 1),
      logits: Float32Array.of(Number.NaN, 5),
    });
    expect(broken.notFinite).toBe(1);
    expect(broken.at(0).predicted).toBe(1);
    expect(broken.ranking().averagePrecision).toEqual(Float64Array.of(1, 1));
  });

  it('survives evaluations without rows or labels', () => {
    const empty = createEvaluator({
      labels: names(3),
      targets: new Uint8Array(),
      logits: new Float32Array(),
    });
    const nothing = createEvaluator({ labels: [], targets: new Uint8Array(), logits: new Float32Array() });
    for (const report of [empty.at(0.5), nothing.at(0.5)]) {
      expect(report).toMatchObject({ labelAccuracy: 0, subsetAccuracy: 0, hammingLoss: 0 });
      expect(report.macro.f1).toBe(0);
    }
    expect(nothing.ranking().macroRocAuc).toBeNull();
  });

  it('names shapes and thresholds that do not fit', () => {
    const make = (logits: number, targets: number) => () =>
      createEvaluator({
        labels: names(3),
        targets: new Uint8Array(targets),
        logits: new Float32Array(logits),
      });
    for (const bad of [make(6, 3), make(4, 4)])
      expect(bad).toThrowError(expect.objectContaining({ code: 'evaluation-shape-mismatch' }));
    for (const bad of [-0.1, 1.1, Number.NaN, [0.5, 0.5]])
      expect(() => evaluator.at(bad)).toThrowError(expect.objectContaining({ code: 'threshold-invalid' }));
  });
});

describe('baselines on the same targets', () => {
  const rng = random(5);
  const rows = 4000;
  const priors = [0.02, 0.1, 0.5, 1];
  const targets = Uint8Array.from({ length: rows * 4 }, (_, cell) =>
    rng.next() < (priors[cell % 4] as number) ? 1 : 0,
  );
  const input = { labels: names(4), targets };

  it('predict nothing at all', () => {
    const zero = allZeroBaseline(input);
    const density = targets.reduce((a, b) => a + b, 0) / targets.length;
    expect(zero.labelAccuracy).toBeCloseTo(1 - density, 12);
    expect(zero).toMatchObject({ predicted: 0, subsetAccuracy: 0 });
    expect(zero.micro).toEqual({ precision: 0, recall: 0, f1: 0 });
  });

  it('guess each label as often as its prior says, and right as often as chance', () => {
    const prior = labelPriorBaseline(input, priors, 1);
    prior.perLabel.forEach(({ predicted, recall }, label) => {
      const p = priors[label] as number;
      expect(Math.abs(predicted / rows - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / rows) + 1e-12);
      expect(Math.abs(recall - p)).toBeLessThan(0.12);
    });
    expect(labelPriorBaseline(input, priors, 1)).toEqual(prior);
    expect(labelPriorBaseline(input, priors, 2)).not.toEqual(prior);
    expect(labelPriorBaseline(input, [0, 0, 0, 0]).predicted).toBe(0);
  });
});

it('sigmoid and logit undo each other and do not overflow', () => {
  for (const p of [0, 1e-12, 0.2, 0.5, 0.999, 1]) expect(sigmoid(logit(p))).toBeCloseTo(p, 14);
  expect([sigmoid(-1000), sigmoid(1000)]).toEqual([0, 1]);
});
