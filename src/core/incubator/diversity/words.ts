// Words with their inner apostrophes, numbers, and single signs: what a generator repeats shows in each.
const wordPattern = /[\p{L}\p{M}\p{N}_]+(?:['’][\p{L}\p{M}]+)*|[^\s\p{L}\p{M}\p{N}_]/gu;

/** Lower-cased words and punctuation marks of a text. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(wordPattern) ?? [];
}
