import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { createEvaluator, logit, sigmoid } from '../metrics/evaluator.ts';
import { nearestConfusions } from './confusions.ts';
import { gainPerDoubling, labelCurves } from './learningCurves.ts';
import { describeIssue, findMislabelled, issueInBrief } from './mislabelled.ts';
import { gatherOutOfFold } from './outOfFold.ts';

describe('out-of-fold probabilities', () => {
  const fold = (rows: number[], values: number[]) => ({ rows, logits: Float32Array.from(values, logit) });

  it('put every row where it belongs', () => {
    const gathered = gatherOutOfFold([fold([2, 0], [0.25, 0.5, 0.75, 0.125]), fold([1], [0.875, 0.5])], 3, 2);
    [0.75, 0.125, 0.875, 0.5, 0.25, 0.5].forEach((p, i) => expect(gathered[i]).toBeCloseTo(p, 6));
  });

  it('refuse folds that overlap, leave rows out or do not fit', () => {
    expect(() => gatherOutOfFold([fold([0], [0.5]), fold([0], [0.5])], 2, 1)).toThrow(
      /Row 0 is held out twice/,
    );
    expect(() => gatherOutOfFold([fold([0], [0.5])], 3, 1)).toThrow(
      /2 rows are in no fold, the first is row 1/,
    );
    expect(() => gatherOutOfFold([fold([5], [0.5])], 3, 1)).toThrow(/Row 5 is not among the 3 rows/);
    expect(() => gatherOutOfFold([fold([0, 1], [0.5])], 3, 1)).toThrow(/Fold 1 has 1 logits/);
  });
});

describe('rows likely mislabelled', () => {
  it('follow confident learning by hand', () => {
    // One label. Given true: 0.9, 0.8, 0.1 (mean 0.6). Given false: 0.1, 0.2, 0.7, 0.0 (mean of 1 - p: 0.75).
    // Believed true from 0.6 on, believed false up to 0.25: row 2 is wrong, row 5 is missing, all others agree.
    const input = {
      labels: ['Pets'],
      probabilities: [0.9, 0.8, 0.1, 0.1, 0.2, 0.7, 0],
      targets: Uint8Array.of(1, 1, 1, 0, 0, 0, 0),
    };
    const { rows, noise, notJudged } = findMislabelled(input, { minimumSupport: 3 });
    expect(rows.map(({ row, issues }) => [row, issues[0]?.kind])).toEqual([
      [2, 'wrong'],
      [5, 'missing'],
    ]);
    expect(rows[0]?.margin).toBeCloseTo(0.8, 12);
    expect(noise[0]?.trueThreshold).toBeCloseTo(0.6, 12);
    expect(noise[0]?.falseThreshold).toBeCloseTo(0.75, 12);
    // One of three given true, one of four given false.
    expect(noise[0]).toMatchObject({ estimatedWrong: 1, estimatedMissing: 1 });
    expect(rows.map(({ issues: [issue] }) => issue && describeIssue(issue, input.labels))).toEqual([
      '“Pets” looks wrong: 10 %, where rows without it get 25 % on average.',
      '“Pets” looks missing: 70 %, where rows that have it get 60 % on average.',
    ]);
    expect(rows.map(({ issues: [issue] }) => issue && issueInBrief(issue, input.labels))).toEqual([
      '“Pets” looks wrong, 10 %',
      '“Pets” looks missing, 70 %',
    ]);
    expect(notJudged).toEqual([]);
    expect(findMislabelled(input).notJudged).toEqual([0]);
    expect(findMislabelled(input, { minimumSupport: 3, minimumConfidence: 0.8 }).rows).toHaveLength(1);
  });

  it('find planted errors among thousands of rows, and about as many as there are', () => {
    const draw = random(8);
    const rowCount = 3000;
    const labels = ['a', 'b', 'c', 'd'];
    const targets = new Uint8Array(rowCount * 4);
    const planted = new Set<number>();
    const probabilities = Float64Array.from({ length: rowCount * 4 }, (_, cell) => {
      const truth = Number(draw.next() < 0.15);
      const isPlanted = draw.next() < 0.02;
      if (isPlanted) planted.add(cell);
      targets[cell] = isPlanted ? 1 - truth : truth;
      return sigmoid((truth ? 2.5 : -3) + 1.2 * draw.normal());
    });
    const { rows, noise } = findMislabelled({ labels, probabilities, targets });
    const found = rows.flatMap(({ row, issues }) => issues.map((issue) => 4 * row + issue.labelId));
    const hits = found.filter((cell) => planted.has(cell));
    // The bars are means, pulled down by the errors themselves: a little more than half of a class passes.
    expect(hits.length / planted.size).toBeGreaterThan(0.6);
    // The ranking puts them first.
    const first = found.slice(0, 100);
    expect(first.filter((cell) => planted.has(cell)).length).toBeGreaterThan(90);
    const estimated = noise.reduce((sum, label) => sum + label.estimatedWrong + label.estimatedMissing, 0);
    expect(estimated / planted.size).toBeGreaterThan(0.6);
    expect(estimated / planted.size).toBeLessThan(1.6);
    expect(rows.map((row) => row.margin)).toEqual(rows.map((row) => row.margin).toSorted((a, b) => b - a));
  });

  it('refuse what does not fit', () => {
    expect(() => findMislabelled({ labels: ['a'], probabilities: [1], targets: new Uint8Array(2) })).toThrow(
      /1 probabilities and 2 targets/,
    );
  });
});

