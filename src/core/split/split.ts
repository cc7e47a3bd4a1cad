import { hash32 } from '../../base/random.ts';
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
}

/**
 * Seeded multi-label stratified split of row positions. Throws `split-fractions-invalid`, `split-groups-mismatch`,
 * `split-too-few-rows` (a part with a share above zero would be empty).
 */
export function splitRows(rows: MultiLabelRows, options: SplitOptions): Split {
  const { fractions, seed, groups = null } = options;
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
 * A group id for each text: equal for texts that differ only in case, width or white space. Given to `splitRows`, it
 * keeps copies of one text from standing in train and test at once. Ids are the first row that holds the text.
 */
export function duplicateGroups(texts: readonly string[]): Uint32Array {
  // Keyed by hash, so that a large corpus is not held twice. Different texts may share one by chance (about one pair in 10¹⁵);
  // they then land in the same part, which does no harm.
  const firstRow = new Map<number, number>();
  return Uint32Array.from(texts, (text, row) => {
    const key = hashText(text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim());
    const known = firstRow.get(key);
    if (known === undefined) firstRow.set(key, row);
    return known ?? row;
  });
}

/** 53 bits: two multiplicative hashes over UTF-16 units, finished by `hash32`. */
function hashText(text: string): number {
  let a = 0x811c9dc5;
  let b = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 13);
  }
  return hash32(a ^ (b >>> 7)) * 2 ** 21 + (hash32(b) >>> 11);
}
