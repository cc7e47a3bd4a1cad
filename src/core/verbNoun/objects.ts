import type { Token } from './tagger.ts';
import { determiners, indefinites, notThings, particles, pronouns } from './words.ts';

/**
 * The first noun of a verb's object, as a lemma; null where there is none. The first and not the head, as IEB has it: "a blog
 * post" is `blog`, "a list of books" `list`. Names alone are `knowledge`, IEB's word for facts about what one can look up.
 */
export function objectNoun(rest: readonly Token[]): string | null {
  let hasName = false;
  for (let i = 0; i < rest.length; i++) {
    const token = rest[i] as Token;
    if (indefinites.has(token.lower)) return token.lower;
    if (token.lower === 'following' && standsAlone(rest[i + 1])) return token.lower;
    if (isNoun(token, i)) return nounLemma(token);
    if (isNominal(rest, i)) return token.lower;
    if (token.pos === 'PROPN') hasName = true;
  }
  return hasName ? 'knowledge' : null;
}

/** "each of the following:" names things; "the following words" names words. */
function standsAlone(next: Token | undefined): boolean {
  return next === undefined || !['NOUN', 'PROPN', 'ADJ', 'NUM', 'VERB', 'ADV'].includes(next.pos);
}

function isNoun(token: Token, at: number): boolean {
  if (token.pos !== 'NOUN') return false;
  if (at === 0 && particles.has(token.lower)) return false;
  return !notThings.has(token.lower) && !pronouns.has(token.lower) && /^\p{L}{2}/u.test(token.lower);
}

/** "its total.", "the capital of": read as an adjective, with nothing for it to describe. */
function isNominal(rest: readonly Token[], at: number): boolean {
  const [previous, token, next] = [rest[at - 1], rest[at], rest[at + 1]];
  if (token?.pos !== 'ADJ' || !previous || !determiners.has(previous.lower) || notThings.has(token.lower))
    return false;
  return next === undefined || next.pos === 'PUNCT' || next.pos === 'ADP' || next.pos === 'CCONJ';
}

// Lemmas that no one writes ("datum", "dialog", "application" for "app"): the word stays.
const asWritten = /^(?:data|dialogue|media|app)$/u;
// What the lexicon does not know keeps its plural: "limericks". No word in -ns, -ws, -cs, -es, -ss (lens, news, physics, series).
const unknownPlural = /[bdfgklmprt]s$/u;

function nounLemma({ lower, lemma }: Token): string {
  if (asWritten.test(lower)) return lower;
  return lemma === lower && unknownPlural.test(lower) ? lower.slice(0, -1) : lemma;
}
