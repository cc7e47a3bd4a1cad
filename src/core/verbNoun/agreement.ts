import { parseCategories, type TaskCategory } from './category.ts';

/** Shares of rows in which an extractor says what a label says. */
export interface CategoryAgreement {
  readonly rows: number;
  readonly verb: number;
  readonly noun: number;
  /** Verb and noun of one and the same of the label's merged pairs. */
  readonly pair: number;
}

/** Compares extracted categories with labels (`verb|noun`, merged pairs joined by `##`: any of them counts). Rows without a label are left out. */
export function categoryAgreement(
  extracted: readonly (TaskCategory | null)[],
  labels: readonly (string | null)[],
): CategoryAgreement {
  let [rows, verb, noun, pair] = [0, 0, 0, 0];
  labels.forEach((label, row) => {
    const accepted = label === null ? [] : parseCategories(label);
    if (accepted.length === 0) return;
    const got = extracted[row];
    rows++;
    if (!got) return;
    if (accepted.some((category) => category.verb === got.verb)) verb++;
    if (accepted.some((category) => category.noun === got.noun)) noun++;
    if (accepted.some((category) => category.verb === got.verb && category.noun === got.noun)) pair++;
  });
  const share = (count: number) => (rows === 0 ? Number.NaN : count / rows);
  return { rows, verb: share(verb), noun: share(noun), pair: share(pair) };
}

/** How many rows a category has, largest first; ties by name. */
export function categoryCounts(
  categories: Iterable<string>,
): { readonly category: string; readonly rows: number }[] {
  const counts = new Map<string, number>();
  for (const category of categories) counts.set(category, (counts.get(category) ?? 0) + 1);
  return [...counts]
    .map(([category, rows]) => ({ category, rows }))
    .sort((a, b) => b.rows - a.rows || (a.category < b.category ? -1 : 1));
}

/** How two extractors agree: with each other, and where rows have labels, with those. */
export interface ExtractorComparison {
  readonly rows: number;
  /** Shares of rows in which both say the same; two rows without a category agree. */
  readonly same: { readonly verb: number; readonly noun: number; readonly pair: number };
  /** Labelled rows by whose pair is the label's. */
  readonly labelled: {
    readonly both: number;
    readonly onlyFirst: number;
    readonly onlySecond: number;
    readonly neither: number;
  };
  readonly first: CategoryAgreement;
  readonly second: CategoryAgreement;
  /** Rows in which they differ. */
  readonly differing: readonly number[];
}

/** Compares two extractors row by row; `labels` as for `categoryAgreement`. */
export function compareExtractors(
  first: readonly (TaskCategory | null)[],
  second: readonly (TaskCategory | null)[],
  labels: readonly (string | null)[],
): ExtractorComparison {
  const labelled = { both: 0, onlyFirst: 0, onlySecond: 0, neither: 0 };
  const differing: number[] = [];
  let [verb, noun, pair] = [0, 0, 0];
  first.forEach((a, row) => {
    const b = second[row] ?? null;
    const sameVerb = a?.verb === b?.verb;
    const sameNoun = a?.noun === b?.noun;
    if (sameVerb) verb++;
    if (sameNoun) noun++;
    if (sameVerb && sameNoun) pair++;
    else differing.push(row);
    const accepted = parseCategories(labels[row] ?? '');
    if (accepted.length === 0) return;
    const isRight = (got: TaskCategory | null) =>
      got !== null && accepted.some((one) => one.verb === got.verb && one.noun === got.noun);
    const [firstRight, secondRight] = [isRight(a), isRight(b)];
    if (firstRight && secondRight) labelled.both++;
    else if (firstRight) labelled.onlyFirst++;
    else if (secondRight) labelled.onlySecond++;
    else labelled.neither++;
  });
  const share = (count: number) => (first.length === 0 ? Number.NaN : count / first.length);
  return {
    rows: first.length,
    same: { verb: share(verb), noun: share(noun), pair: share(pair) },
    labelled,
    first: categoryAgreement(first, labels),
    second: categoryAgreement(second, labels),
    differing,
  };
}
