import { describe, expect, it } from 'vitest';
import type { LabelResult } from '../calibration/learningCurves.ts';
import type { LabelTable } from '../labels/labelTable.ts';
import { createAdvisor, niceThresholds } from './advisor.ts';
import { fitRising, valueAt } from './isotonic.ts';
import { balanceOf } from './types.ts';

/** A table of single-label rows: label i has `counts[i]` of them; each of the first `both` rows also has label 0. */
function tableOf(counts: readonly number[]): LabelTable {
  const ids = counts.flatMap((count, id) => Array.from({ length: count }, () => id));
  return {
    labels: counts.map((_, id) => `label ${id}`),
    rowCount: ids.length,
    rowOffsets: Uint32Array.from({ length: ids.length + 1 }, (_, i) => i),
    labelIds: Uint32Array.from(ids),
  };
}

/** F1 grows by 10 points a doubling from 10 rows (0.1) to 640 (0.7). */
const truth = (support: number) => Math.min(0.7, Math.max(0.1, 0.1 + 0.1 * Math.log2(support / 10)));
const resultsOf = (supports: readonly number[], f1 = truth): LabelResult[] =>
  supports.flatMap((support, labelId) =>
    [0.25, 0.5, 1].map((fraction) => ({
      labelId,
      trainSupport: support * fraction,
      testSupport: support / 4,
      f1: f1(support * fraction),
    })),
  );

// A long tail as wikiHow's: the label of rank r has 2,000 / r records.
const counts = Array.from({ length: 200 }, (_, i) => Math.floor(2000 / (i + 1)));
const input = {
  table: tableOf(counts),
  results: resultsOf(counts.map((count) => count * 0.8)),
  trainShare: 0.8,
};

describe('isotonic regression', () => {
  it('pools violators by weight', () => {
    const curve = fitRising([
      { x: 0, y: 1, weight: 1 },
      { x: 1, y: 3, weight: 1 },
      { x: 2, y: 2, weight: 3 },
      { x: 3, y: 4, weight: 1 },
      { x: 9, y: 9, weight: 0 },
    ]);
    // 3 and 2 pool to (3 · 1 + 2 · 3) / 4.
    expect(curve).toEqual({ x: [0, 1, 2, 3], y: [1, 2.25, 2.25, 4] });
    expect([-5, 0, 0.5, 1.5, 2.5, 3, 100].map((x) => valueAt(curve, x))).toEqual([
      1, 1, 1.625, 2.25, 3.125, 4, 4,
    ]);
    // Equal x pool whatever they say; equal y need not.
    const tied = [1, 3].map((y) => ({ x: 5, y, weight: 1 }));
    expect(fitRising(tied)).toEqual({ x: [5], y: [2] });
    expect(valueAt(fitRising([]), 1)).toBeNaN();
  });
});

