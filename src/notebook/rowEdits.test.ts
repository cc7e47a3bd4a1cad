import { describe, expect, it } from 'vitest';
import type { LabelTable } from '../core/labels/labelTable.ts';
import { inputsOf, whyStale } from './cells.ts';
import { newDocument, serialiseDocument } from './document.ts';
import { defaultParameters, type NotebookParameters, type RowEdits } from './parameters.ts';
import { selectByParameters } from './trainingData.ts';
import { parseDocument } from './readDocument.ts';

const table: LabelTable = {
  rowCount: 3,
  labels: ['a', 'b'],
  rowOffsets: Uint32Array.of(0, 1, 3, 4),
  labelIds: Uint32Array.of(0, 0, 1, 1),
};
const rowEdits: RowEdits = {
  dataHash: 'da7a',
  rows: [
    { row: 0, kind: 'exclude' },
    { row: 2, kind: 'relabel', add: ['a'], remove: [] },
  ],
};
const edited = { ...defaultParameters.labels, threshold: 1, rowEdits };
const withEdits: NotebookParameters = {
  ...defaultParameters,
  labels: { ...defaultParameters.labels, rowEdits },
};

describe('corrected rows', () => {
  it('hold in the data they were found in, and in no other', () => {
    const here = selectByParameters(table, edited, 'da7a');
    expect([...here.rowIds]).toEqual([1, 2]);
    expect([...here.targetOffsets]).toEqual([0, 2, 4]);
    expect([...selectByParameters(table, edited, 'other').rowIds]).toEqual([0, 1, 2]);
  });

  it('make what rests on the labels stale, by name; none at all is as before there were any', () => {
    const now = inputsOf('training', withEdits, 'da7a');
    const then = inputsOf('training', defaultParameters, 'da7a');
    expect(whyStale(then, now)).toBe('corrected rows changed');
    const { rowEdits: _none, ...older } = defaultParameters.labels;
    const inputs = inputsOf('labels', defaultParameters, 'da7a') as { readonly labels: unknown };
    expect(inputs.labels).toEqual(older);
  });

  it('are kept in a notebook’s file, and refused where they are no corrections', () => {
    const text = serialiseDocument({ ...newDocument(), parameters: withEdits });
    expect(parseDocument(text).parameters.labels.rowEdits).toEqual(rowEdits);
    expect(() => parseDocument(text.replace('"exclude"', '"explode"'))).toThrow(
      expect.objectContaining({ code: 'notebook-invalid' }),
    );
  });
});
