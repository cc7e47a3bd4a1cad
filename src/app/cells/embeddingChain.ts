import { ClustersCell } from './clusters/ClustersCell.tsx';
import { clustersStore, runClusters } from './clusters/store.ts';
import { EmbeddingCell } from './embedding/EmbeddingCell.tsx';
import { currentEmbedding, runEmbedding } from './embedding/store.ts';
import { InstructionsCell } from './instructions/InstructionsCell.tsx';
import { currentInstructions, runInstructions } from './instructions/store.ts';
import { PieExperimentsCell } from './pieExperiments/PieExperimentsCell.tsx';
import { runPieExperiments } from './pieExperiments/store.ts';
import { runTuning } from './tuning/store.ts';
import { TuningCell } from './tuning/TuningCell.tsx';
import { runUses } from './uses/choose.ts';
import { usesStore } from './uses/store.ts';
import { UsesCell } from './uses/UsesCell.tsx';
import type { CellsOf } from './registry.ts';

/** Task embeddings. */
export const embeddingCells = {
  instructions: {
    Component: InstructionsCell,
    task: runInstructions,
    isLoaded: () => currentInstructions() !== null,
  },
  embedding: { Component: EmbeddingCell, task: runEmbedding, isLoaded: () => currentEmbedding() !== null },
  tuning: { Component: TuningCell, task: runTuning },
  clusters: {
    Component: ClustersCell,
    task: runClusters,
    isLoaded: () => clustersStore.getState().shown !== null,
  },
  uses: { Component: UsesCell, task: runUses, isLoaded: () => usesStore.getState().selection !== null },
  pieExperiments: { Component: PieExperimentsCell, task: runPieExperiments },
} satisfies CellsOf<'embedding'>;
