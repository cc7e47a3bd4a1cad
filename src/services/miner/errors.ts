import { VerbenaError } from '../../base/errors.ts';

/** Scores that are not there, or do not fit. */
export class MinerError extends VerbenaError<
  'scores-missing' | 'scores-out-of-order' | 'classifier-elsewhere'
> {}
