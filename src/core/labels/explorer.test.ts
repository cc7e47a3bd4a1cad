import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { allZeroBaseline, labelPriorBaseline } from '../metrics/baselines.ts';
import { applyEdits, noEdits, type LabelEdits } from './edits.ts';
import { createLabelExplorer, type LabelStatistics } from './explorer.ts';
import { denseTargets, selectLabels } from './selection.ts';
import { tableOf, zipfTable } from './testTables.ts';
import type { LabelTable } from './labelTable.ts';

/** The definitions, written down without any cleverness. */
function bruteForce(original: LabelTable, edits: LabelEdits, threshold: number) {
  const { table, force } = applyEdits(original, edits);
  const rows = Array.from({ length: table.rowCount }, (_, row) => [
    ...table.labelIds.subarray(table.rowOffsets[row], table.rowOffsets[row + 1]),
  ]);
  const counts = table.labels.map((_, id) => rows.filter((row) => row.includes(id)).length);
  const kept = new Set(
    counts.flatMap((count, id) =>
      force[id] === 1 || (force[id] === 0 && count / threshold >= 1) ? [id] : [],
    ),
  );
  const keptRows = rows.map((row) => row.filter((id) => kept.has(id))).filter((row) => row.length > 0);
  const pairs = keptRows.reduce((sum, row) => sum + row.length, 0);
  const keptCounts = [...kept].map((id) => counts[id] as number);
  const most = Math.max(...keptCounts);
  const priors = new Map([...kept].map((id) => [id, (counts[id] as number) / keptRows.length]));
  const cells = keptRows.length * kept.size;
  let right = 0;
  let subset = 0;
  for (const row of keptRows) {
    let product = 1;
    for (const [id, p] of priors) {
      const chance = row.includes(id) ? p : 1 - p;
      right += chance;
      product *= chance;
    }
    subset += product;
  }
  return {
    labelsKept: kept.size,
    recordsKept: keptRows.length,
    recordsDropped: table.rowCount - keptRows.length,
    assignments: pairs,
    cardinality: pairs / keptRows.length,
    density: pairs / cells,
    maxImbalance: Math.max(...keptCounts.map((count) => most / count)),
    meanImbalance: keptCounts.reduce((sum, count) => sum + most / count, 0) / kept.size,
    distinctLabelSets: new Set(keptRows.map((row) => row.join())).size,
    priorAccuracy: right / cells,
    priorSubset: subset / keptRows.length,
  };
}

function flat(statistics: LabelStatistics) {
  const { labelPrior, allZero, keptLabelIds, threshold, labelsTotal, recordsTotal, ...rest } = statistics;
  void [allZero, keptLabelIds, threshold, labelsTotal, recordsTotal];
  return { ...rest, priorAccuracy: labelPrior.labelAccuracy, priorSubset: labelPrior.subsetAccuracy };
}

