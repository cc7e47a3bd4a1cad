import { openLinear, trainLinear, linearDefaults } from '../../src/core/incubator/classifier/linear.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { diversify, takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import { diversityOf } from '../../src/core/incubator/diversity/diversity.ts';
import { unitTexts } from '../../src/core/incubator/diversity/units.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import type { GenerativeTokenizer } from '../../src/core/tokenizer/generative.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { newsHalves, newsLabels, sentimentLabels } from './classify.ts';
import { readSentConv, shuffled, without } from './data.ts';
import { embedded } from './diversify.ts';
import { baseGenerator, keptJson, keptWeights, trained, type Learned } from './generatorBase.ts';
import { copiedFrom, drawnSet, learnable, type Drawing, type DrawnSet } from './generatorSets.ts';
import {
  examplesOfSet,
  otherDescriptions,
  tasks,
  tuningExamples,
  usualDescription,
  type Task,
  type TaskName,
} from './generatorTasks.ts';
import { judged, show, spread, table } from './judge.ts';

// A small decoder of the engine, trained and tuned here, as Incubator's generator: without tuning, with it, tuned further on what
// self-diversification kept, asked in other words, and asked for more than it was tuned on.

/** News has four texts an object, which is four times the work. */
const seedsOf = { sst2: [1, 2, 3, 4, 5], news: [1, 2, 3] } as const;
/** Objects that judge a generator, and tokens that one may take. */
const sizes = {
  sst2: { objects: 256, maxTokens: 140, maxTextChars: 100 },
  news: { objects: 128, maxTokens: 260, maxTextChars: 140 },
} as const;
type Measured = keyof typeof sizes;

interface Generators {
  readonly tokenizer: GenerativeTokenizer;
  readonly base: WeightSource;
  readonly tuned: WeightSource;
  /** Tuned on SST-2's objects alone for another round. */
  readonly longer: WeightSource;
  readonly learned: Readonly<Record<'base' | 'tuned' | 'longer', Learned>>;
}

/** The base generator, and the same after instruction tuning of all its weights. */
export async function generators(): Promise<Generators> {
  const { tokenizer, weights: base, learned } = await baseGenerator();
  let tuning: Learned | null = null;
  const tuned = await keptWeights('tuned', async () => {
    const examples = learnable(tokenizer, tuningExamples(1));
    const options = { epochs: 1, batchSize: 16, learningRate: 2e-3, seed: 1 };
    const made = await trained(base, examples, options, 'tuning');
    tuning = made.learned;
    return made.weights;
  });
  const tunedBy = await keptJson('tuned-learned', () => tuning as unknown as Learned);
  const longer = await keptWeights('longer', async () => {
    const examples = learnable(tokenizer, tuningExamples(2, ['sst2']));
    const options = { epochs: 1, batchSize: 16, learningRate: 2e-3, seed: 2 };
    const more = await trained(tuned, examples, options, 'tuning longer');
    tuning = more.learned;
    return more.weights;
  });
  const longerBy = await keptJson('longer-learned', () => tuning as unknown as Learned);
  return { tokenizer, base, tuned, longer, learned: { base: learned, tuned: tunedBy, longer: longerBy } };
}

const drawingOf = (
  task: Task,
  size: Pick<Drawing, 'objects' | 'maxTokens' | 'maxTextChars'>,
  seed: number,
): Drawing => ({
  description: usualDescription(task),
  labels: task.labels,
  ...size,
  seed,
});

/** Objects of the tuned generator that one round of diversification starts from; as many judge the curve. */
const poolObjects = 512;
const batchSize = 64;

/** What every generator wrote for one task and seed, by name. */
export async function setsOf(
  name: Measured,
  seed: number,
  made: Generators,
): Promise<Record<string, DrawnSet>> {
  const task = tasks()[name];
  const { tokenizer, base, tuned } = made;
  const size = sizes[name];
  const untuned = await drawnSet(`${name}-untuned-${seed}`, tokenizer, base, drawingOf(task, size, seed));
  const pool = await poolOf(name, seed, made);
  const sets: Record<string, DrawnSet> = {
    untuned,
    tuned: { ...pool, samples: pool.samples.slice(0, size.objects) },
  };
  if (name === 'news') return sets;
  const longer = await poolOf(name, seed, made, 'longer');
  sets['longer'] = { ...longer, samples: longer.samples.slice(0, size.objects) };
  const vectors = await embedded(unitTexts(pool, 'joined'));
  for (const method of ['random', 'kmeans'] as const) {
    const { kept } = await diversify(pool, vectors, { k: 8, batchSize, seed, unit: 'joined', method });
    const further = await keptWeights(`${name}-${method}-${seed}`, async () => {
      const { samples } = takeObjects(pool, kept);
      const examples = learnable(tokenizer, examplesOfSet(task, samples, 4, seed));
      const options = { epochs: 1, batchSize: 8, learningRate: 1e-3, seed };
      return (await trained(tuned, examples, options, `${method} ${seed}`)).weights;
    });
    sets[method] = await drawnSet(
      `${name}-${method}-set-${seed}`,
      tokenizer,
      further,
      drawingOf(task, size, seed + 100),
    );
  }
  return sets;
}

