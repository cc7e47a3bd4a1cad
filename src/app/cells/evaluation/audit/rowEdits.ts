import type { RowEdit } from '../../../../core/labels/edits.ts';
import { readCorrections, writeCorrections } from '../../../../notebook/corrections.ts';
import { plural } from '../../../../notebook/format.ts';
import { notebook } from '../../../runtime.ts';
import { pickFiles, saveFile } from '../../../files.ts';
import { session } from '../../../session.ts';
import { toast, toastError } from '../../../toasts.ts';

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

/** The overlay as a file of its own, to be laid over the same data elsewhere. */
export function saveRowEdits(dataHash: string): void {
  const written = writeCorrections({ dataHash, rows: editedRows(dataHash) });
  saveFile(written, 'corrected-rows.jsonl', 'application/jsonl');
}

/** Lays corrections from a file over the open data; those of the same rows give way. One step of undo. */
export async function openRowEdits(): Promise<void> {
  const [file] = await pickFiles({ accept: '.jsonl,.ndjson' });
  const { corpus } = session.getState();
  if (!file || !corpus) return;
  try {
    const read = readCorrections(await file.text(), corpus);
    const { dataHash } = corpus;
    const taken = new Set(read.map(({ row }) => row));
    const others = editedRows(dataHash).filter(({ row }) => !taken.has(row));
    notebook.setParameters('labels', { rowEdits: { dataHash, rows: [...others, ...read] } });
    toast(`${plural(read.length, 'correction')} from ${file.name} hold from the next split on.`, {
      action: { label: 'Undo', run: () => notebook.undo() },
    });
  } catch (error) {
    toastError(error);
  }
}
