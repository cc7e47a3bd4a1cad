import type { Random } from '../../../base/random.ts';
import { VerbenaError } from '../../../base/errors.ts';
import { categoryKey, parseCategories } from '../../verbNoun/category.ts';

export class TripletError extends VerbenaError<'triplets-one-category'> {}

/** A training example of PIE's contrastive tuning: rows of the training set. */
export interface Triplet {
  readonly anchor: number;
  /** Another row of the same category; the anchor itself where it is alone. */
  readonly positive: number;
  /** A row of another category that shares verb or noun, where there is one. */
  readonly negative: number;
  /** Where the negative comes from: the anchor's own pair, the positive's, or any other category. */
  readonly source: 'anchor' | 'positive' | 'random';
}

/** Draws the triplet of an anchor row. */
export type TripletMiner = (anchor: number, random: Random) => Triplet;

export interface MinerRow {
  /** `verb|noun` as extracted or labelled; one of the category's merged pairs. */
  readonly pair: string;
  /** The category: merged pairs joined by `##`. */
  readonly category: string;
}

/**
 * Indexes rows by category and pair. Fallbacks in upstream's order: pairs that share the anchor's verb or noun in another category, all
 * equally likely; else those of the positive, and the two change places; else any row of any other category, categories equally
 * likely. Throws `triplets-one-category` where there is only one.
 */
export function tripletMiner(rows: readonly MinerRow[]): TripletMiner {
  const byCategory = grouped(rows, ({ category }) => category);
  const byPair = grouped(rows, ({ pair }) => pair);
  const categories = [...byCategory.keys()];
  if (categories.length < 2)
    throw new TripletError(
      'triplets-one-category',
      'All rows have one category: nothing is a negative.',
      'Add rows of other tasks, or correct the categories.',
      { categories: categories.length },
    );
  const hardPairs = hardPairsOf(categories, byPair, rows);
  const draw = <T>(values: readonly T[], random: Random): T => values[random.integer(values.length)] as T;

  return (anchor, random) => {
    const { pair, category } = rows[anchor] as MinerRow;
    const positive = otherThan(byCategory.get(category) ?? [anchor], anchor, random);
    const ofAnchor = hardPairs.get(pair) ?? [];
    if (ofAnchor.length > 0) {
      const negative = draw(byPair.get(draw(ofAnchor, random)) ?? [], random);
      return { anchor, positive, negative, source: 'anchor' };
    }
    const ofPositive = hardPairs.get(rows[positive]?.pair ?? '') ?? [];
    if (ofPositive.length > 0) {
      const negative = draw(byPair.get(draw(ofPositive, random)) ?? [], random);
      return { anchor: positive, positive: anchor, negative, source: 'positive' };
    }
    let other = category;
    while (other === category) other = draw(categories, random);
    return { anchor, positive, negative: draw(byCategory.get(other) ?? [], random), source: 'random' };
  };
}

/** For each pair, the pairs of other categories that share its verb or its noun, and that rows have. */
function hardPairsOf(
  categories: readonly string[],
  byPair: ReadonlyMap<string, readonly number[]>,
  rows: readonly MinerRow[],
): Map<string, string[]> {
  const categoryOf = new Map<string, string>();
  for (const category of categories)
    for (const part of parseCategories(category)) categoryOf.set(categoryKey(part), category);
  for (const [pair, [first]] of byPair) categoryOf.set(pair, rows[first ?? 0]?.category ?? pair);
  const byVerb = grouped([...byPair.keys()], (pair) => pair.split('|')[0] ?? '');
  const byNoun = grouped([...byPair.keys()], (pair) => pair.split('|')[1] ?? '');
  const pairs = [...byPair.keys()];
  const at = (positions: readonly number[] | undefined) => (positions ?? []).map((i) => pairs[i] as string);
  return new Map(
    pairs.map((pair) => {
      const [verb = '', noun = ''] = pair.split('|');
      const sharing = [...at(byVerb.get(verb)), ...at(byNoun.get(noun))];
      return [pair, sharing.filter((other) => categoryOf.get(other) !== categoryOf.get(pair))];
    }),
  );
}

function otherThan(rows: readonly number[], row: number, random: Random): number {
  if (rows.length < 2) return row;
  const at = random.integer(rows.length - 1);
  const found = rows[at] as number;
  // The last one takes the place of the row itself: all others stay equally likely.
  return found === row ? (rows[rows.length - 1] as number) : found;
}

function grouped<T>(values: readonly T[], key: (value: T) => string): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  values.forEach((value, i) => {
    const group = groups.get(key(value));
    if (group) group.push(i);
    else groups.set(key(value), [i]);
  });
  return groups;
}
