import { VerbenaError } from '../../base/errors.ts';

export type TextErrorCode = 'text-rows-mismatch' | 'text-worker-failed';

export class TextError extends VerbenaError<TextErrorCode> {}
