import { VerbenaError } from '../../base/errors.ts';

export type TokenizerErrorCode =
  | 'tokenizer-not-json'
  | 'tokenizer-invalid'
  | 'tokenizer-special-missing'
  | 'tokenizer-vocabulary'
  | 'tokenizer-max-length'
  | 'spiece-invalid'
  | 'vocabulary-invalid';

/** What is wrong with a tokenizer's files, or with using them for a model that they do not belong to. */
export class TokenizerError extends VerbenaError<TokenizerErrorCode> {}

/** A file that is no SentencePiece model (or a cut-off one). */
export function spieceInvalid(reason: string, details: Record<string, unknown> = {}): TokenizerError {
  return new TokenizerError(
    'spiece-invalid',
    `This is not a usable SentencePiece model: ${reason}.`,
    'Use the spiece.model file published with the model, or its tokenizer.json, and check that the download is whole.',
    details,
  );
}

/** A vocab.txt, vocab.json or merges.txt from which no tokenizer can be made. */
export function vocabularyInvalid(file: string, reason: string): TokenizerError {
  return new TokenizerError(
    'vocabulary-invalid',
    `${file} is not a usable vocabulary: ${reason}.`,
    'Use the vocabulary published with the model, or its tokenizer.json, and check that the download is whole.',
    { file },
  );
}
