import { VerbenaError } from '../../base/errors.ts';

/** What the statistics refuse to compute. */
export class StatisticsError extends VerbenaError<
  'comparison-shape-mismatch' | 'comparison-too-few' | 'statistics-option-invalid'
> {}