describe('nearest confusions', () => {
  it('put pairs confused both ways first, with their rows', () => {
    const labels = ['a', 'b', 'c', 'd'];
    // (truth, predicted) a row: a as b twice, b as a once, c as d three times, one right, one missed without a substitute.
    const rows = [
      ['a', 'b', 0.8],
      ['c', 'd', 0.9],
      ['b', 'a', 0.9],
      ['c', 'd', 0.7],
      ['a', 'b', 0.95],
      ['c', 'd', 0.8],
      ['d', 'd', 0.9],
      ['b', '', 0],
    ] as const;
    const targets = new Uint8Array(rows.length * 4);
    const probabilities = new Float64Array(rows.length * 4).fill(0.1);
    rows.forEach(([truth, predicted, p], row) => {
      targets[4 * row + labels.indexOf(truth)] = 1;
      if (predicted) probabilities[4 * row + labels.indexOf(predicted)] = p;
    });
    const pairs = nearestConfusions(createEvaluator({ labels, probabilities, targets }), 0.5);
    expect(pairs).toEqual([
      {
        first: 0,
        second: 1,
        firstAsSecond: 2,
        secondAsFirst: 1,
        shareOfFirst: 1,
        shareOfSecond: 0.5,
        firstAsSecondRows: [4, 0],
        secondAsFirstRows: [2],
      },
      {
        first: 2,
        second: 3,
        firstAsSecond: 3,
        secondAsFirst: 0,
        shareOfFirst: 1,
        shareOfSecond: 0,
        firstAsSecondRows: [1, 5, 3],
        secondAsFirstRows: [],
      },
    ]);
    const short = nearestConfusions(createEvaluator({ labels, probabilities, targets }), 0.5, {
      limit: 1,
      rowsEach: 1,
    });
    expect(short.map((pair) => pair.firstAsSecondRows)).toEqual([[4]]);
  });
});

describe('learning curves over support', () => {
  const at = (labelId: number, trainSupport: number, f1: number) => ({
    labelId,
    trainSupport,
    testSupport: 20,
    f1,
  });

  it('give each label its gain a doubling', () => {
    const curves = labelCurves([
      at(1, 40, 0.5),
      at(1, 10, 0.3),
      at(1, 20, 0.4),
      at(0, 100, 0.8),
      at(0, 0, 0),
    ]);
    expect(curves.map((curve) => curve.labelId)).toEqual([0, 1]);
    expect(curves[0]).toMatchObject({ support: [100], gainPerDoubling: null, isStillRising: false });
    expect(curves[1]).toMatchObject({ support: [10, 20, 40], f1: [0.3, 0.4, 0.5], isStillRising: true });
    expect(curves[1]?.gainPerDoubling).toBeCloseTo(0.1, 12);
  });

  it('average runs of equal support, and tell more data from easier labels', () => {
    const curves = labelCurves([
      at(0, 10, 0.2),
      at(0, 10, 0.4),
      at(0, 20, 0.35),
      at(1, 640, 0.9),
      at(1, 1280, 0.95),
    ]);
    expect(curves[0]?.f1[0]).toBeCloseTo(0.3, 12);
    // Each gains 5 points a doubling, though the frequent label is 60 points ahead at 64 times the support.
    expect(gainPerDoubling(curves)).toBeCloseTo(0.05, 12);
    expect(gainPerDoubling([])).toBeNull();
  });
});
