import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { zipfTable } from '../labels/testTables.ts';
import { reportSplit } from './report.ts';
import { duplicateGroups, foldFractions, foldRows, splitParts, splitRows, type Split } from './split.ts';
import type { MultiLabelRows } from './stratify.ts';

const table = zipfTable(3000, 80, 2, 11);
const rows: MultiLabelRows = {
  labelCount: 80,
  targetOffsets: table.rowOffsets,
  targetIds: table.labelIds,
};
const fractions = { train: 0.7, validation: 0.1, test: 0.2 };

function randomSplit(seed: number): Split {
  const order = random(seed).shuffle(Uint32Array.from({ length: 3000 }, (_, row) => row));
  return { train: order.slice(0, 2100), validation: order.slice(2100, 2400), test: order.slice(2400) };
}

describe('stratified split', () => {
  const split = splitRows(rows, { fractions, seed: 3 });

  it('puts every row into exactly one part, in ascending order, in the proportions asked for', () => {
    const all = [...split.train, ...split.validation, ...split.test].sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 3000 }, (_, row) => row));
    for (const part of splitParts) {
      expect([...split[part]]).toEqual([...split[part]].sort((a, b) => a - b));
      expect(Math.abs(split[part].length - fractions[part] * 3000)).toBeLessThan(30);
    }
  });

  it('repeats with the seed and differs without it', () => {
    expect(splitRows(rows, { fractions, seed: 3 })).toEqual(split);
    expect(splitRows(rows, { fractions, seed: 4 })).not.toEqual(split);
  });

  it('keeps label proportions several times closer than a random split', () => {
    const stratified = reportSplit(rows, split, fractions);
    for (let seed = 0; seed < 5; seed++) {
      const atRandom = reportSplit(rows, randomSplit(seed), fractions);
      expect(stratified.meanDeviation).toBeLessThan(0.35 * atRandom.meanDeviation);
      expect(stratified.missing.length).toBeLessThanOrEqual(atRandom.missing.length);
    }
  });

  it('misses each label by a handful of rows at most', () => {
    const { counts } = reportSplit(rows, split, fractions);
    for (let label = 0; label < 80; label++) {
      const total = splitParts.reduce((sum, part) => sum + (counts[part][label] as number), 0);
      for (const part of splitParts) {
        const off = Math.abs((counts[part][label] as number) - fractions[part] * total);
        expect({ label, total, part, near: off <= 2 + 0.02 * total }).toMatchObject({ near: true });
      }
    }
  });

  it('is within one row of exact where every row has one label', () => {
    const single: MultiLabelRows = {
      labelCount: 7,
      targetOffsets: Uint32Array.from({ length: 701 }, (_, i) => i),
      targetIds: Uint32Array.from({ length: 700 }, (_, i) => (i * i) % 7),
    };
    const { counts } = reportSplit(single, splitRows(single, { fractions, seed: 1 }), fractions);
    const totals = [0, 0, 0, 0, 0, 0, 0];
    for (const label of single.targetIds) totals[label] = (totals[label] ?? 0) + 1;
    for (const part of splitParts)
      counts[part].forEach((count, label) =>
        expect(Math.abs(count - fractions[part] * (totals[label] ?? 0))).toBeLessThanOrEqual(1),
      );
  });

  it('gives every part of a label that has as many rows as there are parts one of them', () => {
    const three: MultiLabelRows = {
      labelCount: 1,
      targetOffsets: Uint32Array.of(0, 1, 2, 3),
      targetIds: Uint32Array.of(0, 0, 0),
    };
    const even = splitRows(three, { fractions: { train: 1, validation: 1, test: 1 }, seed: 9 });
    expect(splitParts.map((part) => even[part].length)).toEqual([1, 1, 1]);
  });

  it('keeps groups together without losing the proportions', () => {
    const groups = Uint32Array.from({ length: 3000 }, (_, row) => Math.floor(row / 3));
    const grouped = splitRows(rows, { fractions, seed: 3, groups });
    const partOfGroup = new Map<number, string>();
    for (const part of splitParts)
      for (const row of grouped[part]) {
        const group = groups[row] as number;
        expect(partOfGroup.get(group) ?? part).toBe(part);
        partOfGroup.set(group, part);
      }
    expect(partOfGroup.size).toBe(1000);
    const atRandom = reportSplit(rows, randomSplit(0), fractions).meanDeviation;
    expect(reportSplit(rows, grouped, fractions).meanDeviation).toBeLessThan(0.6 * atRandom);
  });

  it('leaves a part with fraction 0 empty', () => {
    const two = splitRows(rows, { fractions: { train: 80, validation: 0, test: 20 }, seed: 1 });
    expect(two.validation).toHaveLength(0);
    expect(two.train.length + two.test.length).toBe(3000);
    expect(Math.abs(two.test.length - 600)).toBeLessThan(20);
  });

  it('reports a label that a part never sees', () => {
    const lonely: MultiLabelRows = {
      labelCount: 2,
      targetOffsets: Uint32Array.of(0, 1, 2, 3, 4, 6),
      targetIds: Uint32Array.of(0, 0, 0, 0, 0, 1),
    };
    const options = { train: 0.8, validation: 0, test: 0.2 };
    const report = reportSplit(lonely, splitRows(lonely, { fractions: options, seed: 0 }), options);
    expect(report.missing).toEqual([expect.objectContaining({ labelId: 1 })]);
    expect(report.worst).toMatchObject({ labelId: 1 });
  });

  it('refuses what cannot be split', () => {
    const bad = [
      { train: 0, validation: 0, test: 0 },
      { train: -1, validation: 1, test: 1 },
      { train: Number.NaN, validation: 0, test: 1 },
    ];
    for (const shares of bad)
      expect(() => splitRows(rows, { fractions: shares, seed: 0 })).toThrowError(
        expect.objectContaining({ code: 'split-fractions-invalid' }),
      );
    expect(() => splitRows(rows, { fractions, seed: 0, groups: new Uint32Array(3) })).toThrowError(
      expect.objectContaining({ code: 'split-groups-mismatch' }),
    );
    const two: MultiLabelRows = {
      labelCount: 1,
      targetOffsets: Uint32Array.of(0, 1, 2),
      targetIds: Uint32Array.of(0, 0),
    };
    expect(() => splitRows(two, { fractions, seed: 0 })).toThrowError(
      expect.objectContaining({ code: 'split-too-few-rows' }),
    );
  });
});

