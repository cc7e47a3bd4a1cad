import { openLinear, trainLinear, linearDefaults } from '../../src/core/incubator/classifier/linear.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { diversify, takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import { diversityOf } from '../../src/core/incubator/diversity/diversity.ts';
import { unitTexts } from '../../src/core/incubator/diversity/units.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import type { GenerativeTokenizer } from '../../src/core/tokenizer/generative.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { shuffled } from './data.ts';
import { embedded } from './diversify.ts';
import { copiedFrom, drawnSet, tunedOn, type Drawing, type DrawnSet } from './generatorSets.ts';
import { examplesOfSet, usualDescription, type Asked } from './generatorTasks.ts';
import { judged, show, spread, table } from './judge.ts';

// What is said of a generator's objects, whatever the task: figures of a set, the curve over objects, other wordings.

/** Objects that judge a generator, and tokens that one may take. */
export type Size = Pick<Drawing, 'objects' | 'maxTokens' | 'maxTextChars'>;

export const drawingOf = (asked: Asked, size: Size, seed: number): Drawing => ({
  description: usualDescription(asked),
  labels: asked.labels,
  ...size,
  seed,
});

/** The generator tuned further on 64 of 512 of its own objects, at random and kept by self-diversification, and what it then writes. */
export async function furtherTuned(
  name: string,
  asked: Asked,
  pool: GeneratedSet,
  { tokenizer, weights }: { readonly tokenizer: GenerativeTokenizer; readonly weights: WeightSource },
  size: Size,
  seed: number,
): Promise<Record<'random' | 'kmeans', DrawnSet>> {
  const vectors = await embedded(unitTexts(pool, 'joined'));
  const after = async (method: 'random' | 'kmeans') => {
    const { kept } = await diversify(pool, vectors, { k: 8, batchSize: 64, seed, unit: 'joined', method });
    const examples = () => examplesOfSet(asked, takeObjects(pool, kept).samples, 4, seed);
    const tuning = { seed, batchSize: 8, learningRate: 1e-3 };
    const further = await tunedOn(`${name}-${method}-${seed}`, tokenizer, weights, examples, tuning);
    const drawing = drawingOf(asked, size, seed + 100);
    return drawnSet(`${name}-${method}-set-${seed}`, tokenizer, further.weights, drawing);
  };
  return { random: await after('random'), kmeans: await after('kmeans') };
}

export interface Judge {
  readonly test: LabelledTexts;
  /** The share of a set's texts that a classifier of all real rows puts into the class they were written for. */
  readonly agreement: (set: GeneratedSet) => number;
}

/** `real` rows judge what was written; `test` rows judge what learned from it. */
export async function judgeOver(real: LabelledTexts, test: LabelledTexts): Promise<Judge> {
  const model = openLinear(await trainLinear(real, { ...linearDefaults, ngramMax: 1 }));
  return {
    test,
    agreement(set) {
      const { texts, classOf } = labelledTexts(set);
      const margins = model.margins(texts);
      const classes = set.labels.length;
      const right = texts.filter((_, row) => {
        const scores = margins.subarray(row * classes, (row + 1) * classes);
        return scores.indexOf(Math.max(...scores)) === classOf[row];
      });
      return right.length / texts.length;
    },
  };
}

const columns = [
  ['accuracy', 3],
  ['macroF1', 3],
  ['agreement', 3],
  ['parsed', 3],
  ['words', 1],
  ['selfBleu4', 3],
  ['distinct2', 3],
  ['cosineDistance', 3],
  ['vendi', 1],
  ['copiedTexts', 3],
  ['copiedFiveWords', 3],
] as const;
type Column = (typeof columns)[number][0];
/** Null: not of this kind of set. */
export type Figures = Readonly<Record<Column, number | null>> & { readonly objects: number };
export const head = [
  'generator',
  'objects',
  'accuracy',
  'macro-F1',
  'texts of their class',
  'replies kept',
  'words a text',
  'self-BLEU-4',
  'distinct-2',
  'cosine distance',
  'Vendi',
  'texts copied',
  'five words copied',
];

