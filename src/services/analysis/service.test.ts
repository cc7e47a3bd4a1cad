import { describe, expect, it } from 'vitest';
import { createLabelExplorer, openLabelExplorer } from '../../core/labels/explorer.ts';
import { selectLabels } from '../../core/labels/selection.ts';
import { zipfTable } from '../../core/labels/testTables.ts';
import { splitRows } from '../../core/split/split.ts';
import { Analysis } from './service.ts';

const table = zipfTable(3000, 120, 3, 7);
const edits = { pinned: ['label 90'], excluded: ['label 2'], merges: {} };

describe('the analysis service', () => {
  it.each([
    ['pins and exclusions', edits],
    ['merges', { ...edits, merges: { 'label 5': 'label 6', 'label 7': 'a new name' } }],
  ])('prepares labels that answer as those made on the spot, with %s', async (_name, given) => {
    const service = new Analysis();
    await service.setTable(table);
    // Cloned as a worker would: whatever cannot cross, or shares a buffer in part, shows here.
    const wire = structuredClone(await service.prepare(given));
    expect(wire.edited.table === null).toBe(Object.keys(given.merges).length === 0);
    const explorer = openLabelExplorer({
      ...wire,
      edited: { ...wire.edited, table: wire.edited.table ?? table },
    });
    const direct = createLabelExplorer(table, given);
    for (const threshold of [1, 3, 20, 75, 400, 10_000])
      expect(explorer.at(threshold)).toEqual(direct.at(threshold));
    expect(explorer.coOccurring(3, 10)).toEqual(direct.coOccurring(3, 10));
    expect(explorer.frequency).toEqual(direct.frequency);
  });

  it('keeps its table for the next edits although arrays are handed over', async () => {
    const service = new Analysis();
    await service.setTable(structuredClone(table));
    const first = await service.prepare(edits);
    structuredClone(first, { transfer: [first.counts.buffer as ArrayBuffer] });
    const again = await service.prepare(edits);
    expect(again.counts).toEqual(createLabelExplorer(table, edits).counts);
  });

  it('splits as the plain function does, copies of a text together', async () => {
    const selection = selectLabels(table, edits, 5);
    const rows = { ...selection, labelCount: selection.labels.length };
    const groups = selection.rowIds.map((_, i) => i >> 1);
    const fractions = { train: 0.8, validation: 0.05, test: 0.15 };
    const { split, report } = await new Analysis().split({ rows, fractions, seed: 3, groups });
    expect(split).toEqual(splitRows(rows, { fractions, seed: 3, groups }));
    const partOf = new Map(
      Object.entries(split).flatMap(([part, positions]) => Array.from(positions, (p) => [p, part] as const)),
    );
    for (let i = 0; i + 1 < groups.length; i += 2) expect(partOf.get(i)).toBe(partOf.get(i + 1));
    expect(report.rows.train + report.rows.validation + report.rows.test).toBe(groups.length);
  });
});
