import { fitModelCalibration, type CalibrationOutcome } from '../../core/calibration/modelCalibration.ts';
import { readLogits } from '../../training/checkpoints/checkpoints.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { bestSoFar, type RunHistory } from '../../training/checkpoints/history.ts';
import { probabilityFamily } from '../../training/describe.ts';
import type { RunRecord } from './runRecord.ts';

/**
 * The temperature of a run's best weights: the one its record keeps, or, in runs from before it was kept and while one trains, fitted on
 * the outputs that it kept for its validation rows. Never on test rows.
 */
export async function runCalibration(
  files: FileStore,
  record: RunRecord,
  history: RunHistory,
): Promise<CalibrationOutcome> {
  const { hyperparameters, calibration } = record;
  const best = bestSoFar(history.evaluations, hyperparameters).point;
  if (!best) {
    // A run that came to its end has evaluated what validation rows it had.
    const hasNone = record.state === 'done' || history.evaluations.length > 0;
    return { kind: 'none', why: hasNone ? 'no-validation-rows' : 'not-evaluated' };
  }
  if (calibration?.step === best.step) return { kind: 'fitted', calibration };
  const kept = await readLogits(files, 'validation', best.step);
  if (!kept) return { kind: 'none', why: 'outputs-missing' };
  return fitModelCalibration(kept, probabilityFamily(hyperparameters.loss));
}
