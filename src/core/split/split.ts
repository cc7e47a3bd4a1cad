import { TextHash } from '../corpus/textHash.ts';
import { SplitError, stratify, type MultiLabelRows } from './stratify.ts';

/** Shares of the three parts; normalised to sum to 1. The paper trains on 80 and tests on 20 percent. */
export interface SplitFractions {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

export type SplitPart = keyof SplitFractions;

export const splitParts = ['train', 'validation', 'test'] as const satisfies readonly SplitPart[];

/** Row positions of each part, ascending: the trainer's `SplitRows`. */
export type Split = Readonly<Record<SplitPart, Uint32Array>>;

export interface SplitOptions {
  readonly fractions: SplitFractions;
  readonly seed: number;
  /** Group id of each row (see `duplicateGroups`): rows of one group stay in one part. Null: every row for itself. */
  readonly groups?: Uint32Array | null;
  /** The test part is one of k stratified folds, in place of a share: over all of them every row is tested once. */
  readonly fold?: Fold | undefined;
}

/** Fold `index` (from 0) of `of`. */
export interface Fold {
  readonly index: number;
  readonly of: number;
}

/**
 * Seeded multi-label stratified split of row positions. Throws `split-fractions-invalid`, `split-groups-mismatch`,
 * `split-too-few-rows` (a part with a share above zero would be empty).
 */
export function splitRows(rows: MultiLabelRows, options: SplitOptions): Split {
  const { fractions, seed, groups = null } = options;
  if (options.fold) return foldSplit(rows, options.fold, options);
  const shares = splitParts.map((part) => fractions[part]);
  const [train, validation, test] = gatherParts(stratify(rows, shares, seed, groups), splitParts.length);
  const split = { train, validation, test } as Split;
  const empty = splitParts.filter((part) => fractions[part] > 0 && split[part].length === 0);
  if (empty.length > 0)
    throw new SplitError(
      'split-too-few-rows',
      `${rows.targetOffsets.length - 1} rows are too few: ${empty.join(' and ')} would be empty.`,
      'Lower the label threshold, add data, or set that share to 0.',
      { empty },
    );
  return split;
}

/** Seeded stratified folds for cross-validation: the rows held out in each of `k` folds. Throws `split-too-few-rows`. */
export function foldRows(
  rows: MultiLabelRows,
  k: number,
  seed: number,
  groups: Uint32Array | null = null,
): Uint32Array[] {
  const parts = gatherParts(
    stratify(
      rows,
      Array.from({ length: k }, () => 1),
      seed,
      groups,
    ),
    k,
  );
  if (parts.some((part) => part.length === 0))
    throw new SplitError(
      'split-too-few-rows',
      `${rows.targetOffsets.length - 1} rows are too few for ${k} folds.`,
      'Use fewer folds or more data.',
    );
  return parts;
}

/** Shares of a fold's split: the test part is 1 / k, validation keeps its share as far as that leaves rows to train on. */
export function foldFractions(
  { validation }: Pick<SplitFractions, 'validation'>,
  { of }: Fold,
): SplitFractions {
  const test = 1 / of;
  const held = Math.min(validation, 0.9 * (1 - test));
  return { train: 1 - test - held, validation: held, test };
}

/** One fold held out as the test part; the rest dealt to training and validation, stratified, copies together. */
function foldSplit(
  rows: MultiLabelRows,
  fold: Fold,
  { fractions, seed, groups = null }: SplitOptions,
): Split {
  const { index, of } = fold;
  if (!(Number.isInteger(of) && of >= 2 && Number.isInteger(index) && index >= 0 && index < of))
    throw new SplitError(
      'split-fractions-invalid',
      `There is no fold ${index + 1} of ${of}.`,
      'Use two folds or more, and a number among them.',
    );
  const test = foldRows(rows, of, seed, groups)[index] as Uint32Array;
  const tested = new Set(test);
  const rest = Uint32Array.from({ length: rows.targetOffsets.length - 1 }, (_, row) => row).filter(
    (row) => !tested.has(row),
  );
  const shares = foldFractions(fractions, fold);
  const dealt = splitRows(pickRows(rows, rest), {
    fractions: { train: shares.train, validation: shares.validation, test: 0 },
    // Not the seed of the folds: the same draws would deal the same way twice.
    seed: (seed + 0x9e3779b9 + index) >>> 0,
    groups: groups && rest.map((row) => groups[row] as number),
  });
  const positions = (part: Uint32Array) => part.map((at) => rest[at] as number);
  return { train: positions(dealt.train), validation: positions(dealt.validation), test };
}

/** The rows at these positions, with their labels. */
function pickRows(
  { labelCount, targetOffsets, targetIds }: MultiLabelRows,
  positions: Uint32Array,
): MultiLabelRows {
  const offsets = new Uint32Array(positions.length + 1);
  const ids: number[] = [];
  positions.forEach((row, at) => {
    const end = targetOffsets[row + 1] as number;
    for (let i = targetOffsets[row] as number; i < end; i++) ids.push(targetIds[i] as number);
    offsets[at + 1] = ids.length;
  });
  return { labelCount, targetOffsets: offsets, targetIds: Uint32Array.from(ids) };
}

function gatherParts(partOfRow: Uint8Array, parts: number): Uint32Array[] {
  const sizes = new Uint32Array(parts);
  for (const part of partOfRow) sizes[part] = (sizes[part] as number) + 1;
  const lists = Array.from(sizes, (size) => new Uint32Array(size));
  sizes.fill(0);
  partOfRow.forEach((part, row) => {
    const list = lists[part] as Uint32Array;
    list[sizes[part] as number] = row;
    sizes[part] = (sizes[part] as number) + 1;
  });
  return lists;
}

/**
 * A group id for each text, for texts that stand in no open corpus: equal where the index pass finds equal texts (`TextHash`:
 * case and white space do not count), so that a split made with them is the page's. Ids are the first row that holds the
 * text. Different texts may share one by chance (about one pair in 10¹⁵) and then land in one part, which does no harm.
 */
export function duplicateGroups(texts: readonly string[]): Uint32Array {
  const utf8 = new TextEncoder();
  const hash = new TextHash();
  // Keyed by hash, so that a large corpus is not held twice.
  const firstRow = new Map<number, number>();
  return Uint32Array.from(texts, (text, row) => {
    const bytes = utf8.encode(text);
    hash.begin();
    hash.add(bytes, 0, bytes.length, false);
    hash.end();
    const key = hash.high * 2 ** 21 + (hash.low >>> 11);
    const known = firstRow.get(key);
    if (known === undefined) firstRow.set(key, row);
    return known ?? row;
  });
}
