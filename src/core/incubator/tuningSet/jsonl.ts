import { asObject } from '../pasted.ts';
import { contentId, TuningSetError, type PairOrigin, type TuningPair } from './types.ts';

const origins: readonly PairOrigin[] = ['library', 'corpus', 'generated', 'file', 'augmented'];

/** One pair a line: `{"description", "samples": [{class: text}], "origin", "source"}`; keys of a sample stand in the order of the classes. */
export function pairsToJsonl(pairs: readonly TuningPair[]): string {
  return pairs
    .map(({ description, labels, samples, origin, source }) => {
      const dictionaries = samples.map((texts) => asObject(labels, texts));
      return `${JSON.stringify({ description, labels, samples: dictionaries, origin, source })}\n`;
    })
    .join('');
}

export interface ReadPairs {
  readonly pairs: readonly TuningPair[];
  /** Lines that hold no pair, 1-based, with what is wrong with each. */
  readonly skipped: readonly { readonly line: number; readonly reason: string }[];
}

/** Whether a text is a file of pairs, by its first line. */
export function looksLikePairs(text: string): boolean {
  const line = text.replace(/^\uFEFF/u, '').split(/\r?\n/u, 1)[0] ?? '';
  return /"description"\s*:/u.test(line) && /"samples"\s*:/u.test(line);
}

/** Reads what `pairsToJsonl` writes, and files of the same form made elsewhere. Throws `pairs-unreadable` where no line holds a pair. */
export function readPairsJsonl(text: string, source: string): ReadPairs {
  const pairs: TuningPair[] = [];
  const skipped: { line: number; reason: string }[] = [];
  const lines = text.replace(/^\uFEFF/u, '').split(/\r\n|\r|\n/u);
  lines.forEach((line, at) => {
    if (line.trim() === '') return;
    const pair = readPair(line, source);
    if (typeof pair === 'string') skipped.push({ line: at + 1, reason: pair });
    else pairs.push(pair);
  });
  if (pairs.length === 0)
    throw new TuningSetError(
      'pairs-unreadable',
      `${source} holds no pair${skipped[0] ? `: line ${skipped[0].line}, ${skipped[0].reason}` : ''}.`,
      'One JSON object a line, with "description" and "samples": a list of objects with one text of every class.',
      { lines: skipped.length },
    );
  return { pairs, skipped };
}

function readPair(line: string, file: string): TuningPair | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no object';
  const { description, samples, labels: named, origin, source } = value as Readonly<Record<string, unknown>>;
  if (typeof description !== 'string' || description.trim() === '') return 'no description';
  if (!Array.isArray(samples) || samples.length === 0) return 'no samples';
  const objects = (samples as unknown[]).filter(
    (one): one is Readonly<Record<string, unknown>> =>
      typeof one === 'object' && one !== null && !Array.isArray(one),
  );
  // Keys that look like numbers lose their place in an object: a list of labels keeps it.
  const given = Array.isArray(named) && named.every((one) => typeof one === 'string') ? named : null;
  const labels: readonly string[] = given ?? Object.keys(objects[0] ?? {});
  if (labels.length < 2) return 'fewer than two classes';
  const texts: string[][] = [];
  for (const object of objects) {
    const own = labels.map((label) => object[label]);
    if (Object.keys(object).length !== labels.length) return 'samples of other classes';
    if (!own.every((text): text is string => typeof text === 'string' && text.trim() !== ''))
      return 'a class without a text';
    texts.push(own);
  }
  if (texts.length < samples.length) return 'a sample that is no object';
  return {
    id: `file:${contentId(description, ...labels, ...(texts[0] ?? []))}`,
    origin: origins.find((one) => one === origin) ?? 'file',
    source: typeof source === 'string' && source !== '' ? source : file,
    description: description.trim(),
    labels,
    samples: texts,
  };
}
