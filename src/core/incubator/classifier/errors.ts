import { VerbenaError } from '../../../base/errors.ts';

/** What keeps a classifier from being grown or asked. */
export class ClassifierError extends VerbenaError<
  | 'classifier-too-few-classes'
  | 'classifier-empty-class'
  | 'classifier-no-vocabulary'
  | 'classifier-shape'
  | 'classifier-unknown'
  | 'classifier-mapping'
> {}
