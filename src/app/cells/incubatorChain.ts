import { ClassifiersCell } from './classifiers/ClassifiersCell.tsx';
import { classifiersStore, runClassifiers } from './classifiers/store.ts';
import { GeneratorTuningCell } from './generatorTuning/GeneratorTuningCell.tsx';
import { runGeneratorTuning } from './generatorTuning/task.ts';
import { IncubatorCell } from './incubator/IncubatorCell.tsx';
import { runIncubator } from './incubator/task.ts';
import { IncubatorExperimentsCell } from './incubatorExperiments/IncubatorExperimentsCell.tsx';
import { runIncubatorExperiments } from './incubatorExperiments/store.ts';
import { MiningCell } from './mining/MiningCell.tsx';
import { miningStore, runMining } from './mining/store.ts';
import type { CellsOf } from './registry.ts';

/** Classifiers grown from a sentence. */
export const incubatorCells = {
  incubator: { Component: IncubatorCell, task: runIncubator },
  generatorTuning: { Component: GeneratorTuningCell, task: runGeneratorTuning },
  classifiers: {
    Component: ClassifiersCell,
    task: runClassifiers,
    isLoaded: () => (classifiersStore.getState().cards?.length ?? 0) > 0,
  },
  mining: { Component: MiningCell, task: runMining, isLoaded: () => miningStore.getState().shown !== null },
  incubatorExperiments: { Component: IncubatorExperimentsCell, task: runIncubatorExperiments },
} satisfies CellsOf<'incubator'>;
