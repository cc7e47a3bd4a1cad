import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { labelConfusion, topConfusion } from './confusion.ts';
import { rankErrors, type ErrorFilter, type RankedErrors } from './errorBrowser.ts';
import { createEvaluator } from './evaluator.ts';
import { diagnose } from './warnings.ts';
import type { MetricReport } from './types.ts';

// Row 0: a and b true, a hit, b missed, c instead. Row 1: c missed, nothing instead. Row 2: all right. Row 3: b extra.
const evaluator = createEvaluator({
  labels: ['a', 'b', 'c'],
  targets: Uint8Array.of(1, 1, 0, 0, 0, 1, 1, 0, 1, 1, 0, 0),
  logits: Float32Array.of(2, -3, 1, -2, -2, -0.5, 4, -4, 4, 1, 0.5, -1),
});

describe('label confusion', () => {
  const confusion = labelConfusion(evaluator, 0.5);

  it('says what stood in for a missed label', () => {
    expect([...confusion.instead]).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0]);
    expect([...confusion.missed]).toEqual([0, 1, 1]);
    expect([...confusion.missedAlone]).toEqual([0, 0, 1]);
  });

  it('counts true and predicted company', () => {
    expect([...confusion.together]).toEqual([3, 1, 1, 1, 1, 0, 1, 0, 2]);
    expect([...confusion.predictedTogether]).toEqual([3, 1, 2, 1, 1, 0, 2, 0, 2]);
  });

  it('refuses matrices that no screen shows', () => {
    const labels = Array.from({ length: 2100 }, (_, i) => `${i}`);
    const wide = createEvaluator({ labels, targets: new Uint8Array(2100), logits: new Float32Array(2100) });
    expect(() => labelConfusion(wide, 0.5)).toThrowError(
      expect.objectContaining({ code: 'too-many-labels' }),
    );
  });
});

describe('the part of a confusion that a screen shows', () => {
  const labelCount = 9;
  const cells = 60 * labelCount;
  const rng = random(7);
  const noisy = createEvaluator({
    labels: Array.from({ length: labelCount }, (_, i) => `${i}`),
    targets: Uint8Array.from({ length: cells }, () => (rng.next() < 0.3 ? 1 : 0)),
    probabilities: Float64Array.from({ length: cells }, () => rng.next()),
  });

  it.each(['instead', 'together', 'predictedTogether'] as const)(
    'is the whole matrix’s rows and columns with the largest counts: %s',
    (view) => {
      for (const threshold of [0.1, 0.6, 0.95]) {
        const whole = labelConfusion(noisy, threshold)[view];
        const at = (i: number, j: number) => whole[i * labelCount + j] as number;
        const weight = Array.from({ length: labelCount }, (_, i) =>
          Array.from({ length: labelCount }, (_, j) => (i === j ? 0 : at(i, j) + at(j, i))).reduce(
            (a, b) => a + b,
          ),
        );
        const wanted = weight
          .map((value, label) => ({ value, label }))
          .sort((a, b) => b.value - a.value || a.label - b.label)
          .slice(0, 4)
          .map(({ label }) => label)
          .sort((a, b) => a - b);
        const top = topConfusion(noisy, threshold, view, 4);
        expect(top.shown).toEqual(wanted);
        expect([...top.matrix]).toEqual(wanted.flatMap((i) => wanted.map((j) => at(i, j))));
      }
    },
  );

  it('has all labels where they are few', () => {
    const { shown, matrix } = topConfusion(evaluator, 0.5, 'instead', 40);
    expect(shown).toEqual([0, 1, 2]);
    expect([...matrix]).toEqual([...labelConfusion(evaluator, 0.5).instead]);
  });
});

