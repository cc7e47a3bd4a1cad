import type { ComponentType } from 'react';
import { cellIds, type CellId } from '../../notebook/cells.ts';
import type { CellTask } from '../../notebook/runner.ts';
import { registerTask } from '../runtime.ts';
import { session } from '../session.ts';
import { ClassifiersCell } from './classifiers/ClassifiersCell.tsx';
import { classifiersStore, runClassifiers } from './classifiers/store.ts';
import { AdvisorCell } from './advisor/AdvisorCell.tsx';
import { runAdvisor } from './advisor/task.ts';
import { ClustersCell } from './clusters/ClustersCell.tsx';
import { clustersStore, runClusters } from './clusters/store.ts';
import { ComparisonCell } from './comparison/ComparisonCell.tsx';
import { comparisonStore, runComparison } from './comparison/store.ts';
import { DatasetCell } from './dataset/DatasetCell.tsx';
import { runDataset } from './dataset/task.ts';
import { EmbeddingCell } from './embedding/EmbeddingCell.tsx';
import { currentEmbedding, runEmbedding } from './embedding/store.ts';
import { EvaluationCell } from './evaluation/EvaluationCell.tsx';
import { evaluationStore } from './evaluation/store.ts';
import { runEvaluation } from './evaluation/task.ts';
import { ExperimentsCell } from './experiments/ExperimentsCell.tsx';
import { runExperiments } from './experiments/store.ts';
import { GeneratorTuningCell } from './generatorTuning/GeneratorTuningCell.tsx';
import { runGeneratorTuning } from './generatorTuning/task.ts';
import { IncubatorCell } from './incubator/IncubatorCell.tsx';
import { runIncubator } from './incubator/task.ts';
import { IncubatorExperimentsCell } from './incubatorExperiments/IncubatorExperimentsCell.tsx';
import { runIncubatorExperiments } from './incubatorExperiments/store.ts';
import { InstructionsCell } from './instructions/InstructionsCell.tsx';
import { currentInstructions, runInstructions } from './instructions/store.ts';
import { LabelsCell } from './labels/LabelsCell.tsx';
import { runLabels } from './labels/task.ts';
import { MiningCell } from './mining/MiningCell.tsx';
import { miningStore, runMining } from './mining/store.ts';
import { PieExperimentsCell } from './pieExperiments/PieExperimentsCell.tsx';
import { runPieExperiments } from './pieExperiments/store.ts';
import { SplitCell } from './split/SplitCell.tsx';
import { PredictCell } from './predict/PredictCell.tsx';
import { runPredict } from './predict/store.ts';
import { runSplit } from './split/task.ts';
import { TextCell } from './text/TextCell.tsx';
import { runText } from './text/task.ts';
import { runTraining } from './training/task.ts';
import { TrainingCell } from './training/TrainingCell.tsx';
import { runTuning } from './tuning/store.ts';
import { TuningCell } from './tuning/TuningCell.tsx';
import { runUses } from './uses/choose.ts';
import { usesStore } from './uses/store.ts';
import { UsesCell } from './uses/UsesCell.tsx';

/**
 * How to add a cell
 *
 * 1. `src/notebook/cells.ts`: its id, what it depends on, and in `inputsOf` which parameters decide its result.
 *    `src/notebook/parameters.ts`: its parameters with defaults; `parametersSchema.ts`: what a file may hold. Staleness, undo, autosave, files and links follow.
 * 2. A folder here with a component that renders `<CellFrame cell=… title=… purpose=… controls=… primary=…>`; inside it
 *    `FigureRow`/`Figure`, then `Plot`, then `DataTable`. Parameters through `useParameters(group)`, live values of the
 *    cells above through `useSession`, the last result through `useResult(cell)`.
 * 3. If it has work to do: a `CellTask` (`({ signal, onProgress }) => Promise<CellOutcome>`). It reads parameters from
 *    `notebook.store.getState()` and values from `session.getState()`, puts large results into the session (or a store of its own) and
 *    returns `{ headline, summary, seed, model, device }`. The runner does states, ETA, stop, errors and provenance. Throw a
 *    `VerbenaError`; `CellFrame remedy={(code) => …}` puts a button beside it. Tasks never start by themselves: `primary`
 *    runs `runner.runThrough(cell)`, which also runs what is missing above.
 *    A cell that answers live instead calls `record(notebook, cell, outcome, facts)` when its numbers have settled.
 * 4. An entry below.
 */
