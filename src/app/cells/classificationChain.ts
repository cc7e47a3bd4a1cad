import { AdvisorCell } from './advisor/AdvisorCell.tsx';
import { runAdvisor } from './advisor/task.ts';
import { ComparisonCell } from './comparison/ComparisonCell.tsx';
import { comparisonStore, runComparison } from './comparison/store.ts';
import { EvaluationCell } from './evaluation/EvaluationCell.tsx';
import { evaluationStore } from './evaluation/store.ts';
import { runEvaluation } from './evaluation/task.ts';
import { ExperimentsCell } from './experiments/ExperimentsCell.tsx';
import { runExperiments } from './experiments/store.ts';
import { LabelsCell } from './labels/LabelsCell.tsx';
import { runLabels } from './labels/task.ts';
import { PredictCell } from './predict/PredictCell.tsx';
import { runPredict } from './predict/store.ts';
import { SplitCell } from './split/SplitCell.tsx';
import { runSplit } from './split/task.ts';
import { runText } from './text/task.ts';
import { TextCell } from './text/TextCell.tsx';
import { runTraining } from './training/task.ts';
import { TrainingCell } from './training/TrainingCell.tsx';
import type { CellsOf } from './registry.ts';

/** What the Data cell is followed by: labels, training, evidence, use. The Data cell itself comes with the page. */
export const classificationCells = {
  labels: { Component: LabelsCell, task: runLabels },
  advisor: { Component: AdvisorCell, task: runAdvisor },
  split: { Component: SplitCell, task: runSplit },
  text: { Component: TextCell, task: runText },
  training: { Component: TrainingCell, task: runTraining },
  evaluation: {
    Component: EvaluationCell,
    task: runEvaluation,
    isLoaded: () => evaluationStore.getState().loaded !== null,
  },
  experiments: { Component: ExperimentsCell, task: runExperiments },
  comparison: {
    Component: ComparisonCell,
    task: runComparison,
    isLoaded: () => comparisonStore.getState().shown !== null,
  },
  predict: { Component: PredictCell, task: runPredict },
} satisfies Omit<CellsOf<'classification'>, 'dataset'>;
