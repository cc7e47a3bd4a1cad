import { isObject } from '../../base/json.ts';
import { TokenizerError, vocabularyInvalid } from './errors.ts';

/** tokenizer.json or tokenizer_config.json. Throws `tokenizer-not-json`. */
export function parseTokenizerJson(text: string, name: string): Record<string, unknown> {
  const value = objectOf(text);
  if (!(value instanceof Error)) return value;
  throw new TokenizerError(
    'tokenizer-not-json',
    `${name} is not a JSON object.`,
    `Download ${name} again: a web page or a cut-off file may have been saved in its place.`,
    { name, reason: value.message },
    value,
  );
}

/** A file of a slow tokenizer. Throws `vocabulary-invalid`. */
export function parseVocabularyJson(text: string, name: string): Record<string, unknown> {
  const value = objectOf(text);
  if (value instanceof Error) throw vocabularyInvalid(name, 'it is no JSON object');
  return value;
}

function objectOf(text: string): Record<string, unknown> | Error {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : new SyntaxError('Not a JSON object.');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
