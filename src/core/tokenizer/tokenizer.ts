import { Tokenizer } from '@huggingface/tokenizers';
import { TokenizerError } from './errors.ts';
import { parseTokenizerJson } from './json.ts';
import { segment, unigramPieces, type UnigramPieces } from './unigram.ts';
import type { TokenizerFiles } from './xlnet.ts';

// A wrapper around @huggingface/tokenizers: the part of @huggingface/transformers that tokenizes, without its ONNX runtime.

export interface Encoded {
  /** Special tokens included, at most the length asked for. */
  readonly ids: Int32Array;
  /** Token type ids (XLNet: 0 for the text, 2 for `<cls>`). */
  readonly typeIds: Int32Array;
  /** Tokens before truncation, special tokens included. */
  readonly fullLength: number;
}

/** What stays of a text that is too long: its beginning, its end, or three quarters and one quarter of the room for both. */
export type KeptPart = 'head' | 'tail' | 'head-tail';

export interface TextTokenizer {
  /** One more than the largest id. */
  readonly vocabularySize: number;
  /** Ids that stand before and after every text: XLNet has `<sep> <cls>` at the end. */
  readonly template: { readonly before: readonly number[]; readonly after: readonly number[] };
  idOf(token: string): number | null;
  /** Truncates the text (to its beginning unless told otherwise), never the special tokens. Throws `tokenizer-max-length` where `maxLength` leaves no room for text. */
  encode(text: string, maxLength?: number, keeps?: KeptPart): Encoded;
  /** Tokens as the vocabulary spells them, with their ids; special tokens included. */
  tokens(text: string): { tokens: string[]; ids: number[] };
  decode(ids: readonly number[]): string;
}

/** Loads a tokenizer from its two files. Throws `tokenizer-not-json`, `tokenizer-invalid`. */
export function loadTokenizer(files: TokenizerFiles): TextTokenizer {
  const json = parseTokenizerJson(files.tokenizerJson, 'tokenizer.json');
  const config = parseTokenizerJson(files.tokenizerConfigJson, 'tokenizer_config.json');
  try {
    const tokenizer = new Tokenizer(json, config);
    speedUpUnigram(tokenizer, json);
    return wrap(tokenizer);
  } catch (error) {
    if (error instanceof TokenizerError) throw error;
    throw new TokenizerError(
      'tokenizer-invalid',
      'The tokenizer files are JSON, but not a tokenizer that Verbena can run.',
      "Use the tokenizer.json published with the model (or XLNet's spiece.model, which is converted).",
      { reason: error instanceof Error ? error.message : String(error) },
      error,
    );
  }
}

function wrap(tokenizer: Tokenizer): TextTokenizer {
  const template = templateOf(tokenizer);
  const overhead = template.before.length + template.after.length;
  let vocabularySize = 0;
  for (const id of tokenizer.get_vocab().values()) vocabularySize = Math.max(vocabularySize, id + 1);
  const encodeWhole = (text: string) => tokenizer.encode(text, { return_token_type_ids: true });
  return {
    vocabularySize,
    template,
    idOf: (token) => tokenizer.token_to_id(token) ?? null,
    encode(text, maxLength = Number.POSITIVE_INFINITY, keeps = 'head') {
      if (maxLength <= overhead)
        throw new TokenizerError(
          'tokenizer-max-length',
          `A maximum length of ${maxLength} leaves no room for text beside ${overhead} special tokens.`,
          `Choose a maximum length of at least ${overhead + 1}.`,
          { maxLength, overhead },
        );
      const { ids, token_type_ids: types = [] } = encodeWhole(text);
      const cut = (values: readonly number[]) => truncated(values, maxLength, template, keeps);
      const kept = cut(ids);
      return {
        ids: kept,
        typeIds: types.length === ids.length ? cut(types) : new Int32Array(kept.length),
        fullLength: ids.length,
      };
    },
    tokens(text) {
      const { tokens, ids } = encodeWhole(text);
      return { tokens: [...tokens], ids: [...ids] };
    },
    decode: (ids) => (ids.length === 0 ? '' : tokenizer.decode([...ids], { skip_special_tokens: true })),
  };
}

/** Cuts inside the text, so that what the template puts before and after it stays. */
function truncated(
  values: readonly number[],
  maxLength: number,
  { before, after }: TextTokenizer['template'],
  keeps: KeptPart,
): Int32Array {
  if (values.length <= maxLength) return Int32Array.from(values);
  const room = maxLength - before.length - after.length;
  const tail = keeps === 'head' ? 0 : keeps === 'tail' ? room : Math.floor(room / 4);
  const textEnd = values.length - after.length;
  return Int32Array.from([
    ...values.slice(0, before.length + room - tail),
    ...values.slice(textEnd - tail, textEnd),
    ...values.slice(textEnd),
  ]);
}

