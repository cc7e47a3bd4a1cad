import { VerbenaError } from '../base/errors.ts';

export type TrainingErrorCode =
  | 'invalid-learning-rate'
  | 'invalid-batch-size'
  | 'invalid-epochs'
  | 'invalid-max-steps'
  | 'invalid-max-length'
  | 'invalid-warmup-steps'
  | 'invalid-weight-decay'
  | 'invalid-beta1'
  | 'invalid-beta2'
  | 'invalid-epsilon'
  | 'invalid-clip-norm'
  | 'invalid-dropout'
  | 'invalid-evaluate-every'
  | 'invalid-checkpoint-every'
  | 'invalid-patience'
  | 'invalid-choice'
  | 'invalid-loss'
  | 'loss-encoding'
  | 'budget-below-length'
  | 'no-training-rows'
  | 'training-data-invalid'
  | 'rows-exceed-length'
  | 'targets-not-single'
  | 'loss-not-finite'
  | 'checkpoint-invalid'
  | 'checkpoint-mismatch';

/** Anything training refuses; the message names the setting or the step, the remedy says what to change. */
export class TrainingError extends VerbenaError<TrainingErrorCode> {}