/** A tuned generator's objects. */
function poolOf(
  name: Measured,
  seed: number,
  made: Generators,
  which: 'tuned' | 'longer' = 'tuned',
): Promise<DrawnSet> {
  const objects = name === 'sst2' ? poolObjects : sizes.news.objects;
  return drawnSet(
    `${name}-${which}-${seed}`,
    made.tokenizer,
    made[which],
    drawingOf(tasks()[name], { ...sizes[name], objects }, seed),
  );
}

interface Judge {
  readonly test: LabelledTexts;
  /** The share of a set's texts that a classifier of all real rows puts into the class they were written for. */
  readonly agreement: (set: GeneratedSet) => number;
}

/** Real rows: those that test, less what the tuning objects say, and those that judge what was written. */
export async function judgeOf(name: Measured): Promise<Judge> {
  const own = labelledTexts(tasks()[name].set).texts;
  const { test, pool } =
    name === 'news'
      ? {
          test: { ...newsHalves().test, labels: newsLabels },
          pool: { ...newsHalves().pool, labels: newsLabels },
        }
      : {
          test: readSentConv('stsa.binary.test', sentimentLabels),
          pool: readSentConv('stsa.binary.train', sentimentLabels),
        };
  const model = openLinear(await trainLinear(pool, { ...linearDefaults, ngramMax: 1 }));
  return {
    test: without(test, own),
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
type Figures = Readonly<Record<Column, number | null>> & { readonly objects: number };
const head = [
  'generator',
  'objects',
  'accuracy',
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
async function figures(
  sets: Readonly<Record<string, GeneratedSet & Partial<DrawnSet>>>,
  tunedOn: GeneratedSet,
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
    const copied = copiedFrom(set, tunedOn);
    found[name] = {
      objects: set.samples.length,
      accuracy: (await judged(labelledTexts(set), test)).accuracy,
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

const rowNames = {
  objects: 'none: CoTAM’s objects that it was tuned on',
  untuned: 'without tuning',
  tuned: 'tuned',
  random: 'tuned, further on 64 of its objects at random',
  kmeans: 'tuned, further on 64 kept by self-diversification',
  longer: 'tuned longer, on SST-2’s objects alone',
} as const;

function rowsOf(bySeed: readonly Record<string, Figures>[]) {
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

/** All figures of one task and seed; drawn and worked out once. */
export function figuresOf(name: Measured, seed: number, made: Generators, judge: () => Promise<Judge>) {
  return keptJson(`${name}-figures-${seed}`, async () => {
    const drawn = await setsOf(name, seed, made);
    const { set } = tasks()[name];
    const first = Uint32Array.from({ length: sizes[name].objects }, (_, i) => i);
    const objects = takeObjects(shuffled(set, seed), first);
    return figures({ objects, ...drawn }, set, await judge());
  });
}

async function measured(name: Measured, made: Generators) {
  const judging = judgeOnce(name);
  const bySeed = [];
  for (const seed of seedsOf[name]) bySeed.push(await figuresOf(name, seed, made, judging));
  return { text: table(head, rowsOf(bySeed)), bySeed };
}

export function judgeOnce(name: Measured): () => Promise<Judge> {
  let judge: Promise<Judge> | null = null;
  return () => (judge ??= judgeOf(name));
}

/** Without tuning, with it, and tuned further; free replies too. */
export async function generatorOfOurOwn() {
  const made = await generators();
  const free: Record<string, unknown> = {};
  for (const which of ['base', 'tuned', 'longer'] as const) {
    const drawing = { ...drawingOf(tasks().sst2, { ...sizes.sst2, objects: 64 }, 1), isConstrained: false };
    const set = await drawnSet(`free-${which}`, made.tokenizer, made[which], drawing);
    free[which] = {
      kept: set.samples.length,
      replies: set.replies,
      drops: set.drops,
      first: set.firstReplies,
    };
  }
  const sst2 = await measured('sst2', made);
  const news = await measured('news', made);
  const text = [
    `Learning: ${JSON.stringify(made.learned)}`,
    `Without a grammar: ${JSON.stringify(free)}`,
    `SST-2\n\n${sst2.text}`,
    `AG News\n\n${news.text}`,
  ].join('\n\n');
  return { text, data: { learned: made.learned, free, sst2: sst2.bySeed, news: news.bySeed } };
}

/** Pools that the curve is drawn from: eight of 512 are 4,096 objects, a thousand more than were tuned on. */
const curveSeeds = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const curveSizes = [16, 32, 64, 128, 256, 512, 1024, 2048, 3072, 4096] as const;
/** Orders of the pooled objects. */
const orders = [1, 2, 3, 4, 5] as const;

/** Accuracy by number of the tuned generator's objects, beyond the number that it was tuned on. */
export async function generatorCurve() {
  const made = await generators();
  const { test } = await judgeOf('sst2');
  const pools = [];
  for (const seed of curveSeeds) pools.push(await poolOf('sst2', seed, made, 'longer'));
  const all: GeneratedSet = { ...pools[0], samples: pools.flatMap(({ samples }) => samples) } as GeneratedSet;
  const distinct = new Set(all.samples.map((texts) => JSON.stringify(texts))).size;
  const points = [];
  for (const objects of curveSizes.filter((size) => size <= all.samples.length)) {
    const values = [];
    for (const seed of orders) {
      const first = Uint32Array.from({ length: objects }, (_, i) => i);
      values.push((await judged(labelledTexts(takeObjects(shuffled(all, seed), first)), test)).accuracy);
    }
    points.push({ objects, accuracy: spread(values) });
    console.log(objects, show(spread(values)));
  }
  const whole = (await judged(labelledTexts(tasks().sst2.set), test)).accuracy;
  const text = `${distinct} distinct of ${all.samples.length}; all 3,000 objects of the tuning: ${whole.toFixed(3)}\n\n${table(
    points.map(({ objects }) => objects.toLocaleString('en')),
    [points.map(({ accuracy }) => show(accuracy))],
  )}`;
  return { text, data: { points, whole, distinct } };
}

interface Wording {
  readonly name: string;
  readonly description: string;
  readonly labels: readonly string[];
}

/** The tuned generator asked in other words than it learned, with other names for the classes, and for what it never saw. */
export async function generatorParaphrases() {
  const made = await generators();
  const task = tasks().sst2;
  const renamed = (names: readonly string[]) => names.map((name) => `'${name}'`).join(' and ');
  const asked: Wording[] = [
    { name: 'learned wording', description: usualDescription(task), labels: task.labels },
    ...otherDescriptions(task).map(([name, description]) => ({ name, description, labels: task.labels })),
    ...(
      [
        ['other names: “negative”, “positive”', ['negative', 'positive']],
        ['other names: “thumbs down”, “thumbs up”', ['thumbs down', 'thumbs up']],
      ] as const
    ).map(([name, labels]) => ({
      name,
      description: `Build a classifier that can categorize movie reviews by ${renamed(labels)}.`,
      labels,
    })),
  ];
  const sst2 = await wordings('sst2', asked, await judgeOf('sst2'), made);
  const unseen = ['about football', 'about computers'];
  const news = await judgeOf('news');
  // Sports against science and technology, of which the names say nothing that was tuned.
  const rows = news.test.texts.flatMap((_, row) =>
    [1, 3].includes(news.test.classOf[row] ?? 0) ? [row] : [],
  );
  const test: LabelledTexts = {
    labels: unseen,
    texts: rows.map((row) => news.test.texts[row] ?? ''),
    classOf: Uint32Array.from(rows, (row) => (news.test.classOf[row] === 1 ? 0 : 1)),
  };
  const description = `Build a classifier that can categorize text messages by ${renamed(unseen)}.`;
  const other = await wordings(
    'news',
    [{ name: 'another task: “about football”, “about computers”', description, labels: unseen }],
    { test, agreement: () => Number.NaN },
    made,
  );
  const lines = [...sst2, ...other];
  const text = table(
    ['instruction', 'objects', 'accuracy', 'texts of their class', 'replies kept'],
    lines.map(({ name, objects, accuracy, agreement, parsed }) => [
      name,
      show(spread(objects), 0),
      show(spread(accuracy)),
      agreement.some(Number.isNaN) ? '' : show(spread(agreement)),
      show(spread(parsed)),
    ]),
  );
  return { text, data: lines };
}

const paraphraseSeeds = [1, 2, 3] as const;

async function wordings(
  name: TaskName,
  asked: readonly Wording[],
  { test, agreement }: Judge,
  made: Generators,
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
    for (const seed of paraphraseSeeds) {
      const drawing = {
        ...drawingOf(tasks().sst2, { ...sizes.sst2, objects: 128 }, seed + 200),
        description,
        labels,
      };
      const set = await drawnSet(`paraphrase-${name}-${at}-${seed}`, made.tokenizer, made.longer, drawing);
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
