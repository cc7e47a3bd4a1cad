import type { Evaluator } from '../metrics/evaluator.ts';
import { bestGlobalThreshold, thresholdCurve, tuneThresholds } from '../metrics/tuning.ts';
import type { DecisionThreshold } from '../metrics/types.ts';
import { expectedF1, expectedF1Thresholds } from './expectedF1.ts';
import { classProbabilities } from './probabilities.ts';

/** A way to choose decision thresholds: a row of the threshold experiment. */
export interface ThresholdPicker {
  readonly id: 'fixed' | 'global' | 'per-label' | 'expected-f1-global' | 'expected-f1-per-label';
  readonly label: string;
  /** Whether it looks at the truth of the rows it is given: then they must not be the rows it is judged on. */
  readonly readsTargets: boolean;
  pick(evaluator: Evaluator): DecisionThreshold;
}

/** Every way to pick, from none to one threshold a label. Pick on validation, judge on test. */
export const thresholdPickers: readonly ThresholdPicker[] = [
  { id: 'fixed', label: '0.5 for every label', readsTargets: false, pick: () => 0.5 },
  {
    id: 'global',
    label: 'One threshold, best validation micro-F1',
    readsTargets: true,
    pick: (evaluator) => bestGlobalThreshold(thresholdCurve(evaluator, 199), 'microF1'),
  },
  {
    id: 'per-label',
    label: 'One a label, best validation F1',
    readsTargets: true,
    pick: (evaluator) => tuneThresholds(evaluator).thresholds,
  },
  {
    id: 'expected-f1-global',
    label: 'One threshold, best expected micro-F1',
    readsTargets: false,
    pick: (evaluator) => expectedF1(classProbabilities(evaluator, null)).threshold,
  },
  {
    id: 'expected-f1-per-label',
    label: 'One a label, best expected F1',
    readsTargets: false,
    pick: (evaluator) => expectedF1Thresholds(evaluator).thresholds,
  },
];
