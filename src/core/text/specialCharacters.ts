// Letters, marks and digits of every script; an apostrophe inside a word belongs to it ("don't" is not "don t"), as do the
// zero-width joiners that Indic and Persian spelling needs between two letters.
const apostrophe = /(?<=\p{L})['’ʼ＇](?=\p{L})/gu;
const special = /(?!(?<=[\p{L}\p{M}])[\u200c\u200d](?=\p{L}))[^\p{L}\p{M}\p{N}\s']|'(?!\p{L})|(?<!\p{L})'/gu;

/**
 * Replaces everything that is not a letter, a digit or white space by a space, then collapses runs of spaces; line ends stay.
 * Emoji, punctuation, symbols, underscores and control characters go; hyphenated words come apart.
 */
export function removeSpecialCharacters(text: string): string {
  return collapseSpaces(text.replace(apostrophe, "'").replace(special, ' '));
}

/** One space between words, none at the ends of a line, no empty lines. */
export function collapseSpaces(text: string): string {
  return text
    .replace(/[^\S\n]+/gu, ' ')
    .replace(/ ?(?:\n ?)+/gu, '\n')
    .trim();
}
