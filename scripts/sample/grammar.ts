import type { Random } from '../../src/base/random.ts';

/** Named word lists that a template may refer to as `$name`. */
export type Slots = Readonly<Record<string, readonly string[]>>;

/** One leaf label of the sample and everything that its articles are written from. */
export interface Topic {
  readonly label: string;
  /** Labels between this one and its area, nearest first. */
  readonly parents: readonly string[];
  /** Rows to write with this topic as their first label. */
  readonly rows: number;
  /** Labels of topics that an article may also carry. */
  readonly also: readonly string[];
  readonly titles: readonly string[];
  /** What an article may be about; `$it` in its templates. */
  readonly subjects: readonly string[];
  readonly methods: readonly string[];
  readonly steps: readonly string[];
  readonly details: readonly string[];
}

/** A top-level label with the steps that any of its topics may contain. */
export interface Area {
  readonly label: string;
  readonly topics: readonly Topic[];
  readonly steps: readonly string[];
  readonly details: readonly string[];
}

/** Splits a block into trimmed, non-empty lines, so that vocabularies read as text. */
export function lines(block: string): readonly string[] {
  return block
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.length > 0);
}

/** Splits a comma-separated list. */
export function list(block: string): readonly string[] {
  return block
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item.length > 0);
}

export function pick<T>(stream: Random, items: readonly T[]): T {
  const item = items[stream.integer(items.length)];
  if (item === undefined) throw new RangeError('Nothing to pick from.');
  return item;
}

/**
 * Expands one template: `{a|b|}` picks an alternative (they nest), `$name` a word of a slot.
 * Throws where a slot is unknown or a brace is left open: a typo in the vocabulary must not reach the corpus.
 */
export function expand(template: string, slots: Slots, stream: Random): string {
  let out = '';
  let at = 0;
  while (at < template.length) {
    const char = template.charAt(at);
    if (char === '{') {
      const { options, end } = alternatives(template, at);
      out += expand(pick(stream, options), slots, stream);
      at = end;
    } else if (char === '$' && /[a-z]/.test(template.charAt(at + 1))) {
      const name = /^[a-z]+/.exec(template.slice(at + 1))?.[0] ?? '';
      const words = slots[name];
      if (!words) throw new RangeError(`Unknown slot $${name} in: ${template}`);
      out += expand(pick(stream, words), slots, stream);
      at += 1 + name.length;
    } else {
      out += char;
      at++;
    }
  }
  return out;
}

function alternatives(template: string, open: number): { options: string[]; end: number } {
  const options: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < template.length; at++) {
    const char = template.charAt(at);
    if (char === '{') depth++;
    if (char === '|' && depth === 1) {
      options.push(template.slice(from, at));
      from = at + 1;
    }
    if (char === '}' && --depth === 0) {
      options.push(template.slice(from, at));
      return { options, end: at + 1 };
    }
  }
  throw new RangeError(`Unclosed brace in: ${template}`);
}

/** Collapses spaces, mends `a`/`an`, and gives the sentence its capital and its full stop. */
export function sentence(words: string): string {
  const text = words
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ([,.;:!?])/g, '$1')
    .replaceAll(/\b([Aa])n (?![aeiou]|hour|honest|heir)/gi, '$1 ')
    .replaceAll(/\b([Aa])n (?=one\b|once\b|uni|use|eu)/gi, '$1 ')
    .replaceAll(/\b([Aa]) (?=[aeio](?!ne\b|nce\b|u)|u(?!ni|se|t)|hour|honest|heir)/gi, '$1n ')
    .trim();
  const whole = /[.!?]$/.test(text) ? text : `${text}.`;
  return whole.charAt(0).toUpperCase() + whole.slice(1);
}
