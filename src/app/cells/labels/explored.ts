import { createStore } from 'zustand/vanilla';
import { toWire, type ErrorWire } from '../../../base/errors.ts';
import type { LabelExplorer, LabelStatistics } from '../../../core/labels/explorer.ts';
import type { LabelTable } from '../../../core/labels/labelTable.ts';
import type { LabelParameters } from '../../../notebook/parameters.ts';
import { notebook } from '../../runtime.ts';
import { exploreInWorker, explorerNow, isSameEdit } from '../../selection.ts';
import { session } from '../../session.ts';
import { recordLabels } from './task.ts';

/** What today's threshold and edits keep of the open labels. */
export type Explored =
  | { readonly kind: 'none' }
  | { readonly kind: 'pending' }
  | { readonly kind: 'failed'; readonly error: ErrorWire }
  | { readonly kind: 'ready'; readonly explorer: LabelExplorer; readonly statistics: LabelStatistics };

/**
 * Statistics at today's settings; a large corpus shows those of the last edits until the worker has the new ones. A store and
 * not state of the cell: what shows a number subscribes to it by itself, so that a moving slider redraws the numbers only.
 */
export const exploredStore = createStore<Explored>(() => ({ kind: 'none' }));

/** The outline and what is saved follow the slider no faster than this. */
const recordEveryMs = 250;

/** Keeps the statistics in step with the data and the settings, and notes them down. Returns how to end it. */
export function followLabels(): () => void {
  /** What a worker is asked for, or has answered last. */
  let asked: { readonly table: LabelTable; readonly labels: LabelParameters } | null = null;
  /** The last explorer made for a table: what is shown while a worker applies newer edits. */
  let held: { readonly table: LabelTable; readonly explorer: LabelExplorer } | null = null;
  let failed: { readonly labels: LabelParameters; readonly error: ErrorWire } | null = null;
  let seen: { readonly table: LabelTable | null; readonly labels: LabelParameters } | null = null;
  let recordedAt = Number.NEGATIVE_INFINITY;
  let recordedHash: string | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const explore = (table: LabelTable | null, labels: LabelParameters): Explored => {
    if (!table) return { kind: 'none' };
    if (failed && isSameEdit(failed.labels, labels)) return { kind: 'failed', error: failed.error };
    try {
      const explorer = explorerNow(table, labels) ?? (held?.table === table ? held.explorer : null);
      if (!explorer) return { kind: 'pending' };
      held = { table, explorer };
      return { kind: 'ready', explorer, statistics: explorer.at(labels.threshold) };
    } catch (error) {
      return { kind: 'failed', error: toWire(error) };
    }
  };

  const ask = (table: LabelTable, labels: LabelParameters) => {
    const question = { table, labels };
    asked = question;
    failed = null;
    exploreInWorker(table, labels).then(
      (explorer) => {
        if (asked !== question) return;
        held = { table, explorer };
        show();
      },
      (error: unknown) => {
        if (asked !== question) return;
        failed = { labels, error: toWire(error) };
        show();
      },
    );
  };

  const note = () => {
    recordedAt = performance.now();
    timer = undefined;
    recordLabels();
  };

  const show = () => {
    const { labelTable: table } = session.getState();
    const { labels } = notebook.store.getState().parameters;
    seen = { table, labels };
    exploredStore.setState(explore(table, labels), true);
    if (exploredStore.getState().kind === 'ready')
      timer ??= setTimeout(note, Math.max(0, recordEveryMs - (performance.now() - recordedAt)));
  };

  const follow = () => {
    const { labelTable: table } = session.getState();
    const { parameters, results } = notebook.store.getState();
    const { labels } = parameters;
    // The runner notes the data's hash just after the data is there: the labels are noted again under it.
    const dataHash = results.dataset?.provenance.dataHash;
    const isNew = seen?.table !== table || seen.labels !== labels || dataHash !== recordedHash;
    if (!isNew) return;
    recordedHash = dataHash;
    if (table && (asked?.table !== table || !isSameEdit(asked.labels, labels))) ask(table, labels);
    show();
  };

  follow();
  const ends = [notebook.store.subscribe(follow), session.subscribe(follow)];
  return () => {
    clearTimeout(timer);
    asked = null;
    for (const end of ends) end();
  };
}
