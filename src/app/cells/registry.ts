import type { ComponentType } from 'react';
import { cellIds, type CellId } from '../../notebook/cells.ts';
import type { CellTask } from '../../notebook/runner.ts';
import { session } from '../session.ts';

/**
 * How to add a cell
 *
 * 1. `src/notebook/cells.ts`: its id, what it depends on, and in `inputsOf` which parameters decide its result.
 *    Its chain’s parameters (`classificationParameters.ts`, `embeddingParameters.ts`, `incubatorParameters.ts` there): what can be
 *    set, with defaults; `parametersSchema.ts`: what a file may hold. Staleness, undo, autosave, files and links follow.
 * 2. A folder here with a component that renders `<CellFrame cell=… title=… purpose=… controls=… primary=…>`; inside it
 *    `FigureRow`/`Figure`, then `Plot`, then `DataTable`. Parameters through `useParameters(group)`, live values of the
 *    cells above through `useSession`, the last result through `useResult(cell)`.
 * 3. If it has work to do: a `CellTask` (`({ signal, onProgress }) => Promise<CellOutcome>`). It reads parameters from
 *    `notebook.store.getState()` and values from `session.getState()`, puts large results into the session (or a store of its own) and
 *    returns `{ headline, summary, seed, model, device }`. The runner does states, ETA, stop, errors and provenance. Throw a
 *    `VerbenaError`; `CellFrame remedy={(code) => …}` puts a button beside it. Tasks never start by themselves: `primary`
 *    runs `runner.runThrough(cell)`, which also runs what is missing above.
 *    A cell that answers live instead calls `record(notebook, cell, outcome, facts)` when its numbers have settled.
 * 4. An entry below, which puts the cell into a chain, and one in that chain's module (`classificationChain.ts`,
 *    `embeddingChain.ts`, `incubatorChain.ts`): a chain is fetched as one, when a reader comes near it.
 */
/** Two stories of one data set, and one that needs none. */
export type ChainId = 'classification' | 'embedding' | 'incubator';

/** What the outline and the runner know of a cell before its code is here. */
export interface CellDefinition {
  readonly id: CellId;
  /** In the outline. */
  readonly title: string;
  readonly chain: ChainId;
  /**
   * False while the values that the cells below need are not in this tab (after a reload); not given where there are none.
   * `here`: the cell's own module knows, and before it has come they are not.
   */
  readonly isLoaded?: 'here' | (() => boolean);
}

/** A cell's code, as its chain's module brings it. */
export interface CellModule {
  readonly Component: ComponentType;
  readonly task: CellTask;
  readonly isLoaded?: () => boolean;
}

const definitions = {
  dataset: { title: 'Data', chain: 'classification', isLoaded: () => session.getState().labelTable !== null },
  labels: {
    title: 'Labels',
    chain: 'classification',
    isLoaded: () => session.getState().labelTable !== null,
  },
  advisor: { title: 'Threshold advisor', chain: 'classification' },
  split: { title: 'Split', chain: 'classification', isLoaded: () => session.getState().split !== null },
  text: { title: 'Text', chain: 'classification', isLoaded: () => session.getState().tokens !== null },
  training: { title: 'Training', chain: 'classification' },
  evaluation: { title: 'Evaluation', chain: 'classification', isLoaded: 'here' },
  experiments: { title: 'Experiments', chain: 'classification' },
  comparison: { title: 'Comparison', chain: 'classification', isLoaded: 'here' },
  predict: { title: 'Use the model', chain: 'classification' },
  instructions: { title: 'Task categories', chain: 'embedding', isLoaded: 'here' },
  embedding: { title: 'Embedding', chain: 'embedding', isLoaded: 'here' },
  tuning: { title: 'Tune an embedder', chain: 'embedding' },
  clusters: { title: 'Clusters', chain: 'embedding', isLoaded: 'here' },
  uses: { title: 'Use embeddings', chain: 'embedding', isLoaded: 'here' },
  pieExperiments: { title: 'Embedding experiments', chain: 'embedding' },
  incubator: { title: 'Incubator', chain: 'incubator' },
  generatorTuning: { title: 'Tune a generator', chain: 'incubator' },
  classifiers: { title: 'Incubated classifiers', chain: 'incubator', isLoaded: 'here' },
  mining: { title: 'Mining', chain: 'incubator', isLoaded: 'here' },
  incubatorExperiments: { title: 'Incubator experiments', chain: 'incubator' },
} as const satisfies Readonly<Record<CellId, Omit<CellDefinition, 'id'>>>;

/** What the module of a chain has to hold: every cell of it. */
export type CellsOf<Chain extends ChainId> = {
  readonly [Id in CellId as (typeof definitions)[Id]['chain'] extends Chain ? Id : never]: CellModule;
};

/** Cells in reading order. */
export const cells: readonly CellDefinition[] = cellIds.map((id) => Object.assign({ id }, definitions[id]));
