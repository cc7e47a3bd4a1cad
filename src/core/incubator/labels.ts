import { IncubatorError } from './errors.ts';

/** What an instruction says its classes are, and how that was seen. */
export interface ParsedLabels {
  readonly labels: readonly string[];
  readonly how: 'quotes' | 'list' | 'whether' | 'none';
}

/** Classes are named early; what stands behind is material. */
const readChars = 4000;

const quotePairs = [
  ['“', '”'],
  ['"', '"'],
  ['«', '»'],
  ['‘', '’'],
  ["'", "'"],
  ['`', '`'],
] as const;

/**
 * Reads the classes out of an instruction: what stands in quotes; else `by a, b and c` (also after a colon, `into`, `as`, `labels`,
 * `classes`, `between`); else `whether a or b`. Two classes at least, or none.
 */
export function parseLabels(instruction: string): ParsedLabels {
  const text = instruction.slice(0, readChars).replaceAll(/\s+/gu, ' ').trim();
  const quoted = unique(inQuotes(text));
  if (quoted.length >= 2) return { labels: quoted, how: 'quotes' };
  const whether = /\bwhether (?:or not )?(.+?)[.?!]?$/iu.exec(text)?.[1];
  if (whether) {
    const options = unique(split(whether, /,? or |, /iu).map(withoutSubject));
    if (options.length >= 2) return { labels: options, how: 'whether' };
  }
  for (const lead of leads) {
    const rest = lead.exec(text)?.[1];
    if (rest === undefined) continue;
    const options = unique(split(rest, /,? (?:and|or|vs\.?|versus) |, ?|; ?| \/ /iu));
    if (options.length >= 2) return { labels: options, how: 'list' };
  }
  return { labels: [], how: 'none' };
}

const leads = [
  /(?:labels?|classes|categories|class names?)(?: are| is|:| of)? ?:? (.+?)[.?!]?$/iu,
  /:\s*(.+?)[.?!]?$/u,
  /\b(?:into|between|among)(?: either| both)? (.+?)[.?!]?$/iu,
  /\b(?:as|by)(?: either| being)? (.+?)[.?!]?$/iu,
  /\bis (.+?)[.?!]?$/iu,
];

/** An apostrophe inside a word opens and closes nothing. */
function inQuotes(text: string): string[] {
  for (const [open, close] of quotePairs) {
    const [o, c] = [escape(open), escape(close)];
    const pattern = new RegExp(
      `(?<![\\p{L}\\p{N}])${o}((?:(?!${c}(?![\\p{L}\\p{N}])).)+)${c}(?![\\p{L}\\p{N}])`,
      'gu',
    );
    const found = [...text.matchAll(pattern)].map((match) => tidy(match[1] ?? ''));
    if (found.length >= 2) return found;
  }
  return [];
}

const escape = (mark: string) => mark.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`);

function split(text: string, by: RegExp): string[] {
  const parts = text.split(by).map(tidy);
  // A clause is no class: long parts mean that the commas separate something else.
  return parts.length >= 2 && parts.every((part) => part !== '' && part.split(' ').length <= 8) ? parts : [];
}

/** `a review is positive` -> `positive`; what follows the verb of the first option tells it from the others. */
const withoutSubject = (option: string, at: number) =>
  at === 0
    ? option.replace(/^.*?\b(?:is|are|was|were|expresses|describes|belongs to|talks about)\b ?/iu, '')
    : option;

const tidy = (text: string) =>
  text.replaceAll(/^[\s,;:–-]+|[\s,;:.]+$/gu, '').replace(/^(?:and|or|either) /iu, '');

function unique(labels: readonly string[]): string[] {
  const seen = new Set<string>();
  return labels.filter((label) => {
    const key = label.toLowerCase();
    if (label === '' || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const maxLabels = 64;
const maxLabelChars = 200;

/** Labels as they may be asked for. Throws `labels-too-few`, `labels-invalid`. */
export function checkLabels(labels: readonly string[]): readonly string[] {
  if (labels.length < 2)
    throw new IncubatorError(
      'labels-too-few',
      `A classifier tells classes apart: ${labels.length === 0 ? 'none is' : 'only one is'} named.`,
      'Write the classes in quotes in the instruction, or add them to the list below it.',
      { labels: [...labels] },
    );
  const bad =
    labels.find((label) => label.trim() === '' || label.length > maxLabelChars) ??
    labels.find((label, at) => labels.indexOf(label) < at);
  if (bad !== undefined || labels.length > maxLabels)
    throw new IncubatorError(
      'labels-invalid',
      bad === undefined
        ? `${labels.length} classes are too many.`
        : `“${bad.slice(0, 60)}” cannot be a class.`,
      `Give 2 to ${maxLabels} different names of 1 to ${maxLabelChars} characters.`,
      { labels: [...labels] },
    );
  return labels;
}
