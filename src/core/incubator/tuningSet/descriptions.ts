import { hashAll } from '../../../base/random.ts';

/** Ways of asking for a classifier, as people write them; `{kind}` says what the texts are, `{classes}` names the classes in quotes. */
export const descriptionTemplates: readonly string[] = [
  'Build a classifier that can categorize {kind} by {classes}.',
  'I need a model that sorts {kind} into {classes}.',
  'Tell {kind} apart: {classes}.',
  'Make a classifier for {kind} with the classes {classes}.',
  'Which of {classes} does each of these {kind} belong to?',
  'Please train something that labels {kind} as {classes}.',
];

/** Classes in quotes, joined as in a sentence; all in the first kind of quotes that stands in none of them. */
function quotedClasses(labels: readonly string[]): string {
  const has = (mark: string) => labels.some((label) => label.includes(mark));
  const [open, close] = !has("'") ? ["'", "'"] : !has('"') ? ['"', '"'] : ['“', '”'];
  const quoted = labels.map((label) => `${open}${label}${close}`);
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}

/** A description in the words of the `at`-th template; `kind` is a plural, e.g. `customer questions`. */
export function describe(labels: readonly string[], kind: string, at: number): string {
  const template = descriptionTemplates[at % descriptionTemplates.length] ?? '';
  // Functions, because names may hold `$&`.
  return template.replace('{kind}', () => kind).replace('{classes}', () => quotedClasses(labels));
}

/** Other wordings of one task, none of them the instruction itself: what robustness is asked with. Seeded. */
export function paraphrases(
  instruction: string,
  labels: readonly string[],
  kind: string,
  count: number,
  seed: number,
): readonly string[] {
  const own = instruction.trim().toLowerCase();
  const all = descriptionTemplates
    .map((_, at) => describe(labels, kind, at))
    .filter((text) => text.toLowerCase() !== own);
  return all
    .map((text, at) => ({ text, key: hashAll(seed, at) }))
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ text }) => text);
}
