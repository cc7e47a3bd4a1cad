import { useCallback } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { CellId, CellResult, CellStatus } from '../notebook/cells.ts';
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