describe('folds', () => {
  it('hold every row out once, with every label spread evenly', () => {
    const folds = foldRows(rows, 5, 2);
    expect(folds.flatMap((fold) => [...fold]).sort((a, b) => a - b)).toHaveLength(3000);
    expect(new Set(folds.flatMap((fold) => [...fold])).size).toBe(3000);
    for (const fold of folds) expect(Math.abs(fold.length - 600)).toBeLessThan(12);
    expect(() => foldRows(rows, 200, 2)).not.toThrow();
    expect(() => foldRows({ ...rows, targetOffsets: Uint32Array.of(0, 0, 0) }, 5, 2)).toThrowError(
      expect.objectContaining({ code: 'split-too-few-rows' }),
    );
  });
});

describe('a split by folds', () => {
  const groups = Uint32Array.from({ length: 3000 }, (_, row) => (row % 10 === 0 ? row >> 5 : 1000 + row));
  const options = { fractions: { train: 0.8, validation: 0.1, test: 0.1 }, seed: 5, groups };
  const splits = Array.from({ length: 5 }, (_, index) =>
    splitRows(rows, { ...options, fold: { index, of: 5 } }),
  );

  it('tests every row in exactly one fold, and deals each split whole', () => {
    const tested = splits.flatMap(({ test }) => [...test]).sort((a, b) => a - b);
    expect(tested).toEqual(Array.from({ length: 3000 }, (_, row) => row));
    for (const split of splits) {
      const all = splitParts.flatMap((part) => [...split[part]]).sort((a, b) => a - b);
      expect(all).toEqual(tested);
      for (const part of splitParts) expect([...split[part]]).toEqual([...split[part]].sort((a, b) => a - b));
      expect(Math.abs(split.test.length - 600)).toBeLessThan(20);
      expect(Math.abs(split.validation.length - 300)).toBeLessThan(20);
    }
  });

  it('keeps copies of a text in one part, in every fold', () => {
    for (const split of splits) {
      const partOf = new Map<number, string>();
      for (const part of splitParts)
        for (const row of split[part]) {
          const group = groups[row] as number;
          expect(partOf.get(group) ?? part).toBe(part);
          partOf.set(group, part);
        }
    }
  });

  it('spreads labels as evenly as the plain split, and repeats with its seed', () => {
    const shares = foldFractions(options.fractions, { index: 0, of: 5 });
    expect(shares.train + shares.validation + shares.test).toBeCloseTo(1, 12);
    const plain = reportSplit(rows, splitRows(rows, { fractions: shares, seed: 5, groups }), shares);
    for (const split of splits)
      expect(reportSplit(rows, split, shares).meanDeviation).toBeLessThan(2 * plain.meanDeviation + 0.01);
    expect(splitRows(rows, { ...options, fold: { index: 2, of: 5 } })).toEqual(splits[2]);
  });

  it.each([
    { index: 5, of: 5 },
    { index: -1, of: 5 },
    { index: 0, of: 1 },
    { index: 0.5, of: 5 },
  ])('refuses fold %o', (fold) => {
    expect(() => splitRows(rows, { ...options, fold })).toThrowError(
      expect.objectContaining({ code: 'split-fractions-invalid' }),
    );
  });
});

describe('duplicate groups', () => {
  it('see through case and white space, and nothing else', () => {
    const texts = [
      'Bäke a cake',
      'BÄKE  a\tcake\u00a0',
      'Bäke a cake!',
      'ＢÄＫＥ a cake',
      'other',
      '\nbäke a cake',
    ];
    expect([...duplicateGroups(texts)]).toEqual([0, 0, 2, 3, 4, 0]);
  });
});