function templateOf(tokenizer: Tokenizer): TextTokenizer['template'] {
  const bare = tokenizer.encode('a', { add_special_tokens: false }).ids;
  const { ids, tokens } = tokenizer.encode('a');
  const unknown = ids.findIndex((id) => !Number.isInteger(id));
  if (unknown >= 0)
    throw new TokenizerError(
      'tokenizer-special-missing',
      `The tokenizer puts '${tokens[unknown] ?? '?'}' around texts, but its vocabulary lacks it.`,
      'Use the tokenizer files published with the model, unedited.',
      { token: tokens[unknown] },
    );
  for (let start = 0; start + bare.length <= ids.length; start++)
    if (bare.every((id, i) => ids[start + i] === id))
      return { before: ids.slice(0, start), after: ids.slice(start + bare.length) };
  return { before: [], after: [] };
}

/** What a model needs of its tokenizer, from the model's config. */
export interface TokenizerNeeds {
  /** `vocab_size`: rows of the embedding. */
  readonly vocabularySize: number;
  /** Special tokens that must be known, e.g. `<sep>`, `<cls>`, `<pad>`. */
  readonly specialTokens: readonly string[];
  /** Special tokens that must end every text, e.g. XLNet's `<sep> <cls>`. */
  readonly endsWith: readonly string[];
  /** Whether a special token must begin every text, because the model reads its summary there (BERT's `[CLS]`). */
  readonly begins: boolean;
}

export const xlnetNeeds = {
  specialTokens: ['<unk>', '<sep>', '<cls>', '<pad>'],
  endsWith: ['<sep>', '<cls>'],
  begins: false,
} as const;

/** The BERT family has many vocabularies, and special tokens under many names. */
export const bertNeeds = { specialTokens: [], endsWith: [], begins: true } as const;

/**
 * Refuses a tokenizer that belongs to another model: ids beyond the embedding, or missing special tokens.
 * Throws `tokenizer-vocabulary`, `tokenizer-special-missing`.
 */
export function checkTokenizer(tokenizer: TextTokenizer, needs: TokenizerNeeds): void {
  const remedy = 'Use the tokenizer that was published with this model.';
  const missing = needs.specialTokens.filter((token) => tokenizer.idOf(token) === null);
  const ending = tokenizer.template.after.slice(-needs.endsWith.length);
  const unended = needs.endsWith.filter((token, i) => ending[i] !== tokenizer.idOf(token));
  if (missing.length > 0)
    throw new TokenizerError(
      'tokenizer-special-missing',
      `The tokenizer has no ${missing.map((token) => `'${token}'`).join(', ')}, which the model needs.`,
      remedy,
      { missing },
    );
  if (needs.endsWith.length > 0 && unended.length > 0)
    throw new TokenizerError(
      'tokenizer-special-missing',
      `The tokenizer does not end a text with '${needs.endsWith.join(' ')}', which the model reads its summary from.`,
      remedy,
      { expected: needs.endsWith },
    );
  if (needs.begins && tokenizer.template.before.length === 0)
    throw new TokenizerError(
      'tokenizer-special-missing',
      'The tokenizer puts no special token before a text, and the model reads its summary from there.',
      remedy,
    );
  if (tokenizer.vocabularySize > needs.vocabularySize)
    throw new TokenizerError(
      'tokenizer-vocabulary',
      `The tokenizer has ${tokenizer.vocabularySize} ids and the model's embedding has ${needs.vocabularySize} rows.`,
      remedy,
      { tokenizer: tokenizer.vocabularySize, model: needs.vocabularySize },
    );
}

/** Words to remember: past this the memory starts anew. */
const cachedWords = 50_000;

/**
 * The library runs one lattice over a whole text, with an object a node. Where no piece crosses a word's beginning, the
 * best path is the best path of each word, so words are segmented once and remembered: the same tokens, many times faster.
 */
function speedUpUnigram(tokenizer: Tokenizer, json: unknown): void {
  const { model, pre_tokenizer: pre } = json as {
    model?: { type?: string; vocab?: readonly (readonly [string, number])[]; unk_id?: number };
    pre_tokenizer?: { type?: string; replacement?: string };
  };
  const unknownId = model?.unk_id;
  if (model?.type !== 'Unigram' || !model.vocab || unknownId === undefined || !tokenizer.model) return;
  if (pre?.type !== 'Metaspace' || (pre.replacement ?? '▁') !== '▁') return;
  if (model.vocab.some(([piece]) => piece.lastIndexOf('▁') > 0)) return;
  const unknownScore = model.vocab.reduce((low, [, score]) => Math.min(low, score), 0) - 10;
  const pieces = unigramPieces(
    model.vocab.map(([piece, s], id) => [piece, id === unknownId ? unknownScore : s]),
  );
  const words = new Map<string, readonly string[]>();
  const encode = (texts: readonly string[]): string[] =>
    texts.flatMap((text) =>
      text.split(/(?=▁)/).flatMap((word) => remembered(word, words, pieces, unknownScore)),
    );
  Object.assign(tokenizer.model, { encode });
}

function remembered(
  word: string,
  words: Map<string, readonly string[]>,
  pieces: UnigramPieces,
  unknownScore: number,
): readonly string[] {
  const known = words.get(word);
  if (known) return known;
  const found = segment(word, pieces, unknownScore).pieces;
  if (words.size >= cachedWords) words.clear();
  // Very long "words" (a pasted blob without spaces) hardly come again.
  if (word.length <= 64) words.set(word, found);
  return found;
}
