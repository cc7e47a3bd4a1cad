import type { TaskCategory } from './category.ts';
import { clauses, type Clause } from './clauses.ts';
import { objectNoun } from './objects.ts';
import type { Sentence, Tagger } from './tagger.ts';

export interface Extraction {
  /** Null where a text has neither verb nor noun. */
  readonly primary: TaskCategory | null;
  /** Every step of an instruction with several, the primary one first; without repeats. */
  readonly steps: readonly TaskCategory[];
}

/**
 * Task categories of instructions by rules over part-of-speech tags, in the conventions of the Instruction Embedding Benchmark:
 * the noun is the first noun of the object ("blog post" -> `blog`, "a list of books" -> `list`), "how to" complements name the
 * task ("explain how to solve the equation" -> `solve|equation`), yes-or-no questions are `yes-no|task`, questions for facts `what|knowledge`.
 */
export function createExtractor(tagger: Tagger): (text: string) => Extraction {
  return (text) => extract(tagger(text));
}

/** The same from sentences already tagged. */
export function extract(sentences: readonly Sentence[]): Extraction {
  const found = sentences.flatMap((sentence, i) =>
    clauses(sentence).map((clause) => ({ clause, sentence: i })),
  );
  const strong = found.filter(({ clause }) => clause.strength === 'task');
  const chosen = strong.length > 0 ? strong : found.slice(0, 1);
  const steps = new Map<string, TaskCategory>();
  for (const { clause, sentence } of chosen) {
    const category = categoryOf(clause, sentences.slice(sentence + 1));
    const key = `${category.verb}|${category.noun}`;
    if (!steps.has(key)) steps.set(key, category);
  }
  const list = [...steps.values()];
  return { primary: list[0] ?? null, steps: list };
}

function categoryOf(clause: Clause, later: readonly Sentence[]): TaskCategory {
  if (clause.kind === 'fixed') return { verb: clause.verb, noun: clause.noun };
  const noun =
    objectNoun(clause.rest) ??
    objectNoun(clause.before) ??
    later.map((s) => objectNoun(s)).find((n) => n !== null);
  return { verb: clause.verb, noun: noun ?? 'knowledge' };
}
