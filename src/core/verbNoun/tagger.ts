import type { ItsFunction, WinkMethods } from 'wink-nlp';
import { VerbenaError } from '../../base/errors.ts';
import { sentences } from './sentences.ts';
import { opensOtherwise } from './words.ts';

export class TaggerError extends VerbenaError<'tagger-unavailable'> {}

/** Universal part-of-speech tags, as far as the rules ask for them. */
export interface Token {
  readonly lower: string;
  readonly pos: string;
  /** Lower case. */
  readonly lemma: string;
  /** Whether the word can be a verb's base form at all, whatever it is tagged as here: "output", "list", "complete". */
  readonly mayBeVerb: boolean;
}

export type Sentence = readonly Token[];

/** Tags the opening sentences of an instruction. */
export type Tagger = (text: string) => Sentence[];

let loading: Promise<Tagger> | null = null;

/**
 * An English tagger that knows imperatives (wink-nlp and its lite web model, about 1 MB compressed, shared with the lemmatiser).
 * Throws `tagger-unavailable` where its files cannot be loaded; the next call tries again.
 */
export function loadTagger(): Promise<Tagger> {
  loading ??= load().catch((cause: unknown) => {
    loading = null;
    throw new TaggerError(
      'tagger-unavailable',
      'The tagger for verbs and nouns could not be loaded.',
      'Reload the page; if it happens again, the server lacks a file of this version.',
      {},
      cause,
    );
  });
  return loading;
}

async function load(): Promise<Tagger> {
  const [wink, model] = await Promise.all([import('wink-nlp'), import('wink-eng-lite-web-model')]);
  const nlp = wink.default(model.default, ['pos']);
  const mayBeVerb = verbTest(nlp);
  return (text) => sentences(text).map((sentence) => tagSentence(nlp, mayBeVerb, sentence));
}

// Longer than any instruction's vocabulary; a bound all the same, for corpora of random words.
const longestMemory = 50_000;

/** Whether a word reads as a verb behind "to": the tagger's own lexicon, asked once a word. */
function verbTest({ readDoc, its }: WinkMethods): (word: string) => boolean {
  const known = new Map<string, boolean>();
  return (word) => {
    const answer = known.get(word);
    if (answer !== undefined) return answer;
    if (known.size >= longestMemory) known.clear();
    const tags = readDoc(`to ${word}`)
      .tokens()
      .out(its.pos as unknown as ItsFunction<string>) as string[];
    const isVerb = tags.length === 2 && tags[1] === 'VERB' && !neverImperative.test(word);
    known.set(word, isVerb);
    return isVerb;
  };
}

const neverImperative = /(?:[^s]s|ing|[^e]ed)$/u;

// What no word is: pasted base64 takes wink's tokeniser time quadratic in its length.
const unreadable = /\S{80,}/gu;

// "Tony's," is one word to wink where "Tony's" is two, and once it has met the one it reads the other so as well: what a text is must not
// depend on the texts before it.
const endedPossessive = /(['’]\p{L}+)(?=[^\s\p{L}\p{N}'’-])/gu;

const openClasses: ReadonlySet<string> = new Set(['NOUN', 'VERB', 'ADJ', 'PROPN']);

// "List" at the start reads as a noun, or a name, to a tagger trained on news. After "please" it is the verb that it is.
const primer = 'please';

function tagSentence(
  { readDoc, its }: WinkMethods,
  mayBeVerb: (word: string) => boolean,
  sentence: string,
): Sentence {
  const readable = sentence.replace(unreadable, ' ').replace(endedPossessive, '$1 ');
  const first = /^[\p{L}'’]+/u.exec(readable)?.[0] ?? '';
  const isPrimed = first !== '' && !opensOtherwise(first.toLowerCase());
  const plain = isOrdinary(first) ? first.toLowerCase() + readable.slice(first.length) : readable;
  const tokens = readDoc(isPrimed ? `${primer} ${plain}` : plain).tokens();
  const values = tokens.out() as string[];
  // wink's own types disagree about the arity of these helpers.
  const tags = tokens.out(its.pos as unknown as ItsFunction<string>) as string[];
  const lemmas = tokens.out(its.lemma as unknown as ItsFunction<string>) as string[];
  const from = isPrimed ? 1 : 0;
  return values.slice(from).map((text, i) => {
    const lower = text.toLowerCase();
    const pos = tags[from + i] ?? 'X';
    return {
      lower,
      pos,
      lemma: (lemmas[from + i] ?? text).toLowerCase(),
      mayBeVerb: openClasses.has(pos) && mayBeVerb(lower),
    };
  });
}

/** A capital and small letters: its case is the sentence's, or a name's. "GPT" and "iPhone" keep theirs. */
function isOrdinary(word: string): boolean {
  return /^\p{Lu}?[\p{Ll}'’]*$/u.test(word);
}
