import type { Split } from '../split/split.ts';
import type { SelectedLabels } from './selection.ts';

/** Rows joined to articles: one row an article, in the order of their first rows. */
export interface JoinedRows {
  /** Under the id of each article's first row, with every label that one of its rows has. */
  readonly selection: SelectedLabels;
  /** Positions of each article's rows in what was joined, ascending. */
  readonly members: readonly Uint32Array[];
}

/** Joins selected rows by group, `[rows]`, one group an article. */
export function joinArticles(selection: SelectedLabels, groups: ArrayLike<number>): JoinedRows {
  const { labels, rowIds, targetOffsets, targetIds } = selection;
  const lists = new Map<number, number[]>();
  for (let position = 0; position < rowIds.length; position++) {
    const group = groups[position] as number;
    const list = lists.get(group);
    if (list) list.push(position);
    else lists.set(group, [position]);
  }
  const members = Array.from(lists.values(), (list) => Uint32Array.from(list));
  const targets: number[] = [];
  const offsets = new Uint32Array(members.length + 1);
  members.forEach((positions, article) => {
    const ids = new Set<number>();
    for (const position of positions)
      for (const id of targetIds.subarray(targetOffsets[position], targetOffsets[position + 1])) ids.add(id);
    targets.push(...[...ids].sort((a, b) => a - b));
    offsets[article + 1] = targets.length;
  });
  return {
    selection: {
      labels,
      rowIds: Uint32Array.from(members, ([first = 0]) => rowIds[first] as number),
      targetOffsets: offsets,
      targetIds: Uint32Array.from(targets),
    },
    members,
  };
}

/** The split of articles that a split of their rows means: each where its first row is, which is where all are if articles were kept together. */
export function joinSplit(split: Split, members: readonly Uint32Array[]): Split {
  const partOf = new Map<number, keyof Split>();
  for (const part of ['train', 'validation', 'test'] as const)
    for (const position of split[part]) partOf.set(position, part);
  const parts: Record<keyof Split, number[]> = { train: [], validation: [], test: [] };
  members.forEach(([first = 0], article) => {
    const part = partOf.get(first);
    if (part) parts[part].push(article);
  });
  return {
    train: Uint32Array.from(parts.train),
    validation: Uint32Array.from(parts.validation),
    test: Uint32Array.from(parts.test),
  };
}

/** An article's text: its rows' texts, a line each. */
export function joinTexts(texts: readonly string[], members: readonly Uint32Array[]): string[] {
  return members.map((positions) => Array.from(positions, (position) => texts[position] ?? '').join('\n'));
}

/** Judged rows of `[rows, labels]`. */
interface Outputs {
  readonly labels: readonly string[];
  readonly rowIds: Uint32Array;
  readonly logits: Float32Array;
  readonly targets: Uint8Array;
}

/** One answer an article from the answers on its rows: the mean of their logits, against every label that one of them has. */
export function poolByArticle<T extends Outputs>(outputs: T, groups: ArrayLike<number>): T {
  const width = outputs.labels.length;
  const at = new Map<number, number>();
  const rowIds: number[] = [];
  const counts: number[] = [];
  outputs.rowIds.forEach((row, position) => {
    const group = groups[position] as number;
    const article = at.get(group) ?? at.size;
    at.set(group, article);
    counts[article] = (counts[article] ?? 0) + 1;
    rowIds[article] = Math.min(rowIds[article] ?? row, row);
  });
  const logits = new Float32Array(at.size * width);
  const targets = new Uint8Array(at.size * width);
  outputs.rowIds.forEach((_, position) => {
    const article = at.get(groups[position] as number) as number;
    for (let label = 0; label < width; label++) {
      const [from, to] = [position * width + label, article * width + label];
      logits[to] = (logits[to] as number) + (outputs.logits[from] as number) / (counts[article] as number);
      if (outputs.targets[from]) targets[to] = 1;
    }
  });
  return { ...outputs, rowIds: Uint32Array.from(rowIds), logits, targets };
}
