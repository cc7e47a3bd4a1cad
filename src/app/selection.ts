import { createStore } from 'zustand/vanilla';
import type { LabelEdits } from '../core/labels/edits.ts';
import { createLabelExplorer, openLabelExplorer, type LabelExplorer } from '../core/labels/explorer.ts';
import type { LabelTable } from '../core/labels/labelTable.ts';
import { selectLabels, type SelectedLabels } from '../core/labels/selection.ts';
import type { LabelParameters } from '../notebook/parameters.ts';
import { editsOf } from '../notebook/trainingData.ts';
import { notebook } from './runtime.ts';
import { analysisService } from './services.ts';
import { session } from './session.ts';

// The label table changes with the data, the edits with a press, the threshold sixty times a second: keep what each needs.

const editsNow = (labels: Edits): LabelEdits => editsOf(labels, session.getState().corpus?.dataHash ?? null);

/** Record-label pairs up to which an explorer is made within a frame, on the spot. */
const pairsOnTheSpot = 20_000;

type Edits = Pick<LabelParameters, 'pinned' | 'excluded' | 'merges' | 'rowEdits'>;

interface Explored extends Edits {
  readonly table: LabelTable;
  readonly explorer: LabelExplorer;
}

let explored: Explored | null = null;

/** How often a worker has made statistics: what `explorerNow` answered with null may be asked again. */
export const explorations = createStore(() => ({ made: 0 }));

/** The table that the analysis worker holds. */
let sent: LabelTable | null = null;

const isOf = (known: Explored | null, table: LabelTable, edits: Edits): boolean =>
  known?.table === table && isSameEdit(known, edits);

/** Whether labels are edited alike, whatever the threshold. */
export function isSameEdit(a: Edits, b: Edits): boolean {
  return (
    a.pinned === b.pinned && a.excluded === b.excluded && a.merges === b.merges && a.rowEdits === b.rowEdits
  );
}

/**
 * Label statistics ready for a moving threshold, where they are at hand or made within a frame; null where a worker has to
 * make them first (`exploreInWorker`). Throws `label-merge-cycle`.
 */
export function explorerNow(table: LabelTable, labels: LabelParameters): LabelExplorer | null {
  if (!isOf(explored, table, labels)) {
    if (table.labelIds.length > pairsOnTheSpot) return null;
    explored = remembered(table, labels, createLabelExplorer(table, editsNow(labels)));
  }
  return explored?.explorer ?? null;
}

/** The same, made off the page's thread where it takes longer than a frame. */
export async function exploreInWorker(table: LabelTable, labels: LabelParameters): Promise<LabelExplorer> {
  const ready = explorerNow(table, labels);
  if (ready) return ready;
  const service = analysisService();
  // Calls arrive in order: no need to wait for the table before asking.
  const handing = sent === table ? undefined : service.setTable(table);
  sent = table;
  const [prepared] = await Promise.all([service.prepare(editsNow(labels)), handing]);
  const edited = { ...prepared.edited, table: prepared.edited.table ?? table };
  const next = remembered(table, labels, openLabelExplorer({ ...prepared, edited }));
  // An answer to older edits must not push out that to newer ones.
  if (table === session.getState().labelTable && isCurrent(labels)) {
    explored = next;
    explorations.setState(({ made }) => ({ made: made + 1 }));
  }
  return next.explorer;
}

function remembered(
  table: LabelTable,
  { pinned, excluded, merges, rowEdits }: Edits,
  explorer: LabelExplorer,
): Explored {
  return { table, pinned, excluded, merges, rowEdits, explorer };
}

function isCurrent(edits: Edits): boolean {
  return isSameEdit(notebook.store.getState().parameters.labels, edits);
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
      selection: selectLabels(labelTable, editsNow(labels), labels.threshold),
    };
  return selected.selection;
}

/** The same, put into the session for the cells below. For tasks, not for rendering. */
export function currentSelection(): SelectedLabels | null {
  const selection = selectionNow();
  if (selection && session.getState().selection !== selection) session.setState({ selection });
  return selection;
}
