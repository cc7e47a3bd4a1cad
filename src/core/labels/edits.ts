import { VerbenaError } from '../../base/errors.ts';
import type { LabelTable } from './labelTable.ts';

/** What a person changed about the labels, by name, so that it survives a reload of the data. */
export interface LabelEdits {
  /** Kept whatever the threshold. */
  readonly pinned: readonly string[];
  /** Dropped whatever the threshold; wins over `pinned`. */
  readonly excluded: readonly string[];
  /** Alias -> target. Chains are followed; the target may be a new name. */
  readonly merges: Readonly<Record<string, string>>;
  /** An overlay on single rows, after the merges; the data stays as it is. At most one a row: the last counts. */
  readonly rows?: readonly RowEdit[];
}

/** A row's given labels corrected, or the row set aside. Names are those that merges have made. */
export type RowEdit = { readonly row: number } & (
  | { readonly kind: 'exclude' }
  | { readonly kind: 'relabel'; readonly add: readonly string[]; readonly remove: readonly string[] }
);

export const noEdits: LabelEdits = { pinned: [], excluded: [], merges: {} };

/** A label table with edits applied: merged aliases are gone, every id refers to `table.labels`. */
export interface EditedLabels {
  readonly table: LabelTable;
  /** Length `table.labels.length`; 1: pinned, -1: excluded, 0: the threshold decides. */
  readonly force: Int8Array;
  /** Original label id -> id in `table`. */
  readonly idOfOriginal: Uint32Array;
}

export class LabelEditError extends VerbenaError<'label-merge-cycle'> {}

/** Follows merges to their end. Throws `label-merge-cycle` where they come back to where they began. */
export function resolveMerge(label: string, merges: LabelEdits['merges']): string {
  let name = label;
  const seen = new Set<string>();
  while (Object.hasOwn(merges, name) && merges[name] !== name) {
    seen.add(name);
    name = merges[name] as string;
    if (seen.has(name))
      throw new LabelEditError(
        'label-merge-cycle',
        `The merges lead in a circle: ${[...seen, name].join(' → ')}.`,
        'Undo one of these merges.',
        { labels: [...seen] },
      );
  }
  return name;
}

/**
 * Applies merges and looks pins and exclusions up. Edits that name labels the data does not have are ignored, as are
 * pins and exclusions of an alias (its target has its own). A row that held alias and target holds the target once.
 */
export function applyEdits(table: LabelTable, edits: LabelEdits): EditedLabels {
  const merged = table.labels.some((label) => Object.hasOwn(edits.merges, label));
  const named = merged ? mergeLabels(table, edits.merges) : { table, idOfOriginal: identity(table) };
  const edited = { ...named, table: editRows(named.table, edits.rows ?? []) };
  const idOfName = new Map(edited.table.labels.map((label, id) => [label, id]));
  const force = new Int8Array(edited.table.labels.length);
  for (const [labels, value] of [
    [edits.pinned, 1],
    [edits.excluded, -1],
  ] as const)
    for (const label of labels) {
      const id = idOfName.get(label);
      if (id !== undefined) force[id] = value;
    }
  return { ...edited, force };
}

/**
 * The table with single rows edited; an excluded row keeps its place and has no labels. Rows and labels that the data does not have
 * are ignored. The table itself where there is nothing to do.
 */
function editRows(table: LabelTable, edits: readonly RowEdit[]): LabelTable {
  if (edits.length === 0) return table;
  const idOfName = new Map(table.labels.map((label, id) => [label, id]));
  const byRow = new Map(edits.map((edit) => [edit.row, edit]));
  const most = edits.reduce((sum, edit) => sum + (edit.kind === 'relabel' ? edit.add.length : 0), 0);
  const rowOffsets = new Uint32Array(table.rowCount + 1);
  const labelIds = new Uint32Array(table.labelIds.length + most);
  let end = 0;
  for (let row = 0; row < table.rowCount; row++) {
    const given = table.labelIds.subarray(table.rowOffsets[row], table.rowOffsets[row + 1]);
    const edit = byRow.get(row);
    const kept = edit ? editedLabels(given, edit, idOfName) : given;
    labelIds.set(kept, end);
    end += kept.length;
    rowOffsets[row + 1] = end;
  }
  return { rowCount: table.rowCount, labels: table.labels, rowOffsets, labelIds: labelIds.slice(0, end) };
}

function editedLabels(given: Uint32Array, edit: RowEdit, idOfName: ReadonlyMap<string, number>): Uint32Array {
  if (edit.kind === 'exclude') return new Uint32Array(0);
  const ids = new Set(given);
  for (const label of edit.remove) ids.delete(idOfName.get(label) ?? -1);
  for (const label of edit.add) {
    const id = idOfName.get(label);
    if (id !== undefined) ids.add(id);
  }
  return Uint32Array.from(ids).sort();
}

function identity(table: LabelTable): Uint32Array {
  return Uint32Array.from(table.labels, (_, id) => id);
}

function mergeLabels(table: LabelTable, merges: LabelEdits['merges']): Omit<EditedLabels, 'force'> {
  const labels: string[] = [];
  const idOfName = new Map<string, number>();
  const idOfOriginal = Uint32Array.from(table.labels, (label) => {
    const name = resolveMerge(label, merges);
    const known = idOfName.get(name);
    if (known !== undefined) return known;
    idOfName.set(name, labels.length);
    return labels.push(name) - 1;
  });

  const rowOffsets = new Uint32Array(table.rowCount + 1);
  const labelIds = new Uint32Array(table.labelIds.length);
  let end = 0;
  for (let row = 0; row < table.rowCount; row++) {
    const start = end;
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++) {
      // Insertion into the ascending run of this row, dropping what is there already: rows have a handful of labels.
      const id = idOfOriginal[table.labelIds[i] as number] as number;
      let at = end;
      while (at > start && (labelIds[at - 1] as number) > id) at--;
      if (at > start && labelIds[at - 1] === id) continue;
      labelIds.copyWithin(at + 1, at, end++);
      labelIds[at] = id;
    }
    rowOffsets[row + 1] = end;
  }
  return {
    table: { rowCount: table.rowCount, labels, rowOffsets, labelIds: labelIds.slice(0, end) },
    idOfOriginal,
  };
}
