import { noEdits } from '../../../core/labels/edits.ts';
import type { LabelParameters } from '../../../notebook/parameters.ts';
import { notebook } from '../../runtime.ts';

const current = (): LabelParameters => notebook.store.getState().parameters.labels;

const without = (list: readonly string[], label: string) => list.filter((name) => name !== label);

/** Pins a label, or takes the pin off; a label is never pinned and excluded at once. */
export function togglePin(label: string): void {
  const { pinned, excluded } = current();
  const isPinned = pinned.includes(label);
  notebook.setParameters('labels', {
    pinned: isPinned ? without(pinned, label) : [...pinned, label],
    excluded: without(excluded, label),
  });
}

/** Excludes a label, or takes it back in. */
export function toggleExclude(label: string): void {
  const { pinned, excluded } = current();
  const isExcluded = excluded.includes(label);
  notebook.setParameters('labels', {
    excluded: isExcluded ? without(excluded, label) : [...excluded, label],
    pinned: without(pinned, label),
  });
}

/** Counts `from` as `into` from now on; pins and exclusions of `from` go with it. */
export function mergeLabel(from: string, into: string): void {
  const { pinned, excluded, merges } = current();
  if (from === into) return;
  notebook.setParameters('labels', {
    merges: { ...merges, [from]: into },
    pinned: without(pinned, from),
    excluded: without(excluded, from),
  });
}

export function unmergeLabel(from: string): void {
  const { [from]: _gone, ...merges } = current().merges;
  notebook.setParameters('labels', { merges });
}

export function clearRowEdits(): void {
  notebook.setParameters('labels', { rowEdits: null });
}

export function clearEdits(): void {
  notebook.setParameters('labels', { ...noEdits, rowEdits: null });
}
