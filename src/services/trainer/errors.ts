import { VerbenaError } from '../../base/errors.ts';
import type { Refusals } from '../storage/ownership.ts';

export type TrainerErrorCode =
  | 'run-id-invalid'
  | 'run-exists'
  | 'run-not-found'
  | 'run-damaged'
  | 'run-active'
  | 'run-finished'
  | 'run-not-active'
  | 'run-not-paused'
  | 'run-owned-elsewhere'
  | 'trainer-busy'
  | 'out-of-memory'
  | 'limit-too-small'
  | 'step-beyond-pass'
  | 'no-weights'
  | 'bundle-texts'
  | 'prediction-ended';

/** Anything the trainer service refuses; failures of the run itself keep their own classes. */
export class TrainerError extends VerbenaError<TrainerErrorCode> {}

export const runRefusals: Refusals = {
  notActive: (runId) =>
    new TrainerError('run-not-active', `Run ${runId} is not running here.`, 'Resume it first.', { runId }),
  busy: (runId) =>
    new TrainerError(
      'trainer-busy',
      `Run ${runId} is still going on.`,
      'Stop it or wait until it ends, then start the next.',
      { runId },
    ),
  active: (runId) =>
    new TrainerError('run-active', 'This run is still going on.', 'Stop it first.', { runId }),
  elsewhere: (runId, remedy) =>
    new TrainerError('run-owned-elsewhere', 'This run is open in another tab.', remedy, { runId }),
};
