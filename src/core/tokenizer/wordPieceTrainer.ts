import type { TaskOptions } from '../../base/progress.ts';
import { convertVocabularyText } from './bert.ts';
import { trainUnigram } from './unigramTrainer.ts';
import type { TokenizerFiles } from './xlnet.ts';

export interface WordPieceTrainerOptions extends TaskOptions {
  /** Tokens, special ones included. */
  readonly vocabularySize: number;
}

/** BERT's special tokens in the order of their ids. */
const specialTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'] as const;
const begin = '▁';

/**
 * A lower-casing WordPiece vocabulary learnt from texts, as the files of a BERT tokenizer. The pieces are those of a Unigram model: one
 * at a word's beginning keeps its spelling, one inside a word gets `##`. Every character of the texts has a token in both places, so
 * that only characters never seen become `[UNK]`. Deterministic; smaller than asked where the texts have no more pieces.
 */
export function trainWordPiece(
  texts: Iterable<string>,
  { vocabularySize, ...task }: WordPieceTrainerOptions,
): TokenizerFiles & { readonly vocabularySize: number } {
  const words = new Map<string, number>();
  for (const text of texts)
    for (const word of bertWords(text)) words.set(begin + word, (words.get(begin + word) ?? 0) + 1);
  const { vocabulary } = trainUnigram(words, { vocabularySize, fill: false, ...task });
  const tokens = new Set<string>(specialTokens);
  for (const char of [...characters(words)].sort()) tokens.add(char).add(`##${char}`);
  for (const [piece] of vocabulary) {
    if (tokens.size >= vocabularySize) break;
    const token = piece.startsWith(begin) ? piece.slice(begin.length) : `##${piece}`;
    if (token !== '') tokens.add(token);
  }
  const files = convertVocabularyText([...tokens].join('\n'), JSON.stringify({ do_lower_case: true }));
  return { ...files, vocabularySize: tokens.size };
}

/** Words as BERT's normaliser and pre-tokenizer leave them: lower case, without accents, each punctuation mark a word of its own. */
export function bertWords(text: string): string[] {
  const plain = text
    .normalize('NFD')
    .replaceAll(/\p{Mn}/gu, '')
    .toLowerCase();
  return plain.match(/[^\s\p{P}$+<=>^`|~]+|[\p{P}$+<=>^`|~]/gu) ?? [];
}

function characters(words: ReadonlyMap<string, number>): Set<string> {
  const found = new Set<string>();
  for (const word of words.keys()) for (const char of word.slice(begin.length)) found.add(char);
  return found;
}
