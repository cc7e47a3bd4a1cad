import type { ModelCalibration, Uncalibrated } from '../core/calibration/modelCalibration.ts';
import { plural } from './format.ts';

// What is said of a model's temperature, wherever it is.

/** Which probabilities a table or a result holds; null: the model's own. */
export function scaleWords(scale: ModelCalibration | null): string {
  return scale
    ? `calibrated, temperature ${scale.temperature.toPrecision(6)} on ${plural(scale.rows, 'validation row')}`
    : 'uncalibrated';
}

/** Why there is no temperature, in a sentence. */
export const whyUncalibrated: Readonly<Record<Uncalibrated, string>> = {
  'no-validation-rows':
    'Not calibrated: the run’s split has no validation rows, and a temperature is never fitted on test rows.',
  'not-evaluated': 'Not calibrated: the run was stopped before it was evaluated on validation rows.',
  'outputs-missing': 'Not calibrated: the run’s outputs on validation rows are not kept here.',
  'always-right':
    'Not calibrated: every decision on the validation rows is right at 0.5, so no temperature is best.',
  uninformative:
    'Not calibrated: on the validation rows the outputs are no better than one half for everything, so no temperature is best.',
  'other-weights': 'Not calibrated: the best weights are lost, and the outputs of others were not kept.',
};