describe('error browser', () => {
  const listed = ({ total, at }: RankedErrors) => Array.from({ length: total }, (_, place) => at(place));
  const rowsOf = (filter: Partial<ErrorFilter>, threshold = 0.5) =>
    listed(rankErrors(evaluator, threshold, { by: 'wrong', ...filter })).map(({ row }) => row);

  it('lists rows by wrong labels, then loss, with what went wrong', () => {
    const rows = listed(rankErrors(evaluator, 0.5, { by: 'wrong' }));
    expect(rows.map(({ row, wrong }) => [row, wrong])).toEqual([
      [0, 2],
      [3, 1],
      [1, 1],
    ]);
    expect(rows[0]).toMatchObject({ hits: [0], missed: [1], extra: [2] });
    expect(rows[1]?.loss).toBeGreaterThan(rows[2]?.loss as number);
  });

  it('sorts by loss, and includes right rows on demand', () => {
    const ranked = rankErrors(evaluator, 0.5, { by: 'loss', includeRight: true });
    expect(ranked.total).toBe(4);
    const losses = listed(ranked).map(({ loss }) => loss);
    expect(losses).toEqual([...losses].sort((a, b) => b - a));
    expect(listed(ranked).map((_, place) => ranked.row(place))).toEqual(listed(ranked).map(({ row }) => row));
    expect(() => ranked.at(4)).toThrowError(RangeError);
  });

  it('filters by a missed or a wrongly predicted label', () => {
    expect(rowsOf({ missed: 1 })).toEqual([0]);
    expect(rowsOf({ extra: 1 })).toEqual([3]);
    expect(rowsOf({ missed: 1, extra: 1 })).toEqual([]);
  });

  it('filters by either mistake with a label, and by the kind of mistake', () => {
    expect(rowsOf({ wrongAt: 1 })).toEqual([0, 3]);
    expect(rowsOf({ kind: 'missed' })).toEqual([0, 1]);
    expect(rowsOf({ kind: 'extra' })).toEqual([0, 3]);
    expect(rowsOf({ kind: 'missed', wrongAt: 1 })).toEqual([0]);
  });

  it('follows the threshold', () => {
    expect(rowsOf({}, 0.35)).toEqual([0, 3]);
  });
});

describe('warnings', () => {
  const report = evaluator.at(0.5);
  const healthy: MetricReport = {
    ...report,
    support: 1000,
    predicted: 900,
    labelAccuracy: 0.97,
    micro: { precision: 0.9, recall: 0.9, f1: 0.9 },
    macro: { precision: 0.88, recall: 0.88, f1: 0.88 },
  };
  const codes = (...args: Parameters<typeof diagnose>) => diagnose(...args).map(({ code }) => code);

  it('stay silent on a healthy model', () => {
    expect(
      diagnose({ report: healthy, train: { ...healthy, micro: { ...healthy.micro, f1: 0.94 } } }),
    ).toEqual([]);
  });

  it('tell a collapse from a lag of the rare labels', () => {
    const none = {
      ...healthy,
      predicted: 3,
      micro: { precision: 1, recall: 0, f1: 0.2 },
      macro: { ...healthy.macro, f1: 0 },
    };
    expect(codes({ report: none, train: null })).toEqual(['all-zero-collapse']);
    expect(diagnose({ report: none, train: null })[0]?.message).toContain('97.00 %');
    expect(codes({ report: { ...healthy, macro: { ...healthy.macro, f1: 0.7 } }, train: null })).toEqual([
      'macro-below-micro',
    ]);
  });

  it('name the score with the widest gap to training', () => {
    const train = {
      ...healthy,
      micro: { ...healthy.micro, f1: 0.96 },
      macro: { ...healthy.macro, f1: 0.99 },
    };
    const [warning] = diagnose({ report: healthy, train });
    expect(warning).toMatchObject({
      code: 'train-validation-gap',
      message: expect.stringContaining('macro-F1 is 11.0 points'),
    });
  });

  it('report a model that diverged', () => {
    expect(codes({ report: healthy, train: null, notFinite: 12 })).toEqual(['logits-not-finite']);
  });
});
