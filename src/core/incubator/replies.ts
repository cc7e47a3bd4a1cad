import { findObjects, type FoundFailure, type FoundObject } from './jsonObjects.ts';
import type { GeneratedSet } from './types.ts';

// Replies become a generated set as in Incubator: the objects of the replies, the most frequent key list for labels, only objects
// with exactly these keys. What falls is counted with its reason and its text.

/** What a generator said, and how it came to an end. */
export interface Reply {
  readonly text: string;
  /** `length`: it ran into its limit. `stopped`: the user cut it off. `failed`: an error cut it off. */
  readonly finish: 'end' | 'length' | 'stopped' | 'failed';
}

export const dropReasons = {
  'no-object': 'no object in the reply',
  'not-json': 'not JSON',
  truncated: 'cut off',
  'wrong-keys': 'other keys',
  missing: 'a class is missing',
  'not-text': 'a value is no text',
  'empty-text': 'an empty text',
  'too-long': 'a text is too long',
  'same-text': 'one text for two classes',
  duplicate: 'said before',
  'near-duplicate': 'nearly said before',
} as const;
export type DropReason = keyof typeof dropReasons;

export interface Drop {
  readonly reply: number;
  /** Ordinal of the object over all replies; null where there was none. */
  readonly object: number | null;
  readonly reason: DropReason;
  /** What was dropped, shortened. */
  readonly text: string;
}

export interface Kept {
  readonly reply: number;
  /** Ordinal of the object over all replies: stands for it for good, because replies are only ever added. */
  readonly object: number;
  /** In the order of the labels. */
  readonly texts: readonly string[];
}

export interface Collected {
  readonly labels: readonly string[];
  /** True where the replies decided them. */
  readonly areLabelsVoted: boolean;
  readonly kept: readonly Kept[];
  readonly drops: readonly Drop[];
  readonly counts: Readonly<Partial<Record<DropReason, number>>>;
  readonly objects: number;
  /** Keys that were set aside, with how often: the rule is visible. */
  readonly setAside: ReadonlyMap<string, number>;
}

export interface CollectOptions {
  /** Null: the most frequent ordered key list of the replies. */
  readonly labels: readonly string[] | null;
  /** Keys that are notes, not classes. */
  readonly isSetAside?: (key: string) => boolean;
  /** The same by name: keys that a user took out of the classes. */
  readonly setAsideKeys?: readonly string[];
  readonly maxTextChars?: number;
  readonly dropNearDuplicates?: boolean;
}

/** CoTAM keeps the trace of each text under `label (response)`. */
export const isTraceKey = (key: string): boolean => /\(response\)\s*$/u.test(key);

const excerptChars = 240;
const excerpt = (text: string) => (text.length > excerptChars ? `${text.slice(0, excerptChars)}…` : text);

/** Parsed once: what a set comes to is worked out again whenever labels change or replies are added. */
const parsed = new WeakMap<Reply, ReturnType<typeof findObjects>>();

function objectsOf(reply: Reply) {
  const known = parsed.get(reply) ?? findObjects(reply.text);
  parsed.set(reply, known);
  return known;
}

/** What an object is under these labels: why it falls, or its texts with what tells it from others. */
type Reading =
  | DropReason
  | { readonly texts: readonly string[]; readonly exact: string; readonly near: string };

/** Read once for the labels in force: thousands of objects are gone through again with every reply that comes. */
const readings = new WeakMap<FoundObject, { readonly rule: string; readonly reading: Reading }>();

function readingOf(object: FoundObject, rule: string, read: () => readonly string[] | DropReason): Reading {
  const known = readings.get(object);
  if (known?.rule === rule) return known.reading;
  const texts = read();
  const reading =
    typeof texts === 'string'
      ? texts
      : { texts, exact: JSON.stringify(texts), near: JSON.stringify(texts.map(normalised)) };
  readings.set(object, { rule, reading });
  return reading;
}