describe('label explorer', () => {
  const table = zipfTable(400, 60, 3, 7);
  const edits: LabelEdits = {
    pinned: ['label 55', 'label 3'],
    excluded: ['label 0', 'label 9'],
    merges: { 'label 20': 'label 21', 'label 30': 'joint', 'label 31': 'joint', 'label 2': 'label 1' },
  };

  it.each([
    ['no edits', noEdits],
    ['pins, exclusions and merges', edits],
  ])('agrees with the definitions at every threshold (%s)', (_, edit) => {
    const explorer = createLabelExplorer(table, edit);
    for (let threshold = 1; threshold <= 40; threshold++) {
      const expected = bruteForce(table, edit, threshold);
      const rounded = Object.fromEntries(
        Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, 10)]),
      );
      expect({ threshold, ...flat(explorer.at(threshold)) }).toEqual({ threshold, ...rounded });
    }
  });

  it('scores its all-zero baseline like the metrics do, and its label prior as their mean over draws', () => {
    const selected = selectLabels(table, noEdits, 12);
    const statistics = createLabelExplorer(table, noEdits).at(12);
    const targets = denseTargets(selected, selected.labels.length);
    const input = { labels: selected.labels, targets };
    const zero = allZeroBaseline(input);
    expect(statistics.allZero).toEqual({
      labelAccuracy: expect.closeTo(zero.labelAccuracy, 12) as number,
      subsetAccuracy: zero.subsetAccuracy,
      microF1: zero.micro.f1,
      macroF1: zero.macro.f1,
      hammingLoss: expect.closeTo(zero.hammingLoss, 12) as number,
    });
    const draws = Array.from({ length: 300 }, (_, seed) => labelPriorBaseline(input, undefined, seed));
    const mean = (of: (report: (typeof draws)[number]) => number) =>
      draws.reduce((sum, draw) => sum + of(draw), 0) / draws.length;
    expect(mean((d) => d.labelAccuracy)).toBeCloseTo(statistics.labelPrior.labelAccuracy, 2);
    expect(mean((d) => d.micro.f1)).toBeCloseTo(statistics.labelPrior.microF1, 2);
    expect(mean((d) => d.macro.f1)).toBeCloseTo(statistics.labelPrior.macroF1, 2);
    expect(mean((d) => d.subsetAccuracy)).toBeCloseTo(statistics.labelPrior.subsetAccuracy, 2);
  });

  it('keeps nothing above the largest count, without dividing by it', () => {
    const statistics = createLabelExplorer(table, noEdits).at(1e9);
    expect(statistics).toMatchObject({
      labelsKept: 0,
      recordsKept: 0,
      recordsDropped: 400,
      cardinality: 0,
      density: 0,
      maxImbalance: 0,
      meanImbalance: 0,
      distinctLabelSets: 0,
    });
    expect(Object.values({ ...statistics.labelPrior, ...statistics.allZero }).some(Number.isNaN)).toBe(false);
  });

  it('survives tables without rows, without labels, and labels that every row has', () => {
    expect(createLabelExplorer(tableOf([]), noEdits).at(1)).toMatchObject({ labelsKept: 0, recordsTotal: 0 });
    expect(createLabelExplorer(tableOf([[], []]), noEdits).at(1)).toMatchObject({ recordsDropped: 2 });
    const all = createLabelExplorer(tableOf([['x'], ['x', 'y'], ['x']]), noEdits).at(1);
    expect(all.labelPrior.subsetAccuracy).toBeCloseTo((2 / 3 + 1 / 3 + 2 / 3) / 3, 12);
    expect(all.distinctLabelSets).toBe(2);
  });

  it('refuses thresholds that are none', () => {
    const explorer = createLabelExplorer(table, noEdits);
    for (const threshold of [0, -1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => explorer.at(threshold)).toThrowError(
        expect.objectContaining({ code: 'label-threshold-invalid' }),
      );
  });

  it('orders the frequency curve and finds company', () => {
    const explorer = createLabelExplorer(
      tableOf([['a', 'b'], ['a', 'b', 'c'], ['a', 'c'], ['a', 'b'], ['d']]),
      { ...noEdits, excluded: ['a'] },
    );
    const name = (id: number) => explorer.table.labels[id];
    expect([...explorer.frequency.labelIds].map(name)).toEqual(['a', 'b', 'c', 'd']);
    expect([...explorer.frequency.counts]).toEqual([4, 3, 2, 1]);
    expect(explorer.coOccurring(1, 5).map((c) => [name(c.labelId), c.count, c.share])).toEqual([
      ['a', 3, 1],
      ['c', 1, 1 / 3],
    ]);
    expect(explorer.coOccurring(1, 1)).toHaveLength(1);
    expect(explorer.coOccurring(3, 5)).toEqual([]);
    expect([...explorer.coOccurrenceMatrix([0, 2, 3])]).toEqual([4, 2, 0, 2, 2, 0, 0, 0, 1]);
    expect(() => explorer.coOccurrenceMatrix(new Uint32Array(3000))).toThrowError(
      expect.objectContaining({ code: 'too-many-labels' }),
    );
  });
});

// Third-party test data beside the repository; skipped where it is absent.
const steps = '../shared/data/wikihow_multilabel/steps.jsonl';
describe.skipIf(!existsSync(steps))('label explorer on wikiHow steps', () => {
  it('finds the 65 labels at threshold 200, the 24 at 500, and that predicting nothing is 96.7 % right', () => {
    const rows = readFileSync(steps, 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { labels: string[] }).labels);
    const explorer = createLabelExplorer(tableOf(rows), noEdits);
    expect(explorer.at(200).labelsKept).toBe(65);
    expect(explorer.at(500).labelsKept).toBe(24);
    expect(explorer.at(200).allZero.labelAccuracy).toBeCloseTo(0.9674, 3);
  });
});
