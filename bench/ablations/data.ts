import type { LabelTable } from '../../src/core/labels/labelTable.ts';
import { noEdits } from '../../src/core/labels/edits.ts';
import { denseTargets, selectLabels, type SelectedLabels } from '../../src/core/labels/selection.ts';
import { duplicateGroups, splitRows, type Split } from '../../src/core/split/split.ts';
import type { BaselineData } from '../../src/services/baseline/contract.ts';
import { readLabelledRows } from '../quality/rows.ts';

export const setNames = ['titles', 'steps'] as const;
export type SetName = (typeof setNames)[number];

export interface LabelledSet {
  readonly name: SetName;
  readonly table: LabelTable;
  readonly texts: readonly string[];
}

/** Real wikiHow rows, beside the repository; null where they are absent. */
export async function openSet(name: SetName): Promise<LabelledSet | null> {
  try {
    const read = await readLabelledRows(`../shared/data/wikihow_multilabel/${name}.jsonl`);
    return { name, ...read };
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return null;
    throw error;
  }
}

export interface Task {
  readonly selection: SelectedLabels;
  /** Texts of the kept rows, as the selection orders them. */
  readonly texts: readonly string[];
  readonly split: Split;
}

/** Labels at a threshold and the rows they keep, split 70/10/20 with copies of a text in one part. */
export function taskOf({ table, texts }: LabelledSet, threshold: number, seed: number): Task {
  const selection = selectLabels(table, noEdits, threshold);
  const kept = Array.from(selection.rowIds, (row) => texts[row] ?? '');
  const split = splitRows(
    { labelCount: selection.labels.length, ...selection },
    { fractions: { train: 0.7, validation: 0.1, test: 0.2 }, seed, groups: duplicateGroups(kept) },
  );
  return { selection, texts: kept, split };
}

/** Training rows, and as rows to answer the validation rows followed by the test rows. */
export function baselineData(
  { selection, texts, split }: Task,
  clean: (text: string) => string,
): BaselineData {
  const labelCount = selection.labels.length;
  const asked = Uint32Array.from([...split.validation, ...split.test]);
  const of = (positions: Uint32Array) => Array.from(positions, (position) => clean(texts[position] ?? ''));
  return {
    trainTexts: of(split.train),
    testTexts: of(asked),
    testRowIds: asked.map((position) => selection.rowIds[position] as number),
    labels: selection.labels,
    trainTargets: denseTargets(selection, labelCount, split.train),
    testTargets: denseTargets(selection, labelCount, asked),
  };
}
