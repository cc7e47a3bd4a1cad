import { describe } from '../../src/core/incubator/tuningSet/descriptions.ts';
import { pairsFromRows } from '../../src/core/incubator/tuningSet/build.ts';
import type { TuningPair } from '../../src/core/incubator/tuningSet/types.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import { readSentConv, without } from './data.ts';
import type { Size } from './generatorFigures.ts';
import { cleaned, learnedTemplates, type Asked } from './generatorTasks.ts';
import { questionTypes } from './written.ts';

// Labelled rows for the generator: pairs of a description and dictionaries, made of them as the paper makes its tuning set.

export interface RowTask extends Asked {
  /** What is kept is named so. */
  readonly name: string;
  /** Other names of the classes, in their order, that are never learned. */
  readonly otherLabels: readonly string[];
  readonly size: Size;
  /** Pairs that each round of tuning asks for, of each kind. */
  readonly rounds: readonly number[];
  /** Rows to learn from, and test rows less those that stand among them. */
  readonly rows: { readonly real: LabelledTexts; readonly test: LabelledTexts };
}

const spelled = (rows: LabelledTexts): LabelledTexts => ({
  ...rows,
  texts: rows.texts.map((text) => cleaned(text).toLowerCase()),
});

/** Questions; nine of ten have 76 characters or fewer. */
export function trecTask(): RowTask {
  const real = spelled(readSentConv('TREC.train.all', questionTypes));
  const test = without(spelled(readSentConv('TREC.test.all', questionTypes)), real.texts);
  return {
    name: 'trec',
    labels: questionTypes,
    otherLabels: ['definition', 'thing', 'short form', 'person', 'place', 'amount'],
    kinds: ['questions', 'trivia questions'],
    otherKind: 'things that people ask a search engine',
    size: { objects: 256, maxTokens: 300, maxTextChars: 76 },
    rounds: [300, 600],
    rows: { real, test },
  };
}

/** Pairs of two classes and more by the product's builder, a row of each an object; those worded as no pair should be are left out. */
export function pairsOfRows(task: RowTask, rows: LabelledTexts, pairs: number, seed: number): TuningPair[] {
  const labels = Array.from(rows.classOf, (at) => rows.labels[at] ?? null);
  return task.kinds.flatMap((kind, at) =>
    pairsFromRows({ name: task.name, texts: rows.texts, labels }, 'corpus', {
      pairs,
      dictionaries: 8,
      classes: rows.labels.length,
      kind,
      maxTextChars: task.size.maxTextChars,
      seed: seed + 100 * at,
    }).filter((pair) =>
      learnedTemplates.some((template) => pair.description === describe(pair.labels, kind, template)),
    ),
  );
}

/** What each round of tuning learns: other partners and orders of the same rows. */
export const learnedPairs = (task: RowTask, round: number): TuningPair[] =>
  pairsOfRows(task, task.rows.real, task.rounds[round] ?? 0, round + 1);

/** Objects of all classes as the tuning saw them, in the order of the task's classes. */
export function wholeObjects(task: RowTask): GeneratedSet {
  const { labels } = task;
  const samples = task.rounds
    .flatMap((_, round) => learnedPairs(task, round))
    .filter((pair) => pair.labels.length === labels.length)
    .flatMap((pair) =>
      pair.samples.map((texts) => labels.map((name) => texts[pair.labels.indexOf(name)] ?? '')),
    );
  return { instruction: task.name, labels, samples };
}
