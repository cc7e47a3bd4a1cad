import { eng } from 'stopword';
import { collapseSpaces } from './specialCharacters.ts';

/** The English list of the npm package `stopword`, 108 words. */
export const stopWords: ReadonlySet<string> = new Set(eng);

// Hyphenated compounds and identifiers are one word each: "over-mix" must not become "-mix".
const word = /[\p{L}\p{M}\p{N}_]+(?:['’-][\p{L}\p{M}\p{N}_]+)*/gu;

/**
 * Drops English stop words, in any case; other words keep theirs. Contractions whose first part is a stop word
 * ("it's", "you'll") go too, negations ("don't", "couldn't") stay: they turn a meaning round.
 */
export function removeStopWords(text: string): string {
  const kept = text.replace(word, (found) => (isStopWord(found.toLowerCase()) ? '' : found));
  // What the dropped words leave behind: spaces before punctuation. Runs are single spaces by then, so no backtracking.
  return collapseSpaces(kept).replace(/ (?=[.,;:!?)\]}])/gu, '');
}

function isStopWord(found: string): boolean {
  const [stem = '', suffix] = found.split(/['’]/u);
  return stopWords.has(stem) && suffix !== 't';
}
