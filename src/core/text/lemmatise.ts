import type { ItsFunction, WinkMethods } from 'wink-nlp';
import { VerbenaError } from '../../base/errors.ts';

export class LemmatiserError extends VerbenaError<'lemmatiser-unavailable'> {}

/** Replaces each word by its lemma ("knives" -> "knife", "was baking" -> "be bake"); white space stays as it is. */
export type Lemmatiser = (text: string) => string;

let loading: Promise<Lemmatiser> | null = null;

/**
 * The English lemmatiser (wink-nlp with its lite web model, about 1 MB compressed), loaded on first use and shared.
 * Throws `lemmatiser-unavailable` where its files cannot be loaded; the next call tries again.
 */
export function loadLemmatiser(): Promise<Lemmatiser> {
  loading ??= load().catch((cause: unknown) => {
    loading = null;
    throw new LemmatiserError(
      'lemmatiser-unavailable',
      'The lemmatiser could not be loaded.',
      'Reload the page, or switch lemmatisation off.',
      {},
      cause,
    );
  });
  return loading;
}

async function load(): Promise<Lemmatiser> {
  const [wink, model] = await Promise.all([import('wink-nlp'), import('wink-eng-lite-web-model')]);
  // Lemmas need parts of speech, and nothing else of the pipeline.
  const nlp = wink.default(model.default, ['sbd', 'pos']);
  return (text) =>
    text
      .split(unreadable)
      .map((part, i) => (i % 2 === 0 ? lemmatise(nlp, part) : part))
      .join('');
}

// No word is this long, and wink's tokeniser takes time quadratic in such a run: pasted base64 would stop the worker.
const unreadable = /(\S{200,})/u;

function lemmatise({ readDoc, its }: WinkMethods, text: string): string {
  if (text.trim() === '') return text;
  // In a headline every word looks like a name to the tagger, and names have no lemma: it reads that in lower case
  // (unless lower case is longer, as of "İ", and positions would no longer agree).
  const lower = text.toLowerCase();
  const source = lower.length === text.length && isHeadline(text) ? lower : text;
  const tokens = readDoc(source).tokens();
  const values = tokens.out() as string[];
  // wink's own types disagree about the arity of these helpers.
  const lemmas = tokens.out(its.lemma as unknown as ItsFunction<string>) as string[];
  const types = tokens.out(its.type as unknown as ItsFunction<string>) as string[];
  const contractions = tokens.out(its.contractionFlag as unknown as ItsFunction<boolean>) as boolean[];

  let result = '';
  let cursor = 0;
  for (let i = 0; i < values.length; i++) {
    const at = source.indexOf(values[i] as string, cursor);
    if (at < 0) continue;
    const end = at + (values[i] as string).length;
    const value = text.slice(at, end);
    // The halves of a contraction ("do" + "n't") stay as they are: as lemmas they would make "donot".
    const isWord = types[i] === 'word' && !contractions[i];
    result += text.slice(cursor, at) + (isWord ? withCaseOf(value, lemmas[i] as string) : value);
    cursor = end;
  }
  return result + text.slice(cursor);
}

/** Whether most longer words (after the first, of which there are two at least) begin with a capital. */
function isHeadline(text: string): boolean {
  const longer = (text.match(/\p{L}+/gu) ?? []).slice(1).filter((word) => word.length > 3);
  const capitals = longer.filter((word) => /^\p{Lu}/u.test(word)).length;
  return longer.length >= 2 && capitals >= 0.75 * longer.length;
}

/** Lemmas come in lower case; case is another switch's business. */
function withCaseOf(value: string, lemma: string): string {
  const lower = value.toLowerCase();
  if (lower === lemma.toLowerCase()) return value;
  if (value === lower) return lemma;
  if (value === value.toUpperCase() && value.length > 1) return lemma.toUpperCase();
  const [first = '', ...rest] = lemma;
  return value.startsWith(value.charAt(0).toUpperCase()) ? first.toUpperCase() + rest.join('') : lemma;
}
