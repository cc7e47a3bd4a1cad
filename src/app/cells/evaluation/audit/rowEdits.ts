import type { RowEdit } from '../../../../core/labels/edits.ts';
import { plural } from '../../../../notebook/format.ts';
import { notebook } from '../../../runtime.ts';
import { saveFile } from '../../../files.ts';
import { toast } from '../../../toasts.ts';
import { toCsv } from '../../../csv.ts';

// Corrections of single rows, as an overlay in the notebook's label parameters: undoable, saved with it, never in the data.

/** Rows corrected in this data; empty where the overlay belongs to other data. */
export function editedRows(dataHash: string): readonly RowEdit[] {
  const { rowEdits } = notebook.store.getState().parameters.labels;
  return rowEdits?.dataHash === dataHash ? rowEdits.rows : [];
}

/** Puts a row's correction in place of any earlier one. What rests on the labels becomes stale. */
export function editRow(dataHash: string, edit: RowEdit): void {
  const others = editedRows(dataHash).filter(({ row }) => row !== edit.row);
  notebook.setParameters('labels', { rowEdits: { dataHash, rows: [...others, edit] } });
  const what = edit.kind === 'exclude' ? 'is left out' : 'has other labels';
  toast(`Row ${edit.row} ${what} from the next split on. The data itself is as it was.`, {
    action: { label: 'Undo', run: () => notebook.undo() },
  });
}

/** Takes a row's correction back. */
export function clearRow(dataHash: string, row: number): void {
  const rows = editedRows(dataHash).filter((edit) => edit.row !== row);
  notebook.setParameters('labels', { rowEdits: rows.length > 0 ? { dataHash, rows } : null });
}

export function clearAllRows(): void {
  const count = notebook.store.getState().parameters.labels.rowEdits?.rows.length ?? 0;
  notebook.setParameters('labels', { rowEdits: null });
  toast(`Took ${plural(count, 'correction')} back.`, {
    action: { label: 'Undo', run: () => notebook.undo() },
  });
}

/** The overlay as a table of its own, to be laid over the same data elsewhere. */
export function saveRowEdits(dataHash: string): void {
  const rows = editedRows(dataHash).map((edit) =>
    edit.kind === 'exclude'
      ? [dataHash, edit.row, 'exclude', '', '']
      : [dataHash, edit.row, 'relabel', edit.add.join('; '), edit.remove.join('; ')],
  );
  saveFile(toCsv(['data', 'row', 'correction', 'add', 'remove'], rows), 'corrected-rows.csv', 'text/csv');
}
