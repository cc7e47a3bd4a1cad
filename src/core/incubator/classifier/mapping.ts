import type { LabelTable } from '../../labels/labelTable.ts';
import { plainName } from '../../mining/concepts.ts';

/** What a class is called in labelled data: a label, every row that no other class claims ("other"), or nothing. */
export type ClassTarget =
  | { readonly kind: 'label'; readonly label: string }
  | { readonly kind: 'rest' }
  | { readonly kind: 'none' };

const restNames: ReadonlySet<string> = new Set([
  'other',
  'others',
  'none',
  'none of these',
  'none of the above',
  'rest',
  'neither',
]);

/** Words that say nothing of what a class is about. */
const emptyWords: ReadonlySet<string> = new Set([
  'about',
  'topic',
  'sentiment',
  'class',
  'category',
  'label',
  'is',
  'a',
  'an',
  'the',
  'of',
  'and',
  'news',
  'text',
  'texts',
]);

/** What a class is most likely called: the same name, else the one label with which it shares most of its telling words. */
export function suggestTarget(name: string, labels: readonly string[]): ClassTarget {
  const plain = plainName(name);
  const same = labels.find((label) => plainName(label) === plain);
  if (same !== undefined) return { kind: 'label', label: same };
  if (restNames.has(plain)) return { kind: 'rest' };
  const words = telling(name);
  const scored = labels
    .map((label) => ({ label, shared: overlap(words, telling(label)) }))
    .filter(({ shared }) => shared > 0)
    .sort((a, b) => b.shared - a.shared);
  const [best, second] = scored;
  return best && best.shared > (second?.shared ?? 0)
    ? { kind: 'label', label: best.label }
    : { kind: 'none' };
}

function telling(name: string): Set<string> {
  const words = plainName(name).match(/[\p{L}\p{N}]{2,}/gu) ?? [];
  const kept = words.filter((word) => !emptyWords.has(word));
  // Plurals of one word count as the word.
  return new Set((kept.length > 0 ? kept : words).map((word) => word.replace(/(?<=...)s$/u, '')));
}

/** Shared words as a share of both (Jaccard). */
function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  return shared === 0 ? 0 : shared / (a.size + b.size - shared);
}

/** Rows of labelled data that judge a classifier. */
export interface GoldRows {
  /** Ascending. */
  readonly rows: Uint32Array;
  /** Index of the class of each. */
  readonly classOf: Uint32Array;
  /** Rows that carry the labels of several classes, and rows that carry none: left out. */
  readonly several: number;
  readonly none: number;
}

/** The rows that exactly one class claims. Where a class is `rest`, it takes the rows that none claims. */
export function goldRows(targets: readonly ClassTarget[], table: LabelTable): GoldRows {
  const classOfLabel = new Map<number, number>();
  targets.forEach((target, at) => {
    const label = target.kind === 'label' ? table.labels.indexOf(target.label) : -1;
    if (label >= 0) classOfLabel.set(label, at);
  });
  const rest = targets.findIndex(({ kind }) => kind === 'rest');
  const rows: number[] = [];
  const classOf: number[] = [];
  let [several, none] = [0, 0];
  for (let row = 0; row < table.rowCount; row++) {
    let found = -1;
    let isTorn = false;
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++) {
      const own = classOfLabel.get(table.labelIds[i] as number);
      if (own === undefined || own === found) continue;
      isTorn = found >= 0;
      found = own;
      if (isTorn) break;
    }
    if (isTorn) several++;
    else if (found < 0 && rest < 0) none++;
    else {
      rows.push(row);
      classOf.push(found < 0 ? rest : found);
    }
  }
  return { rows: Uint32Array.from(rows), classOf: Uint32Array.from(classOf), several, none };
}

/** Truth of one class a row, 0 or 1; null where the class is mapped to nothing. Rows may belong to several classes. */
export function goldColumn(
  target: ClassTarget,
  others: readonly ClassTarget[],
  table: LabelTable,
): Uint8Array | null {
  if (target.kind === 'none') return null;
  const labels = (target.kind === 'label' ? [target] : others).flatMap((each) =>
    each.kind === 'label' ? [table.labels.indexOf(each.label)] : [],
  );
  const wanted = new Set(labels);
  const carries = new Uint8Array(table.rowCount);
  for (let row = 0; row < table.rowCount; row++)
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++)
      if (wanted.has(table.labelIds[i] as number)) carries[row] = 1;
  return target.kind === 'label' ? carries : carries.map((value) => 1 - value);
}
