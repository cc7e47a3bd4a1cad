import { VerbenaError } from '../../base/errors.ts';
import { categoryKey, parseCategories, type TaskCategory } from './category.ts';

export class SynonymError extends VerbenaError<'synonym-group-empty' | 'synonym-group-unknown'> {}

/** What a group joins: verbs ("create", "generate"), nouns ("error", "mistake"), or whole pairs (`get|point`, `find|point`). */
export type SynonymScope = 'verb' | 'noun' | 'pair';

/** Words that count as one. A word is in one group of its scope at most. */
export interface SynonymGroup {
  readonly scope: SynonymScope;
  /** The member that stands for all. */
  readonly name: string;
  /** Distinct, the name among them, in the order in which they were added. Pairs as `verb|noun`. */
  readonly members: readonly string[];
}

/** Plain data: it is saved with the notebook, and each edit makes a new one, so undo is keeping the old. */
export type SynonymGroups = readonly SynonymGroup[];

/**
 * Joins words: those that are in groups already bring their groups along. The first word gives its group's name, or its own.
 * Throws `synonym-group-empty` for fewer than two words.
 */
export function joinSynonyms(
  groups: SynonymGroups,
  scope: SynonymScope,
  words: readonly string[],
): SynonymGroups {
  const given = [...new Set(words.map(normal).filter(Boolean))];
  if (given.length < 2)
    throw new SynonymError(
      'synonym-group-empty',
      'A synonym group needs two words.',
      'Choose at least two different words.',
    );
  const isTouched = (group: SynonymGroup) =>
    group.scope === scope && group.members.some((m) => given.includes(m));
  const touched = groups.filter(isTouched);
  const lead = given[0] as string;
  const name = touched.find(({ members }) => members.includes(lead))?.name ?? lead;
  const members = [...new Set([name, ...touched.flatMap((group) => group.members), ...given])];
  return [...groups.filter((group) => !isTouched(group)), { scope, name, members }];
}

/** Takes a word out of its group; a group of one is none. Another member stands for the rest where the name goes. */
export function releaseSynonym(groups: SynonymGroups, scope: SynonymScope, word: string): SynonymGroups {
  return groups.flatMap((group) => {
    if (group.scope !== scope || !group.members.includes(normal(word))) return [group];
    const members = group.members.filter((member) => member !== normal(word));
    const [first] = members;
    if (first === undefined || members.length < 2) return [];
    return [{ scope, name: members.includes(group.name) ? group.name : first, members }];
  });
}

/** Lets another member stand for its group. Throws `synonym-group-unknown` where the word is in none. */
export function nameSynonyms(groups: SynonymGroups, scope: SynonymScope, word: string): SynonymGroups {
  const name = normal(word);
  if (!groups.some((group) => group.scope === scope && group.members.includes(name)))
    throw new SynonymError(
      'synonym-group-unknown',
      `'${name}' is in no group of this kind.`,
      'Join it with another word first.',
      { scope, word: name },
    );
  return groups.map((group) =>
    group.scope === scope && group.members.includes(name) ? { ...group, name } : group,
  );
}

/** Dissolves the group that a word is in. */
export function dissolveSynonyms(groups: SynonymGroups, scope: SynonymScope, word: string): SynonymGroups {
  return groups.filter((group) => group.scope !== scope || !group.members.includes(normal(word)));
}

/** Groups of pairs from labels such as `correct|mistake##correct|error`, as the benchmark's authors merged them. */
export function groupsOfLabels(labels: Iterable<string>): SynonymGroups {
  let groups: SynonymGroups = [];
  for (const label of new Set(labels)) {
    const keys = [...new Set(parseCategories(label).map(categoryKey))];
    if (keys.length > 1) groups = joinSynonyms(groups, 'pair', keys);
  }
  return groups;
}

/** Maps a category to the one that stands for it: first its words, then the pair. */
export function synonymMapper(groups: SynonymGroups): (category: TaskCategory) => TaskCategory {
  const names = {
    verb: new Map<string, string>(),
    noun: new Map<string, string>(),
    pair: new Map<string, string>(),
  };
  for (const { scope, name, members } of groups) for (const member of members) names[scope].set(member, name);
  return ({ verb, noun }) => {
    const worded = { verb: names.verb.get(verb) ?? verb, noun: names.noun.get(noun) ?? noun };
    const pair = names.pair.get(categoryKey(worded));
    return pair === undefined ? worded : (parseCategories(pair)[0] ?? worded);
  };
}

function normal(word: string): string {
  return word.trim().toLowerCase();
}
