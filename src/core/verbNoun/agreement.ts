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
