import { temporal } from 'zundo';
import { createStore } from 'zustand/vanilla';
import {
  inputsOf,
  statusOf,
  transition,
  type Activity,
  type ActivityEvent,
  type CellId,
  type CellResult,
  type CellStatus,
} from './cells.ts';
import type { Experiment } from './experiments/types.ts';
import { newDocument, type NotebookDocument } from './document.ts';
import type { NotebookParameters, ParameterGroup } from './parameters.ts';
import { stable } from './plain.ts';

/** The notebook in memory. Title and parameters can be undone; results and activities follow the work, not the history. */
export interface NotebookState {
  readonly id: string;
  readonly createdAt: string;
  readonly modifiedAt: string;
  readonly title: string;
  readonly parameters: NotebookParameters;
  readonly results: Readonly<Partial<Record<CellId, CellResult>>>;
  /** Like results: no part of the history. */
  readonly experiments: readonly Experiment[];
  readonly activities: Readonly<Partial<Record<CellId, Activity>>>;
  /** True while the data the results came from is open in this tab. */
  readonly attached: boolean;
  /** True while another tab has this notebook: settings cannot be changed here, and nothing runs. */
  readonly readOnly: boolean;
}

/** Some parameters of some cells. */
export type ParameterPatches = { readonly [Group in ParameterGroup]?: Partial<NotebookParameters[Group]> };

/** Edits of one control closer together than this are one step of undo. */
const gestureMs = 800;

/** Steps of undo kept. */
const historyLimit = 200;

/**
 * Makes a notebook store and its verbs; `now` is a parameter so that tests can set the clock, `onRefused` is called when a
 * read-only notebook was asked to change.
 */
