import { VerbenaError } from '../../base/errors.ts';

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