/** Reads replies into objects with one text of every class. Linear in their text. */
export function collect(replies: readonly Reply[], options: CollectOptions): Collected {
  const { setAsideKeys = [], maxTextChars = 8000, dropNearDuplicates = true } = options;
  const isSetAside = (key: string) => setAsideKeys.includes(key) || options.isSetAside?.(key) === true;
  const setAside = new Map<string, number>();
  const classes = ({ entries }: FoundObject) => entries.filter(([key]) => !isSetAside(key));
  const labels = (options.labels ?? votedLabels(replies, classes)).filter((label) => !isSetAside(label));
  const wanted = new Set(labels);
  const rule = JSON.stringify([labels, maxTextChars, setAsideKeys, options.isSetAside === undefined]);

  const kept: Kept[] = [];
  const drops: Drop[] = [];
  const counts: Partial<Record<DropReason, number>> = {};
  const exact = new Set<string>();
  const near = new Set<string>();
  let objects = 0;

  const drop = (reply: number, object: number | null, reason: DropReason, text: string) => {
    counts[reason] = (counts[reason] ?? 0) + 1;
    drops.push({ reply, object, reason, text: excerpt(text) });
  };

  replies.forEach((reply, at) => {
    const found = objectsOf(reply);
    for (const object of found.objects) {
      const ordinal = objects++;
      const whole = () => reply.text.slice(object.start, object.end);
      for (const [key] of object.entries)
        if (isSetAside(key)) setAside.set(key, (setAside.get(key) ?? 0) + 1);
      const reading = readingOf(object, rule, () => textsOf(classes(object), labels, wanted, maxTextChars));
      if (typeof reading === 'string') {
        drop(at, ordinal, reading, whole());
        continue;
      }
      if (exact.has(reading.exact)) drop(at, ordinal, 'duplicate', whole());
      else if (dropNearDuplicates && near.has(reading.near)) drop(at, ordinal, 'near-duplicate', whole());
      else kept.push({ reply: at, object: ordinal, texts: reading.texts });
      exact.add(reading.exact);
      near.add(reading.near);
    }
    for (const failure of found.failures)
      drop(at, null, failureReason(failure, reply), reply.text.slice(failure.start, failure.end));
    if (found.objects.length === 0 && found.failures.length === 0) {
      const cut = reply.finish === 'stopped' && reply.text.trim() === '';
      if (!cut) drop(at, null, reply.finish === 'length' ? 'truncated' : 'no-object', reply.text);
    }
  });
  return {
    labels,
    areLabelsVoted: options.labels === null,
    kept,
    drops,
    counts,
    objects,
    setAside,
  };
}

/** As handed to whoever trains on it. */
export function generatedSet(instruction: string, { labels, kept }: Collected): GeneratedSet {
  return { instruction, labels, samples: kept.map(({ texts }) => texts) };
}

/** What two texts that only differ in case, marks, numbers and word order have in common. */
export function normalised(text: string): string {
  // What is made of numbers alone differs by its numbers.
  const number = /\p{L}/u.test(text) ? '0' : null;
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .match(/\p{L}+|\p{N}+/gu) ?? [text];
  return words
    .map((word) => (number !== null && /^\p{N}/u.test(word) ? number : word))
    .sort()
    .join(' ');
}

/** An object that ends too early is cut off only where the reply is: a brace too few in a finished reply is no JSON. */
const failureReason = ({ reason }: FoundFailure, { finish }: Reply): DropReason =>
  reason === 'truncated' && finish === 'end' ? 'not-json' : reason;

function textsOf(
  entries: FoundObject['entries'],
  labels: readonly string[],
  wanted: ReadonlySet<string>,
  maxTextChars: number,
): readonly string[] | DropReason {
  const values = new Map(entries);
  const known = entries.filter(([key]) => wanted.has(key)).length;
  if (known < entries.length || labels.length === 0) return 'wrong-keys';
  if (known < labels.length) return known === 0 ? 'wrong-keys' : 'missing';
  const texts: string[] = [];
  for (const label of labels) {
    const value = values.get(label);
    if (typeof value !== 'string') return 'not-text';
    const text = value.trim();
    if (text === '') return 'empty-text';
    if (text.length > maxTextChars) return 'too-long';
    texts.push(text);
  }
  return new Set(texts).size < texts.length ? 'same-text' : texts;
}

/** The most frequent ordered key list; the first met where two are equally frequent. Objects of one key tell nothing apart. */
function votedLabels(
  replies: readonly Reply[],
  classes: (object: FoundObject) => FoundObject['entries'],
): readonly string[] {
  const votes = new Map<string, { readonly keys: readonly string[]; count: number }>();
  for (const reply of replies)
    for (const object of objectsOf(reply).objects) {
      const keys = classes(object).map(([key]) => key);
      if (keys.length < 2) continue;
      const id = JSON.stringify(keys);
      const vote = votes.get(id) ?? { keys, count: 0 };
      vote.count++;
      votes.set(id, vote);
    }
  let best: { readonly keys: readonly string[]; count: number } | null = null;
  for (const vote of votes.values()) if (!best || vote.count > best.count) best = vote;
  return best?.keys ?? [];
}
