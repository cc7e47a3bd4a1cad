import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import { takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import type { GenerativeTokenizer } from '../../src/core/tokenizer/generative.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { newsHalves, newsLabels, sentimentLabels } from './classify.ts';
import { readSentConv, shuffled, without } from './data.ts';
import { baseGenerator, keptJson, type Learned } from './generatorBase.ts';
import {
  curveOver,
  drawingOf,
  figures,
  furtherTuned,
  head,
  judgeOver,
  rowsOf,
  wordings,
  wordingTable,
  type Judge,
  type Wording,
} from './generatorFigures.ts';
import { drawnSet, tunedOn, type DrawnSet } from './generatorSets.ts';
import { otherDescriptions, tasks, tuningExamples, usualDescription } from './generatorTasks.ts';
import { judged, table } from './judge.ts';

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
  const { tokenizer, ...base } = await baseGenerator();
  const tuned = await tunedOn('tuned', tokenizer, base.weights, () => tuningExamples(1), { seed: 1 });
  const longer = await tunedOn('longer', tokenizer, tuned.weights, () => tuningExamples(2, ['sst2']), {
    seed: 2,
  });
  return {
    tokenizer,
    base: base.weights,
    tuned: tuned.weights,
    longer: longer.weights,
    learned: { base: base.learned, tuned: tuned.learned, longer: longer.learned },
  };
}

/** Objects of the tuned generator that one round of diversification starts from; as many judge the curve. */
const poolObjects = 512;

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
  return { ...sets, ...(await furtherTuned(name, task, pool, { tokenizer, weights: tuned }, size, seed)) };
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

/** Real rows: those that test, less what the tuning objects say, and those that judge what was written. */
async function judgeOf(name: Measured): Promise<Judge> {
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
  return judgeOver(pool, without(test, own));
}

const rowNames = {
  objects: 'none: CoTAM’s objects that it was tuned on',
  untuned: 'without tuning',
  tuned: 'tuned',
  random: 'tuned, further on 64 of its objects at random',
  kmeans: 'tuned, further on 64 kept by self-diversification',
  longer: 'tuned longer, on SST-2’s objects alone',
} as const;

/** All figures of one task and seed; drawn and worked out once. */
function figuresOf(name: Measured, seed: number, made: Generators, judge: () => Promise<Judge>) {
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
  return { text: table(head, rowsOf(bySeed, rowNames)), bySeed };
}

function judgeOnce(name: Measured): () => Promise<Judge> {
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
/** Accuracy by number of the tuned generator's objects, beyond the number that it was tuned on. */
export async function generatorCurve() {
  const made = await generators();
  const { test } = await judgeOf('sst2');
  const pools = [];
  for (const seed of curveSeeds) pools.push(await poolOf('sst2', seed, made, 'longer'));
  const { points, distinct, objects, text: line } = await curveOver(pools, curveSizes, test);
  const whole = (await judged(labelledTexts(tasks().sst2.set), test)).accuracy;
  const text = `${distinct} distinct of ${objects}; all 3,000 objects of the tuning: ${whole.toFixed(3)}\n\n${line}`;
  return { text, data: { points, whole, distinct } };
}

const paraphraseSeeds = [1, 2, 3] as const;

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
  const tuned = { tokenizer: made.tokenizer, weights: made.longer };
  const size = { ...sizes.sst2, objects: 128 };
  const sst2 = await wordings('sst2', asked, await judgeOf('sst2'), tuned, size, paraphraseSeeds);
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
    tuned,
    size,
    paraphraseSeeds,
  );
  const lines = [...sst2, ...other];
  const text = wordingTable(lines);
  return { text, data: lines };
}
