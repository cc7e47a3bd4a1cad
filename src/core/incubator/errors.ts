import { VerbenaError } from '../../base/errors.ts';

export type IncubatorErrorCode =
  | 'instruction-empty'
  | 'labels-too-few'
  | 'labels-invalid'
  | 'prompt-too-long'
  | 'template-invalid'
  | 'generations-empty'
  | 'constraint-impossible';

/** An instruction, labels or replies that no classifier can be grown from. */
export class IncubatorError extends VerbenaError<IncubatorErrorCode> {}
