import { VerbenaError } from '../../base/errors.ts';

export type TextErrorCode = 'text-rows-mismatch';

export class TextError extends VerbenaError<TextErrorCode> {}
