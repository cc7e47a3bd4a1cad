import { vocabularyInvalid } from './errors.ts';
import { isObject } from '../../base/json.ts';
import { parseTokenizerJson, parseVocabularyJson } from './json.ts';
import type { TokenizerFiles } from './xlnet.ts';

// Tokens that were added to a published vocabulary, in the files and the order in which Hugging Face's `from_pretrained` reads them:
// https://github.com/huggingface/transformers/blob/main/src/transformers/tokenization_utils_base.py

/** As a fast tokenizer's file lists it. */
interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly single_word: boolean;
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Whether it is looked for in the normalised text instead of the text as it is. */
  readonly normalized: boolean;
  readonly special: boolean;
}

/** Files beside a tokenizer; null where there is none. */
export interface BesideTokenizer {
  /** `added_tokens.json`: ids by token. */
  readonly addedTokens: string | null;
  /** `special_tokens_map.json`: special tokens by role. */
  readonly specialTokensMap: string | null;
}

const roles = [
  'bos_token',
  'eos_token',
  'unk_token',
  'sep_token',
  'pad_token',
  'cls_token',
  'mask_token',
  'additional_special_tokens',
] as const;

/**
 * tokenizer_config.json with the special tokens of special_tokens_map.json, which counts only where the config lists no added tokens of
 * its own (`added_tokens_decoder`, of newer files). Throws `tokenizer-not-json`, `vocabulary-invalid`.
 */
export function withSpecialTokens(configJson: string | null, { specialTokensMap }: BesideTokenizer): string {
  const config = parseTokenizerJson(configJson ?? '{}', 'tokenizer_config.json');
  if (specialTokensMap === null || isObject(config['added_tokens_decoder'])) return configJson ?? '{}';
  const map = parseVocabularyJson(specialTokensMap, 'special_tokens_map.json');
  const named = roles.flatMap((role) => (map[role] === undefined ? [] : [[role, map[role]] as const]));
  return JSON.stringify({ ...config, ...Object.fromEntries(named) });
}

/**
 * A tokenizer with the tokens that were added to it later: those of the config's `added_tokens_decoder`, else those of added_tokens.json,
 * special where a role names them. What tokenizer.json lists already stays as it is there. Throws `tokenizer-not-json`, and
 * `vocabulary-invalid` where an id is no whole number or is another token's.
 */
export function withAddedTokens(files: TokenizerFiles, beside: BesideTokenizer): TokenizerFiles {
  const config = parseTokenizerJson(
    withSpecialTokens(files.tokenizerConfigJson, beside),
    'tokenizer_config.json',
  );
  const decoder = config['added_tokens_decoder'];
  const found = isObject(decoder) ? ofDecoder(decoder) : ofFile(beside.addedTokens, specialsOf(config));
  if (found.tokens.length === 0) return files;
  const json = parseTokenizerJson(files.tokenizerJson, 'tokenizer.json') as TokenizerJson;
  const listed = json.added_tokens ?? [];
  const known = new Set(listed.map(({ content }) => content));
  const added = found.tokens.filter(({ content }) => !known.has(content));
  if (added.length === 0) return files;
  const ids = idsOf(json);
  const contents = new Map([...ids].map(([content, id]) => [id, content]));
  const placed: AddedToken[] = [];
  for (const token of added) {
    const { content } = token;
    // What the vocabulary holds keeps its place there.
    const id = ids.get(content) ?? token.id;
    const other = contents.get(id) ?? content;
    if (other !== content)
      throw vocabularyInvalid(found.file, `it gives '${content}' the id ${id}, which is that of '${other}'`);
    contents.set(id, content);
    placed.push({ ...token, id });
  }
  const all = [...listed, ...placed].sort((a, b) => a.id - b.id);
  return { ...files, tokenizerJson: JSON.stringify({ ...json, added_tokens: all }) };
}

interface TokenizerJson {
  readonly added_tokens?: readonly AddedToken[] | null;
  readonly model?: { readonly vocab?: Record<string, number> | readonly (readonly [string, number])[] };
}

function idsOf({ model, added_tokens: listed }: TokenizerJson): Map<string, number> {
  const vocabulary = model?.vocab ?? {};
  // A Unigram's ids are places; its numbers are scores.
  const own = Array.isArray(vocabulary)
    ? (vocabulary as readonly (readonly [string, number])[]).map(([piece], id) => [piece, id] as const)
    : Object.entries(vocabulary as Record<string, number>);
  return new Map([...own, ...(listed ?? []).map(({ content, id }) => [content, id] as const)]);
}

interface Found {
  readonly file: string;
  readonly tokens: readonly AddedToken[];
}

function ofDecoder(decoder: Readonly<Record<string, unknown>>): Found {
  const file = 'tokenizer_config.json';
  const tokens = Object.entries(decoder).map(([id, value]) => {
    const { content, ...flags } = isObject(value) ? value : {};
    if (typeof content !== 'string') throw vocabularyInvalid(file, `its added token ${id} has no text`);
    const special = flags['special'] === true;
    const normalized = typeof flags['normalized'] === 'boolean' ? flags['normalized'] : !special;
    return {
      id: wholeNumber(file, content, Number(id)),
      content,
      single_word: flags['single_word'] === true,
      lstrip: flags['lstrip'] === true,
      rstrip: flags['rstrip'] === true,
      normalized,
      special,
    };
  });
  return { file, tokens };
}

function ofFile(addedTokens: string | null, specials: ReadonlySet<string>): Found {
  const file = 'added_tokens.json';
  const tokens = Object.entries(parseVocabularyJson(addedTokens ?? '{}', file)).map(([content, id]) => {
    const special = specials.has(content);
    return {
      id: wholeNumber(file, content, id),
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: !special,
      special,
    };
  });
  return { file, tokens };
}

/** The tokens that a config gives a role, each plainly or as an object with `content`. */
function specialsOf(config: Readonly<Record<string, unknown>>): Set<string> {
  const text = (value: unknown) => (isObject(value) ? value['content'] : value);
  const values = roles.flatMap((role) => {
    const value = config[role];
    return (Array.isArray(value) ? value : [value]).map(text);
  });
  return new Set(values.filter((value) => typeof value === 'string'));
}

function wholeNumber(file: string, content: string, id: unknown): number {
  if (typeof id === 'number' && Number.isSafeInteger(id) && id >= 0) return id;
  throw vocabularyInvalid(file, `the id of '${content}' is no whole number`);
}
