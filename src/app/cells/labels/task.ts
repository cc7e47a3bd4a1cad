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
export function recordLabels(): void {
  const { labelTable } = session.getState();
  const { parameters, results } = notebook.store.getState();
  const { labels } = parameters;
  // Without the data's hash there is nothing to note them under yet. Edits made since are still on their way through the
  // worker: they are noted when they arrive.
  const explorer = labelTable && results.dataset ? explorerNow(labelTable, labels) : null;
  if (!explorer) return;
  const startedAtMs = Date.now();
  const started = performance.now();
  const outcome = labelsOutcome(explorer.at(labels.threshold));
  record(notebook, 'labels', outcome, {
    inputs: notebook.inputs('labels'),
    version,
    device: 'this CPU',
    startedAtMs,
    // Looked up, mostly: the table of all thresholds was made when the data was opened.
    durationMs: Math.round(performance.now() - started),
  });
}
