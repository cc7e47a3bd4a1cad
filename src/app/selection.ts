import type { LabelEdits } from '../core/labels/edits.ts';
import { createLabelExplorer, type LabelExplorer } from '../core/labels/explorer.ts';
import type { LabelTable } from '../core/labels/labelTable.ts';
import { selectLabels, type SelectedLabels } from '../core/labels/selection.ts';
import type { LabelParameters } from '../notebook/parameters.ts';
import { notebook } from './runtime.ts';
import { session } from './session.ts';

// The label table changes with the data, the edits with a press, the threshold sixty times a second: keep what each needs.

export function editsOf({ pinned, excluded, merges }: LabelParameters): LabelEdits {
  return { pinned, excluded, merges };
}

let explored: {
  readonly table: LabelTable;
  readonly pinned: LabelParameters['pinned'];
  readonly excluded: LabelParameters['excluded'];
  readonly merges: LabelParameters['merges'];
  readonly explorer: LabelExplorer;
} | null = null;

/** Label statistics ready for a moving threshold; remade when the data or the edits change. */
export function explorerOf(table: LabelTable, labels: LabelParameters): LabelExplorer {
  const { pinned, excluded, merges } = labels;
  if (
    explored?.table !== table ||
    explored.pinned !== pinned ||
    explored.excluded !== excluded ||
    explored.merges !== merges
  )
    explored = { table, pinned, excluded, merges, explorer: createLabelExplorer(table, editsOf(labels)) };
  return explored.explorer;
}

let selected: {
  readonly table: LabelTable;
  readonly labels: LabelParameters;
  readonly selection: SelectedLabels;
} | null = null;

/**
 * Kept labels and rows for today's label settings; null while no data is open.
 * Throws `no-labels-kept`, `label-threshold-invalid`, `label-merge-cycle`.
 */
export function selectionNow(): SelectedLabels | null {
  const { labelTable } = session.getState();
  if (!labelTable) return null;
  const { labels } = notebook.store.getState().parameters;
  if (selected?.table !== labelTable || selected.labels !== labels)
    selected = {
      table: labelTable,
      labels,
      selection: selectLabels(labelTable, editsOf(labels), labels.threshold),
    };
  return selected.selection;
}

/** The same, put into the session for the cells below. For tasks, not for rendering. */
export function currentSelection(): SelectedLabels | null {
  const selection = selectionNow();
  if (selection && session.getState().selection !== selection) session.setState({ selection });
  return selection;
}
