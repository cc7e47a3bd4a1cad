import { record, type CellOutcome } from '../../../notebook/runner.ts';
import { DatasetError } from '../dataset/actions.ts';
import { notebook, version } from '../../runtime.ts';
import { exploreInWorker, explorerNow } from '../../selection.ts';
import { session } from '../../session.ts';
import { labelsOutcome } from './summary.ts';

/** The label cell answers live; as a task it only notes down where it stands. */
export async function runLabels(): Promise<CellOutcome> {
  const { labelTable } = session.getState();
  if (!labelTable)
    throw new DatasetError(
      'no-data',
      'There are no labels without data.',
      'Drop a file onto the page, or try the sample.',
    );
  const { labels } = notebook.store.getState().parameters;
  return labelsOutcome((await exploreInWorker(labelTable, labels)).at(labels.threshold));
}

/** Puts the live figures into the document, so that a reload and the outline show them. */
export function recordLabels(startedAtMs: number, durationMs: number): void {
  const { labelTable } = session.getState();
  const { labels } = notebook.store.getState().parameters;
  // Edits made since are still on their way through the worker: they are noted when they arrive.
  const explorer = labelTable && explorerNow(labelTable, labels);
  if (!explorer) return;
  const statistics = explorer.at(labels.threshold);
  record(notebook, 'labels', labelsOutcome(statistics), {
    inputs: notebook.inputs('labels'),
    version,
    device: 'this CPU',
    startedAtMs,
    durationMs,
  });
}
