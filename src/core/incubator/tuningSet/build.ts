import { random } from '../../../base/random.ts';
import { taskLibrary } from '../library/index.ts';
import type { LibraryExample } from '../types.ts';
import { normalised } from '../replies.ts';
import type { GeneratedSet } from '../types.ts';
import { describe, descriptionTemplates } from './descriptions.ts';
import { contentId, TuningSetError, type PairOrigin, type TuningPair } from './types.ts';

/** Bounds that every source keeps. */
export interface PairOptions {
  /** Dictionaries of a pair at most. */
  readonly dictionaries: number;
  /** Longer texts are left out: a reply has to fit the model's context. */
  readonly maxTextChars: number;
  readonly seed: number;
}

/** Rows with one label or several each, from the open data or a file. */
export interface LabelledRows {
  readonly name: string;
  readonly texts: readonly string[];
  /** Null: no label. Rows of several labels are left out, because a dictionary's texts tell classes apart. */
  readonly labels: readonly (string | null)[];
}

export interface RowPairOptions extends PairOptions {
  /** Pairs at most. */
  readonly pairs: number;
  /** Classes of a pair at most; a data set with more gives several pairs of different classes. */
  readonly classes: number;
  /** What the texts are, in the plural: `customer questions`. */
  readonly kind: string;
}

/** The committed library, each task with its dictionaries. */
export function pairsFromLibrary(
  options: PairOptions,
  library: readonly LibraryExample[] = taskLibrary,
): readonly TuningPair[] {
  return library.flatMap((example) => pairOf(example, 'library', 'library', options) ?? []);
}

/** One pair of a generated set: its own instruction, and dictionaries drawn by the seed. Null where no object fits. */
export function pairFromSet(set: GeneratedSet, source: string, options: PairOptions): TuningPair | null {
  const { instruction, labels, samples } = set;
  const order = random(options.seed, 0x5e7).shuffle([...samples]);
  return pairOf({ description: instruction.trim(), labels, samples: order }, 'generated', source, options);
}

function pairOf(
  { description, labels, samples }: LibraryExample,
  origin: PairOrigin,
  source: string,
  { dictionaries, maxTextChars }: PairOptions,
): TuningPair | null {
  const kept = samples
    .filter((texts) => texts.length === labels.length && texts.every((text) => isUsable(text, maxTextChars)))
    .slice(0, dictionaries);
  if (kept.length === 0 || description === '' || labels.length < 2) return null;
  const id = `${origin}:${contentId(description, ...labels)}`;
  return { id, origin, source, description, labels, samples: kept };
}

const isUsable = (text: string, maxTextChars: number) => text.trim() !== '' && text.length <= maxTextChars;

/**
 * Pairs out of labelled rows. Each draws classes that stood in the fewest pairs so far, so that all labels come up about equally often, and
 * a text of each class for every dictionary; a text comes up again only where its class has no other left. Seeded, at most
 * `pairs × dictionaries × classes` texts. Throws `rows-too-few` where fewer than two labels have a usable text.
 */
export function pairsFromRows(
  rows: LabelledRows,
  origin: 'corpus' | 'file',
  options: RowPairOptions,
): readonly TuningPair[] {
  const pools = poolsOf(rows, options.maxTextChars);
  const names = [...pools.keys()].sort();
  if (names.length < 2)
    throw new TuningSetError(
      'rows-too-few',
      `${rows.name}: ${names.length === 0 ? 'no label has' : 'only one label has'} a text of at most ${options.maxTextChars} characters that is its alone.`,
      'Use data with two labels or more, one a row, or allow longer texts.',
      { rows: rows.texts.length },
    );
  const rng = random(options.seed, 0x9a1);
  const used = new Map(names.map((name) => [name, 0]));
  const taken = new Map<string, number>();
  const seen = new Set<string>();
  const pairs: TuningPair[] = [];
  for (const name of names) rng.shuffle(pools.get(name) ?? []);
  const next = (name: string): string => {
    const pool = pools.get(name) ?? [];
    const at = taken.get(name) ?? 0;
    taken.set(name, at + 1);
    return pool[at % pool.length] ?? '';
  };
  for (let draw = 0; draw < options.pairs; draw++) {
    const labels = chooseLabels(names, used, options.classes, rng);
    // As many dictionaries as the smallest class has texts: a text said twice in one pair would teach to repeat.
    const fitting = Math.min(...labels.map((name) => pools.get(name)?.length ?? 0), options.dictionaries);
    const samples = Array.from({ length: fitting }, () => labels.map(next));
    // The same classes may be drawn again: then in other words.
    const description = descriptionTemplates
      .map((_, more) => describe(labels, options.kind, draw + more))
      .find((text) => !seen.has(text));
    if (description === undefined) continue;
    seen.add(description);
    const id = `${origin}:${contentId(rows.name, description)}`;
    pairs.push({ id, origin, source: rows.name, description, labels, samples });
  }
  return pairs;
}

/** Usable texts by label; a text that several labels claim belongs to none. */
function poolsOf({ texts, labels }: LabelledRows, maxTextChars: number): Map<string, string[]> {
  const owner = new Map<string, string | null>();
  texts.forEach((text, row) => {
    const label = labels[row] ?? null;
    if (label === null || label.includes('##') || !isUsable(text, maxTextChars)) return;
    const key = normalised(text);
    const before = owner.get(key);
    owner.set(key, before === undefined || before === label ? label : null);
  });
  const pools = new Map<string, string[]>();
  const said = new Set<string>();
  texts.forEach((text, row) => {
    const label = labels[row] ?? null;
    const key = normalised(text);
    if (label === null || owner.get(key) !== label || said.has(key)) return;
    if (!isUsable(text, maxTextChars)) return;
    said.add(key);
    pools.set(label, [...(pools.get(label) ?? []), text.trim()]);
  });
  return pools;
}

function chooseLabels(
  names: readonly string[],
  used: Map<string, number>,
  classes: number,
  rng: ReturnType<typeof random>,
): readonly string[] {
  const most = Math.min(classes, names.length);
  const count = most <= 2 ? most : 2 + rng.integer(most - 1);
  const keyed = names.map((name) => ({ name, uses: used.get(name) ?? 0, key: rng.next() }));
  const chosen = keyed.sort((a, b) => a.uses - b.uses || a.key - b.key).slice(0, count);
  for (const { name, uses } of chosen) used.set(name, uses + 1);
  return chosen.map(({ name }) => name);
}