export interface CellDefinition {
  readonly id: CellId;
  /** In the outline. */
  readonly title: string;
  readonly Component: ComponentType;
  readonly task?: CellTask;
  /** False while the values that the cells below need are not in this tab (after a reload). */
  readonly isLoaded?: () => boolean;
}

const definitions: Readonly<Record<CellId, CellDefinition>> = {
  dataset: {
    id: 'dataset',
    title: 'Data',
    Component: DatasetCell,
    task: runDataset,
    isLoaded: () => session.getState().labelTable !== null,
  },
  labels: {
    id: 'labels',
    title: 'Labels',
    Component: LabelsCell,
    task: runLabels,
    isLoaded: () => session.getState().labelTable !== null,
  },
  advisor: {
    id: 'advisor',
    title: 'Threshold advisor',
    Component: AdvisorCell,
    task: runAdvisor,
  },
  split: {
    id: 'split',
    title: 'Split',
    Component: SplitCell,
    task: runSplit,
    isLoaded: () => session.getState().split !== null,
  },
  text: {
    id: 'text',
    title: 'Text',
    Component: TextCell,
    task: runText,
    isLoaded: () => session.getState().tokens !== null,
  },
  training: {
    id: 'training',
    title: 'Training',
    Component: TrainingCell,
    task: runTraining,
  },
  evaluation: {
    id: 'evaluation',
    title: 'Evaluation',
    Component: EvaluationCell,
    task: runEvaluation,
    isLoaded: () => evaluationStore.getState().loaded !== null,
  },
  experiments: {
    id: 'experiments',
    title: 'Experiments',
    Component: ExperimentsCell,
    task: runExperiments,
  },
  comparison: {
    id: 'comparison',
    title: 'Comparison',
    Component: ComparisonCell,
    task: runComparison,
    isLoaded: () => comparisonStore.getState().shown !== null,
  },
  predict: {
    id: 'predict',
    title: 'Use the model',
    Component: PredictCell,
    task: runPredict,
  },
  instructions: {
    id: 'instructions',
    title: 'Task categories',
    Component: InstructionsCell,
    task: runInstructions,
    isLoaded: () => currentInstructions() !== null,
  },
  embedding: {
    id: 'embedding',
    title: 'Embedding',
    Component: EmbeddingCell,
    task: runEmbedding,
    isLoaded: () => currentEmbedding() !== null,
  },
  tuning: {
    id: 'tuning',
    title: 'Tune an embedder',
    Component: TuningCell,
    task: runTuning,
  },
  clusters: {
    id: 'clusters',
    title: 'Clusters',
    Component: ClustersCell,
    task: runClusters,
    isLoaded: () => clustersStore.getState().shown !== null,
  },
  uses: {
    id: 'uses',
    title: 'Use embeddings',
    Component: UsesCell,
    task: runUses,
    isLoaded: () => usesStore.getState().selection !== null,
  },
  pieExperiments: {
    id: 'pieExperiments',
    title: 'Embedding experiments',
    Component: PieExperimentsCell,
    task: runPieExperiments,
  },
  incubator: {
    id: 'incubator',
    title: 'Incubator',
    Component: IncubatorCell,
    task: runIncubator,
  },
  generatorTuning: {
    id: 'generatorTuning',
    title: 'Tune a generator',
    Component: GeneratorTuningCell,
    task: runGeneratorTuning,
  },
  classifiers: {
    id: 'classifiers',
    title: 'Incubated classifiers',
    Component: ClassifiersCell,
    task: runClassifiers,
    isLoaded: () => (classifiersStore.getState().cards?.length ?? 0) > 0,
  },
  mining: {
    id: 'mining',
    title: 'Mining',
    Component: MiningCell,
    task: runMining,
    isLoaded: () => miningStore.getState().shown !== null,
  },
  incubatorExperiments: {
    id: 'incubatorExperiments',
    title: 'Incubator experiments',
    Component: IncubatorExperimentsCell,
    task: runIncubatorExperiments,
  },
};

/** Cells in reading order. */
export const cells: readonly CellDefinition[] = cellIds.map((id) => definitions[id]);

/** Hands every cell's task to the runner. Called once, before the first render. */
export function registerCells(): void {
  for (const { id, task, isLoaded } of cells) if (task) registerTask(id, task, isLoaded);
}
