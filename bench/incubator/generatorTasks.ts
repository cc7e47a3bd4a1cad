import { random } from '../../src/base/random.ts';
import { describe } from '../../src/core/incubator/tuningSet/descriptions.ts';
import { examplesOf, type PairExample } from '../../src/core/incubator/tuningSet/subsets.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import { emotionLabels, newsLabels, sentimentLabels } from './classify.ts';
import { readCotam } from './data.ts';

// What the decoder is tuned on: CoTAM's objects under several descriptions of their tasks. Other descriptions are kept apart.

type TaskName = 'sst2' | 'news' | 'emotion';

/** What a generator is asked for. */
export interface Asked {
  /** As the classifiers know them. */
  readonly labels: readonly string[];
  /** What the texts are, in words that are learned. */
  readonly kinds: readonly string[];
  /** The same, in words that are not. */
  readonly otherKind: string;
}

export interface Task extends Asked {
  readonly name: TaskName;
  readonly set: GeneratedSet;
  readonly maxTextChars: number;
  /** Times each object is learned, under other descriptions and with its classes in another order. */
  readonly copies: number;
}

/** Plain ASCII spelling, and Stanford's tokens joined again: `it 's n't , bad` is `it's n't, bad`. */
export function cleaned(text: string): string {
  return text
    .replaceAll(/[“”]|``|''/gu, '"')
    .replaceAll(/[‘’]/gu, "'")
    .replaceAll(/[–—]/gu, '-')
    .replaceAll('-lrb-', '(')
    .replaceAll('-rrb-', ')')
    .replaceAll('\\', ' ')
    .replaceAll(/ (n't|'s|'re|'ve|'ll|'d|'m)\b/gu, '$1')
    .replaceAll(/ ([,.;:!?)])/gu, '$1')
    .replaceAll(/\s+/gu, ' ')
    .trim();
}

/** CoTAM's objects, their texts as the tokenizer can write them, cut at a word. */
function withObjects(about: Omit<Task, 'set'>, file: string): Task {
  const { labels, maxTextChars } = about;
  const cut = (text: string) =>
    text.length <= maxTextChars ? text : text.slice(0, maxTextChars + 1).replace(/\s+\S*$/u, '');
  const set = readCotam(file, labels);
  const samples = set.samples.map((texts) => texts.map((text) => cut(cleaned(text).toLowerCase())));
  return { ...about, set: { ...set, samples } };
}

let made: Readonly<Record<TaskName, Task>> | null = null;

export function tasks(): Readonly<Record<TaskName, Task>> {
  made ??= {
    sst2: withObjects(
      {
        name: 'sst2',
        labels: sentimentLabels,
        kinds: ['movie reviews', 'sentences of film critics'],
        otherKind: 'remarks on films',
        maxTextChars: 160,
        copies: 2,
      },
      'sst2.cotam.train.3k.jsonl',
    ),
    news: withObjects(
      {
        name: 'news',
        labels: newsLabels,
        kinds: ['news articles', 'press reports'],
        otherKind: 'items from the newspaper',
        maxTextChars: 140,
        copies: 3,
      },
      'ag_news.cotam.train.jsonl',
    ),
    emotion: withObjects(
      {
        name: 'emotion',
        labels: emotionLabels,
        kinds: ['tweets', 'short messages'],
        otherKind: 'posts',
        maxTextChars: 140,
        copies: 1,
      },
      'emotion.cotam.train.jsonl',
    ),
  };
  return made;
}

/** Of the six ways of asking (`descriptionTemplates`), those that are learned. */
export const learnedTemplates = [0, 1, 3, 5] as const;

/** The wording that stands for the learned ones. */
export const usualDescription = ({ labels, kinds }: Asked): string => describe(labels, kinds[0] ?? '', 0);

/** Wordings that were never learned, from near to far. */
export function otherDescriptions({
  labels,
  kinds,
  otherKind,
}: Asked): readonly (readonly [string, string])[] {
  const quoted = labels.map((label) => `'${label}'`);
  return [
    ['template “Tell … apart”', describe(labels, kinds[0] ?? '', 2)],
    ['template “Which of …”', describe(labels, kinds[0] ?? '', 4)],
    ['learned template, other kind of text', describe(labels, otherKind, 0)],
    [
      'free wording',
      `We collect ${otherKind} from all over the web, and want to know of each whether it is ${quoted.join(' or ')}; please help us with that.`,
    ],
    ['classes alone', quoted.join(' ')],
  ];
}

/** Every object of every task, `copies` times: classes in another order and a description by the seed each time. */
export function tuningExamples(
  seed: number,
  of: readonly TaskName[] = ['sst2', 'news', 'emotion'],
): PairExample[] {
  const draw = random(seed, 0x7e57);
  return of
    .map((name) => tasks()[name])
    .flatMap(({ labels, kinds, set, copies }) =>
      set.samples.flatMap((texts) =>
        Array.from({ length: copies }, () => {
          const order = draw.shuffle(labels.map((_, label) => label));
          return exampleFor(
            order.map((label) => labels[label] ?? ''),
            order.map((label) => texts[label] ?? ''),
            kinds[draw.integer(kinds.length)] ?? '',
            learnedTemplates[draw.integer(learnedTemplates.length)] ?? 0,
          );
        }),
      ),
    );
}

/** A set's objects in the usual wording, as the product tunes a generator on what was kept. */
export function examplesOfSet(
  task: Asked,
  samples: readonly (readonly string[])[],
  copies: number,
  seed: number,
) {
  const draw = random(seed, 0xd1f);
  return Array.from({ length: copies }, () =>
    samples.map((texts) => {
      const template = learnedTemplates[draw.integer(learnedTemplates.length)] ?? 0;
      return exampleFor(task.labels, texts, task.kinds[0] ?? '', template);
    }),
  ).flat();
}

function exampleFor(
  labels: readonly string[],
  texts: readonly string[],
  kind: string,
  template: number,
): PairExample {
  const description = describe(labels, kind, template);
  const [example] = examplesOf([
    { id: '', origin: 'generated', source: 'cotam', description, labels, samples: [texts] },
  ]);
  return example ?? { prompt: '', reply: '' };
}

/** Prompts and replies, for the vocabulary. */
export const wordsOfTasks = (): string[] =>
  tuningExamples(1).map(({ prompt, reply }) => `${prompt} ${reply}`);
