import { random } from '../../base/random.ts';
import type { LabelTable } from './labelTable.ts';

/** A seeded long-tailed label table: label l is drawn about as often as 1 / (l + 1); some rows have no label. */
export function zipfTable(
  rowCount: number,
  labelCount: number,
  meanLabels: number,
  seed: number,
): LabelTable {
  const rng = random(seed);
  const rowOffsets = new Uint32Array(rowCount + 1);
  const labelIds: number[] = [];
  for (let row = 0; row < rowCount; row++) {
    const wanted = Math.floor(rng.next() * (2 * meanLabels + 1));
    const labels = new Set<number>();
    // Labels keep company: neighbours of the first one are likely, so that label sets repeat.
    const first = Math.min(labelCount - 1, Math.floor((labelCount + 1) ** rng.next()) - 1);
    for (let i = 0; i < wanted; i++)
      labels.add(
        rng.next() < 0.7
          ? Math.min(labelCount - 1, Math.floor((first + 1) * 2 ** i) - 1)
          : Math.min(labelCount - 1, Math.floor((labelCount + 1) ** rng.next()) - 1),
      );
    for (const label of [...labels].sort((a, b) => a - b)) labelIds.push(label);
    rowOffsets[row + 1] = labelIds.length;
  }
  const labels = Array.from({ length: labelCount }, (_, label) => `label ${label}`);
  return { rowCount, labels, rowOffsets, labelIds: Uint32Array.from(labelIds) };
}

/** Rows of label names as a table; ids in order of first appearance. */
export function tableOf(rows: readonly (readonly string[])[]): LabelTable {
  const idOfName = new Map<string, number>();
  const labelIds: number[] = [];
  const offsets = [0];
  for (const row of rows) {
    const ids = row.map((name) => {
      const known = idOfName.get(name) ?? idOfName.size;
      idOfName.set(name, known);
      return known;
    });
    labelIds.push(...[...new Set(ids)].sort((a, b) => a - b));
    offsets.push(labelIds.length);
  }
  return {
    rowCount: rows.length,
    labels: [...idOfName.keys()],
    rowOffsets: Uint32Array.from(offsets),
    labelIds: Uint32Array.from(labelIds),
  };
}
