import { useCallback, useMemo } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import { isAtWork, type CellId, type CellResult, type CellStatus } from '../notebook/cells.ts';
import { countVariants } from '../notebook/experiments/list.ts';
import { plural } from '../notebook/format.ts';
import { incubatorExperimentIds } from '../notebook/incubatorExperiments/types.ts';
import { countOf, readKept } from '../notebook/keptExperiments/list.ts';
import { pieExperimentIds } from '../notebook/pieExperiments/types.ts';
import type { NotebookParameters, ParameterGroup } from '../notebook/parameters.ts';
import type { NotebookState } from '../notebook/store.ts';
import { notebook } from './runtime.ts';
import { session, type Session } from './session.ts';

/** Part of the notebook; the selector's result is compared by identity. */
export function useNotebook<T>(selector: (state: NotebookState) => T): T {
  return useStore(notebook.store, selector);
}

/** Part of this tab's live values. */
export function useSession<T>(selector: (state: Session) => T): T {
  return useStore(session, selector);
}

/** A cell's parameters and how to change some of them (undoable; marks what is below stale, starts nothing). */
export function useParameters<Group extends ParameterGroup>(
  group: Group,
): readonly [NotebookParameters[Group], (patch: Partial<NotebookParameters[Group]>) => void] {
  const value = useNotebook((state) => state.parameters[group]);
  const change = useCallback(
    (patch: Partial<NotebookParameters[Group]>) => notebook.setParameters(group, patch),
    [group],
  );
  return [value, change];
}

export function useStatus(cell: CellId): CellStatus {
  return useStore(
    notebook.store,
    useShallow(() => notebook.status(cell)),
  );
}

/** The same as a cell shows it: what waits in a list of experiments is said even where the last run of it ended well, or was stopped. */
export function useShownStatus(cell: CellId): CellStatus {
  const own = useStatus(cell);
  const open = useNotebook((state) => openVariants(state, cell));
  return useMemo(
    () => (open > 0 && !isAtWork(own) && own.state !== 'failed' ? waitingStatus(open) : own),
    [own, open],
  );
}

/** Variants of a cell's experiments that are still to run. */
function openVariants({ experiments, results }: NotebookState, cell: CellId): number {
  if (cell === 'experiments') return countVariants(experiments.flatMap(({ variants }) => variants)).open;
  const ids = keptIds[cell];
  return ids
    ? readKept(ids, results[cell]?.summary).reduce((sum, one) => sum + countOf(one, 'waiting'), 0)
    : 0;
}

const keptIds: Readonly<Partial<Record<CellId, readonly string[]>>> = {
  pieExperiments: pieExperimentIds,
  incubatorExperiments: incubatorExperimentIds,
};

const waitingStatus = (open: number): CellStatus => ({
  state: 'stale',
  word: 'Waiting',
  why: `${plural(open, 'variant')} to go`,
});

/** Whether a cell runs, or waits for its turn. */
export function useIsAtWork(cell: CellId): boolean {
  return useNotebook(({ activities }) => {
    const kind = activities[cell]?.kind;
    return kind === 'running' || kind === 'queued';
  });
}

/** The last good result, stale or not. */
export function useResult(cell: CellId): CellResult | undefined {
  return useNotebook((state) => state.results[cell]);
}
