import { QueryError } from './errors.ts';
import { mentions, type Query } from './query.ts';

/** A class of a classifier under the name that formulas use for it. */
export interface Concept {
  /** Scores are kept under it. */
  readonly id: string;
  readonly name: string;
  readonly classifierId: string;
  readonly classifierName: string;
  readonly label: number;
}

interface Labelled {
  readonly id: string;
  readonly name: string;
  readonly labels: readonly string[];
}

/** One concept for each class. A class name that several classifiers have is told apart by the classifier's name, then by a number. */
export function conceptsOf(classifiers: readonly Labelled[]): Concept[] {
  const holders = new Map<string, number>();
  for (const { labels } of classifiers)
    for (const label of labels) holders.set(plainName(label), (holders.get(plainName(label)) ?? 0) + 1);
  const taken = new Set<string>();
  return classifiers.flatMap(({ id, name, labels }) =>
    labels.map((text, label) => {
      const isShared = (holders.get(plainName(text)) ?? 0) > 1;
      const base = isShared ? `${text.trim()} (${name})` : text.trim() || `class ${label + 1}`;
      let unique = base;
      for (let n = 2; taken.has(plainName(unique)); n++) unique = `${base} ${n}`;
      taken.add(plainName(unique));
      return { id: conceptId(id, label), name: unique, classifierId: id, classifierName: name, label };
    }),
  );
}

function conceptId(classifierId: string, label: number): string {
  return `${classifierId}/${label}`;
}

/** Names are compared without case and with single spaces. */
export function plainName(name: string): string {
  return name.normalize('NFC').trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}

/** Which concept each name of a formula means, and every mention of a name that means none. */
export function resolveConcepts(
  query: Query,
  concepts: readonly Concept[],
): { readonly found: ReadonlyMap<string, Concept>; readonly errors: readonly QueryError[] } {
  const byName = new Map(concepts.map((concept) => [plainName(concept.name), concept]));
  const found = new Map<string, Concept>();
  const errors: QueryError[] = [];
  for (const { name, from, to } of mentions(query)) {
    const concept = byName.get(plainName(name));
    if (concept) found.set(name, concept);
    else errors.push(unknownConcept(name, concepts, from, to));
  }
  return { found, errors };
}

function unknownConcept(name: string, concepts: readonly Concept[], from: number, to: number): QueryError {
  const shared = concepts.filter((concept) => plainName(concept.name).startsWith(`${plainName(name)} (`));
  if (shared.length > 1)
    return new QueryError(
      'query-ambiguous-concept',
      `Several classifiers have a class “${name}”.`,
      `Say which: ${shared.map((concept) => `“${concept.name}”`).join(' or ')}.`,
      from,
      to,
    );
  const near = nearestNames(
    name,
    concepts.map((concept) => concept.name),
  )[0];
  const remedy =
    concepts.length === 0
      ? 'Train an incubated classifier first: its classes are the concepts.'
      : near
        ? `Did you mean “${near}”?`
        : `Choose one of the ${concepts.length} concepts: the editor completes their names.`;
  return new QueryError('query-unknown-concept', `There is no concept “${name}”.`, remedy, from, to);
}

/** Names within a third of their length in edits, or that hold the given one, nearest first. */
function nearestNames(name: string, names: readonly string[]): string[] {
  const given = plainName(name);
  return names
    .map((each) => {
      const plain = plainName(each);
      const holds = given.length > 2 && (plain.includes(given) || given.includes(plain));
      return { each, plain, edits: holds ? 1 : editDistance(given, plain) };
    })
    .filter(({ plain, edits }) => edits <= Math.max(1, Math.floor(Math.max(plain.length, given.length) / 3)))
    .sort((a, b) => a.edits - b.edits)
    .map(({ each }) => each);
}

function editDistance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (before[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(change, (before[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    before = row;
  }
  return before[b.length] ?? 0;
}