describe('threshold advisor', () => {
  it('measures a threshold by hand', () => {
    const small = createAdvisor({
      table: tableOf([60, 30, 10]),
      results: resultsOf([48, 24]),
      trainShare: 0.8,
    });
    const candidate = small.at(30);
    expect(candidate).toMatchObject({ labelsKept: 2, recordShare: 0.9, assignmentShare: 0.9, imbalance: 2 });
    // 48 and 24 training rows: 0.1 + 0.1 · log2(4.8) and one doubling less.
    expect(candidate.expectedMacroF1).toBeCloseTo(0.1 + 0.1 * Math.log2(4.8) - 0.05, 9);
    expect(candidate.balance).toBeCloseTo(balanceOf(candidate.expectedMacroF1, 0.9), 12);
    expect(candidate.isExtrapolated).toBe(false);
    // 8 training rows: fewer than 24 / 4 would be extrapolated.
    expect(small.at(10).isExtrapolated).toBe(false);
    expect(small.at(1000)).toMatchObject({ labelsKept: 0, balance: 0 });
    expect(() => small.at(0)).toThrow(/no label threshold/);
  });

  it('gives no advice where nothing was learned', () => {
    const advice = createAdvisor({
      ...input,
      results: resultsOf(
        counts.map((count) => count * 0.8),
        () => 0,
      ),
    }).advise();
    expect(advice.sentences[0]).toMatch(/learned none of the measured labels/u);
    expect(advice.sentences.join(' ')).not.toMatch(/Keep labels|Doubling/u);
  });

  it('recommends the best balance of what is kept and what is learned, and the range that is as good', () => {
    const advisor = createAdvisor(input);
    const advice = advisor.advise();
    const { candidates } = advice.evidence;
    const best = Math.max(...candidates.map((candidate) => candidate.balance));
    expect(advisor.at(advice.recommended).balance).toBe(best);
    expect(advice.low).toBeLessThanOrEqual(advice.recommended);
    expect(advice.high).toBeGreaterThanOrEqual(advice.recommended);
    for (const { threshold, balance } of candidates.filter(({ labelsKept }) => labelsKept >= 2)) {
      const isInRange = threshold >= advice.low && threshold <= advice.high;
      expect(balance >= 0.97 * best, `${threshold}`).toBe(isInRange);
    }
    // Neither end of the scale: the tail is not learned, the head alone is too little.
    expect(advice.low).toBeGreaterThan(10);
    expect(advice.high).toBeLessThan(1000);
    // A tenth where the curve rises, nothing among the many labels below ten rows.
    expect(advice.evidence.gainPerDoubling).toBeGreaterThan(0.03);
    expect(advice.evidence.gainPerDoubling).toBeLessThan(0.1);
    // The first measured support above 640 is 800 training rows, 1,000 records.
    expect(advice.evidence.recordsForAuditF1).toBeGreaterThan(700);
    expect(advice.evidence.recordsForAuditF1).toBeLessThanOrEqual(1000);
    expect(createAdvisor(input).advise()).toEqual(advice);
  });

  it('lowers the threshold where rare labels are easy, and raises it where they are hopeless', () => {
    const withF1 = (f1: (support: number) => number) =>
      createAdvisor({
        ...input,
        results: input.results.map((result) => ({ ...result, f1: f1(result.trainSupport) })),
      }).advise();
    const easy = withF1(() => 0.9);
    const hard = withF1((support) => (support < 300 ? 0.01 : 0.8));
    expect(easy.recommended).toBeLessThan(input.table.labels.length / 4);
    expect(hard.recommended).toBeGreaterThan(easy.recommended * 5);
  });

  it('names the highest of thresholds that keep the same labels', () => {
    // A corpus cut at 100 records before it came here.
    const cut = counts.filter((count) => count >= 100);
    const advice = createAdvisor({
      table: tableOf(cut),
      results: resultsOf(
        cut.map((count) => count * 0.8),
        () => 0.9,
      ),
      trainShare: 0.8,
    }).advise();
    expect(advice).toMatchObject({ low: 100, recommended: 100 });
    expect(advice.sentences.join(' ')).toContain('Every label passes');
  });

  it('says it in plain sentences', () => {
    const { sentences, low, high, recommended } = createAdvisor(input).advise();
    expect(sentences[0]).toContain(
      `Keep labels with at least ${low} to ${high} records; ${recommended} balances best`,
    );
    expect(sentences[0]).toMatch(/\d+ labels and \d+ % of all label assignments stay/);
    expect(sentences.some((sentence) => /more labels come in/.test(sentence))).toBe(true);
    expect(sentences.some((sentence) => /of the assignments are lost/.test(sentence))).toBe(true);
    expect(sentences.some((sentence) => /Doubling a label’s own records/.test(sentence))).toBe(true);
    const thin = createAdvisor({ ...input, results: resultsOf([800, 700]) }).advise();
    expect(thin.sentences.at(-1)).toMatch(/Only 2 labels were measured/);
  });

  it('is held against real runs by its own measure', () => {
    const advisor = createAdvisor(input);
    const { low, high } = advisor.advise();
    const runs = [10, low, high, 1000].map((threshold) => ({
      threshold,
      macroF1: advisor.at(threshold).expectedMacroF1 + 0.1,
    }));
    const good = advisor.check(runs);
    expect(good.holds).toBe(true);
    expect(good.rankCorrelation).toBeCloseTo(1, 12);
    expect(good.sentence).toMatch(/bear the advice out/);
    const bad = advisor.check([
      { threshold: 10, macroF1: 0.9 },
      { threshold: low, macroF1: 0.2 },
    ]);
    expect(bad).toMatchObject({ holds: false, rankCorrelation: null, best: { threshold: 10 } });
    expect(advisor.check([{ threshold: 1000, macroF1: 0.9 }]).holds).toBeNull();
    expect(advisor.check([]).sentence).toMatch(/No run/);
  });

  it('refuses to advise on nothing', () => {
    expect(() => createAdvisor({ ...input, results: [] })).toThrow(
      /No label was both trained on and evaluated/,
    );
    expect(() => createAdvisor({ ...input, table: tableOf([5]) })).toThrow(/nothing to choose/);
  });

  it('weighs round thresholds', () => {
    expect(niceThresholds(120)).toEqual([2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100]);
    expect(niceThresholds(1)).toEqual([1]);
  });
});
