/** A task category: what is to be done (verb) to what (noun), both lemmas in lower case. */
export interface TaskCategory {
  readonly verb: string;
  readonly noun: string;
}

// The paper's notation: `verb|noun`, and `##` between pairs that its authors merged.
const within = '|';
const between = '##';

/** `verb|noun` */
export function categoryKey({ verb, noun }: TaskCategory): string {
  return `${verb}${within}${noun}`;
}

/** Pairs of a label such as `decide|statement##determine|statement`, in its order. Pairs without both halves are left out. */
export function parseCategories(label: string): TaskCategory[] {
  return label.split(between).flatMap((pair) => {
    const [verb = '', noun = ''] = pair.split(within);
    return verb && noun ? [{ verb, noun }] : [];
  });
}

/** The label of merged pairs, the inverse of `parseCategories`. */
export function categoryLabel(categories: readonly TaskCategory[]): string {
  return categories.map(categoryKey).join(between);
}