export function createNotebook(
  document: NotebookDocument = newDocument(),
  now: () => number = Date.now,
  onRefused: () => void = () => undefined,
) {
  let lastEdit = { key: '', at: Number.NEGATIVE_INFINITY };
  const store = createStore<NotebookState>()(
    temporal(() => stateOf(document), {
      partialize: ({ title, parameters }) => ({ title, parameters }),
      equality: (a, b) => a.title === b.title && sameSettings(a.parameters, b.parameters),
      limit: historyLimit,
    }),
  );
  const history = store.temporal;

  /** The time of a change, later than the one before also within a millisecond: what is newest decides what a reload shows. */
  function after({ modifiedAt }: Pick<NotebookState, 'modifiedAt'>, at: number): string {
    return new Date(Math.max(at, Date.parse(modifiedAt) + 1)).toISOString();
  }

  /** A slider sends an edit a frame: only the state before the gesture enters the history. */
  function edit(key: string, change: (state: NotebookState) => Partial<NotebookState>): void {
    const at = now();
    const continues = key === lastEdit.key && at - lastEdit.at < gestureMs;
    lastEdit = { key, at };
    if (continues) history.getState().pause();
    store.setState((state) => ({ ...change(state), modifiedAt: after(state, at) }));
    if (continues) history.getState().resume();
  }

  function setSome(patches: ParameterPatches): void {
    const { parameters } = store.getState();
    const changed: Partial<Record<ParameterGroup, object>> = {};
    const keys: string[] = [];
    for (const [group, patch] of Object.entries(patches) as [ParameterGroup, object][]) {
      const next = { ...parameters[group], ...patch };
      if (stable(next) === stable(parameters[group])) continue;
      changed[group] = next;
      keys.push(`${group}.${Object.keys(patch).join(',')}`);
    }
    if (keys.length === 0 || isRefused()) return;
    edit(keys.join(' '), (state) => ({
      parameters: { ...state.parameters, ...changed } as NotebookParameters,
    }));
  }

  function isRefused(): boolean {
    const { readOnly } = store.getState();
    if (readOnly) onRefused();
    return readOnly;
  }

  const endGesture = () => {
    lastEdit = { key: '', at: Number.NEGATIVE_INFINITY };
  };

  /** The data that is open stays open: history walks over settings, files have their own way back. */
  function travel(step: () => void): void {
    if (isRefused()) return;
    endGesture();
    const { dataset } = store.getState().parameters;
    step();
    const { parameters } = store.getState();
    if (parameters.dataset !== dataset) store.setState({ parameters: { ...parameters, dataset } });
  }

  return {
    store,
    history,

    setTitle(title: string): void {
      if (title !== store.getState().title && !isRefused()) edit('title', () => ({ title }));
    },

    /** Changes some of a cell's parameters. What rests on them becomes stale by comparison; nothing starts. */
    setParameters<Group extends ParameterGroup>(
      group: Group,
      patch: Partial<NotebookParameters[Group]>,
    ): void {
      setSome({ [group]: patch } as ParameterPatches);
    },

    /** The same for several cells at once: one step of undo. */
    setSeveral: setSome,

    undo(): void {
      travel(() => history.getState().undo());
    },

    redo(): void {
      travel(() => history.getState().redo());
    },

    dispatch(cell: CellId, event: ActivityEvent): void {
      const { activities } = store.getState();
      const next = transition(activities[cell] ?? null, event);
      if (next === (activities[cell] ?? null)) return;
      const { [cell]: _previous, ...others } = activities;
      store.setState({ activities: next === null ? others : { ...others, [cell]: next } });
    },

    record(cell: CellId, result: CellResult): void {
      store.setState((state) => ({
        results: { ...state.results, [cell]: result },
        modifiedAt: after(state, now()),
      }));
    },

    /** Changes the list of experiments at a user's wish: refused, and false, where the notebook is read-only. */
    editExperiments(change: (list: readonly Experiment[]) => readonly Experiment[]): boolean {
      if (isRefused()) return false;
      this.recordExperiments(change);
      return true;
    },

    /** The same for what a run has come to. */
    recordExperiments(change: (list: readonly Experiment[]) => readonly Experiment[]): void {
      store.setState((state) => ({
        experiments: change(state.experiments),
        modifiedAt: after(state, now()),
      }));
    },

    /** Today's inputs of a cell, as its next result would record them. */
    inputs(cell: CellId) {
      const { parameters, results } = store.getState();
      return inputsOf(cell, parameters, results.dataset?.provenance.dataHash ?? '');
    },

    status(cell: CellId): CellStatus {
      const { parameters, results, activities, attached } = store.getState();
      return statusOf({ cell, parameters, results, activity: activities[cell] ?? null, attached });
    },

    setAttached(attached: boolean): void {
      if (store.getState().attached !== attached) store.setState({ attached });
    },

    setReadOnly(readOnly: boolean): void {
      if (store.getState().readOnly !== readOnly) store.setState({ readOnly });
    },

    /** Asks whether work may start; says so where it may not. */
    mayRun: (): boolean => !isRefused(),

    /** Puts another document in this one's place and returns the old one, so that the caller can offer a way back. */
    replace(next: NotebookDocument): NotebookDocument {
      const previous = documentOf(store.getState());
      const { readOnly } = store.getState();
      store.setState({ ...stateOf(next), readOnly });
      history.getState().clear();
      endGesture();
      return previous;
    },

    document: (): NotebookDocument => documentOf(store.getState()),
  };
}

export type Notebook = ReturnType<typeof createNotebook>;

/** Equal in every group that undo walks over. */
function sameSettings(a: NotebookParameters, b: NotebookParameters): boolean {
  const groups = Object.keys(a) as ParameterGroup[];
  return groups.every((group) => group === 'dataset' || a[group] === b[group]);
}

function stateOf({ format: _format, version: _version, ...kept }: NotebookDocument): NotebookState {
  return { ...kept, activities: {}, attached: false, readOnly: false };
}

function documentOf({
  activities: _activities,
  attached: _attached,
  readOnly: _readOnly,
  ...kept
}: NotebookState): NotebookDocument {
  return { format: 'verbena-notebook', version: 1, ...kept };
}