/** Everything that is said about sets of one task and seed, in one space of vectors. */
export async function figures(
  sets: Readonly<Record<string, GeneratedSet & Partial<DrawnSet>>>,
  learnedFrom: GeneratedSet,
  { test, agreement }: Judge,
): Promise<Record<string, Figures>> {
  const all = Object.values(sets).map((set) => unitTexts(set, 'perClass'));
  const space = await embedded(all.flat());
  const found: Record<string, Figures> = {};
  let from = 0;
  for (const [name, set] of Object.entries(sets)) {
    const texts = unitTexts(set, 'perClass');
    const values = space.values.subarray(from * space.width, (from + texts.length) * space.width);
    from += texts.length;
    const diversity = await diversityOf(texts, { count: texts.length, width: space.width, values });
    const copied = copiedFrom(set, learnedFrom);
    const { accuracy, macroF1 } = await judged(labelledTexts(set), test);
    found[name] = {
      objects: set.samples.length,
      accuracy,
      macroF1,
      agreement: agreement(set),
      parsed: set.finishes ? parsedShare(set.finishes, set.replies ?? 1) : null,
      words: diversity.meanWords,
      selfBleu4: diversity.selfBleu?.[4] ?? 0,
      distinct2: diversity.distinct[2] ?? 0,
      cosineDistance: diversity.meanCosineDistance ?? 0,
      vendi: diversity.vendi.score,
      copiedTexts: copied.texts,
      copiedFiveWords: copied.fiveWords,
    };
  }
  return found;
}

/** Replies that came to the end of an object within their tokens. */
const parsedShare = (finishes: DrawnSet['finishes'], replies: number) =>
  ((finishes.complete ?? 0) + (finishes.end ?? 0)) / replies;

/** A line for each kind of set: mean and deviation over seeds. */
export function rowsOf(
  bySeed: readonly Record<string, Figures>[],
  rowNames: Readonly<Record<string, string>>,
): (string | number)[][] {
  return Object.entries(rowNames).flatMap(([name, title]) => {
    const of = bySeed.flatMap((found) => (found[name] ? [found[name]] : []));
    if (of.length === 0) return [];
    const cells = columns.map(([column, digits]) => {
      const values = of.flatMap((one) => one[column] ?? []);
      return values.length < of.length ? '' : show(spread(values), digits);
    });
    return [[title, of[0]?.objects ?? 0, ...cells]];
  });
}

/** Orders of the pooled objects. */
const orders = [1, 2, 3, 4, 5] as const;

/** Accuracy by number of objects of several pools together. */
export async function curveOver(
  pools: readonly GeneratedSet[],
  counts: readonly number[],
  test: LabelledTexts,
) {
  const all = { ...pools[0], samples: pools.flatMap(({ samples }) => samples) } as GeneratedSet;
  const distinct = new Set(all.samples.map((texts) => JSON.stringify(texts))).size;
  const points = [];
  for (const objects of counts.filter((count) => count <= all.samples.length)) {
    const values = [];
    for (const seed of orders) {
      const first = Uint32Array.from({ length: objects }, (_, i) => i);
      values.push((await judged(labelledTexts(takeObjects(shuffled(all, seed), first)), test)).accuracy);
    }
    points.push({ objects, accuracy: spread(values) });
    console.log(objects, show(spread(values)));
  }
  const text = table(
    points.map(({ objects }) => objects.toLocaleString('en')),
    [points.map(({ accuracy }) => show(accuracy))],
  );
  return { points, distinct, objects: all.samples.length, text };
}

export interface Wording {
  readonly name: string;
  readonly description: string;
  readonly labels: readonly string[];
}

/** Sets of one generator under several instructions, judged by the same rows whatever their classes are called. */
export async function wordings(
  name: string,
  asked: readonly Wording[],
  { test, agreement }: Judge,
  { tokenizer, weights }: { readonly tokenizer: GenerativeTokenizer; readonly weights: WeightSource },
  size: Size,
  seeds: readonly number[],
) {
  const found = [];
  for (const [at, { name: title, description, labels }] of asked.entries()) {
    const line = {
      name: title,
      description,
      objects: [] as number[],
      accuracy: [] as number[],
      agreement: [] as number[],
      parsed: [] as number[],
    };
    for (const seed of seeds) {
      const drawing = { description, labels, ...size, seed: seed + 200 };
      const set = await drawnSet(`paraphrase-${name}-${at}-${seed}`, tokenizer, weights, drawing);
      line.objects.push(set.samples.length);
      line.accuracy.push((await judged({ ...labelledTexts(set), labels: test.labels }, test)).accuracy);
      line.agreement.push(agreement(set));
      line.parsed.push(parsedShare(set.finishes, set.replies));
    }
    found.push(line);
    console.log(title, JSON.stringify(line));
  }
  return found;
}

export const wordingTable = (lines: Awaited<ReturnType<typeof wordings>>): string =>
  table(
    ['instruction', 'objects', 'accuracy', 'texts of their class', 'replies kept'],
    lines.map(({ name, objects, accuracy, agreement, parsed }) => [
      name,
      show(spread(objects), 0),
      show(spread(accuracy)),
      agreement.some(Number.isNaN) ? '' : show(spread(agreement)),
      show(spread(parsed)),
    ]),
  );
