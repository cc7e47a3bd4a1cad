import { parseJson } from '../base/json.ts';
import * as z from 'zod/mini';
import { VerbenaError } from '../base/errors.ts';
import type { RowEdit } from '../core/labels/edits.ts';
import type { RowEdits } from './parameters.ts';

// Corrected rows as a file of their own: JSON Lines, so that labels may hold any character, one correction a line.
// {"data":"<data hash>","row":12,"correction":"relabel","add":["Baking"],"remove":["Cars"]}

export class CorrectionsError extends VerbenaError<'corrections-invalid' | 'corrections-other-data'> {}

const row = z.int().check(z.nonnegative());
const line = z.discriminatedUnion('correction', [
  z.object({ data: z.string(), row, correction: z.literal('exclude') }),
  z.object({
    data: z.string(),
    row,
    correction: z.literal('relabel'),
    add: z.array(z.string()),
    remove: z.array(z.string()),
  }),
]);

export function writeCorrections({ dataHash, rows }: RowEdits): string {
  const lines = rows.map(({ row, ...edit }) =>
    edit.kind === 'exclude'
      ? { data: dataHash, row, correction: edit.kind }
      : { data: dataHash, row, correction: edit.kind, add: edit.add, remove: edit.remove },
  );
  return lines.map((one) => `${JSON.stringify(one)}\n`).join('');
}

/**
 * Corrections of the open data from a file; of several for one row the last counts. All or nothing: throws `corrections-invalid` with
 * the first line that is none, and `corrections-other-data` where they were made for data with other rows.
 */
export function readCorrections(text: string, open: { dataHash: string; rowCount: number }): RowEdit[] {
  const edits = new Map<number, RowEdit>();
  for (const [i, written] of text.split('\n').entries()) {
    if (written.trim() === '') continue;
    const one = line.safeParse(parseJson(written));
    if (!one.success) throw invalid(i + 1, z.prettifyError(one.error).replaceAll('\n', ' '));
    const { data, row, ...edit } = one.data;
    if (data !== open.dataHash)
      throw new CorrectionsError(
        'corrections-other-data',
        `These corrections were made for other data (${data.slice(0, 12)}…): row numbers would mean other rows here.`,
        'Open the data that they belong to, with duplicates merged or not as they were then.',
        { line: i + 1, data, open: open.dataHash },
      );
    if (row >= open.rowCount) throw invalid(i + 1, `the data has ${open.rowCount} rows, and no row ${row}.`);
    edits.set(
      row,
      edit.correction === 'exclude'
        ? { row, kind: 'exclude' }
        : { row, kind: 'relabel', add: edit.add, remove: edit.remove },
    );
  }
  if (edits.size === 0) throw invalid(1, 'there is no correction in it.');
  return [...edits.values()];
}

function invalid(lineNumber: number, why: string): CorrectionsError {
  return new CorrectionsError(
    'corrections-invalid',
    `Line ${lineNumber} is no correction: ${why}`,
    'Choose a file that “Save corrections” wrote (corrected-rows.jsonl).',
    { line: lineNumber },
  );
}
