import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import { holdOut, labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import { takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import {
  readAgNews,
  readCotam,
  readSentConv,
  sampleRows,
  shuffled,
  takeRows,
  without,
  type CotamSet,
} from './data.ts';
import { judged, overSeeds, show, table } from './judge.ts';
import { random } from '../../src/base/random.ts';

export const sentimentLabels = ['sentiment: negative', 'sentiment: positive'] as const;
export const newsLabels = [
  'topic: world news',
  'topic: sports news',
  'topic: business news',
  'topic: science/technology news',
] as const;
export const emotionLabels = [
  'sentiment: anger',
  'sentiment: joy',
  'sentiment: optimism',
  'sentiment: sadness',
] as const;

/** The texts that a language model wrote: the real sentence of each object left out. */
const writtenOnly = (set: CotamSet) => onlyWhere(set, (label, seed) => label !== seed);

/** The real sentences alone. */
const seedsOnly = (set: CotamSet) => onlyWhere(set, (label, seed) => label === seed);

function onlyWhere(set: CotamSet, isKept: (label: number, seed: number) => boolean): LabelledTexts {
  const samples = set.samples.map((texts, row) =>
    texts.map((text, label) => (isKept(label, set.seedLabel[row] ?? -1) ? text : '')),
  );
  return labelledTexts({ ...set, samples });
}

interface Target {
  readonly name: string;
  readonly set: CotamSet;
  readonly test: LabelledTexts;
  readonly real: LabelledTexts;
}

/** AG News has no training file here: its test file is cut in two halves by a fixed seed. */
export function newsHalves() {
  const all = readAgNews();
  const order = random(1, 3).shuffle(Uint32Array.from(all.texts.keys()));
  const half = order.length >> 1;
  return { pool: takeRows(all, order.slice(0, half).sort()), test: takeRows(all, order.slice(half).sort()) };
}

function targets(): Target[] {
  const sst = {
    test: readSentConv('stsa.binary.test', sentimentLabels),
    real: readSentConv('stsa.binary.train', sentimentLabels),
  };
  const reviews = readSentConv('custrev.all', sentimentLabels);
  const small = readCotam('sst2.cotam.train.jsonl', sentimentLabels);
  const large = readCotam('sst2.cotam.train.3k.jsonl', sentimentLabels);
  const news = newsHalves();
  return [
    { name: 'SST-2, 200 objects', set: small, ...sst },
    { name: 'SST-2, 3,000 objects', set: large, ...sst },
    {
      name: 'customer reviews (another domain), 3,000 objects of SST-2',
      set: large,
      test: reviews,
      real: sst.real,
    },
    {
      name: 'AG News, 200 objects',
      set: readCotam('ag_news.cotam.train.jsonl', newsLabels),
      test: { ...news.test, labels: newsLabels },
      real: { ...news.pool, labels: newsLabels },
    },
  ];
}

/** Generated rows against as many and all real rows. */
export async function generatedAgainstReal(): Promise<{ readonly text: string; readonly data: unknown }> {
  const rows: (string | number)[][] = [];
  const data: unknown[] = [];
  for (const { name, set, test: whole, real } of targets()) {
    const generated = labelledTexts(set);
    const test = without(whole, [...generated.texts, ...real.texts]);
    const perClass = Math.round(generated.texts.length / set.labels.length);
    const joint = await judged(generated, test);
    const independent = await judged(generated, test, { training: 'independent' });
    const written = await judged(writtenOnly(set), test);
    const sentences = await judged(seedsOnly(set), test);
    const asMany = await overSeeds(
      async (seed) => (await judged(sampleRows(real, perClass, seed), test)).accuracy,
    );
    const all = await judged(real, test);
    rows.push([
      name,
      test.texts.length,
      joint.majority.toFixed(3),
      `${joint.accuracy.toFixed(3)} (${generated.texts.length})`,
      independent.accuracy.toFixed(3),
      `${written.accuracy.toFixed(3)} (${writtenOnly(set).texts.length})`,
      `${sentences.accuracy.toFixed(3)} (${seedsOnly(set).texts.length})`,
      `${show(asMany)} (${sampleRows(real, perClass, 1).texts.length})`,
      `${all.accuracy.toFixed(3)} (${real.texts.length})`,
    ]);
    data.push({
      name,
      test: test.texts.length,
      removedFromTest: whole.texts.length - test.texts.length,
      joint,
      independent,
      written,
      sentences,
      asMany,
      all,
    });
  }
  const head = [
    'test set',
    'rows',
    'majority',
    'incubated, joint (rows)',
    'one against rest',
    'written texts only (rows)',
    'their real sentences only (rows)',
    'as many real rows',
    'all real rows',
  ];
  return { text: table(head, rows), data };
}

/** Emotion has no labelled rows here: held-out objects judge, which is easier than real texts. */
export async function emotionHeldOut() {
  const set = readCotam('emotion.cotam.train.jsonl', emotionLabels);
  const accuracy = await overSeeds(async (seed) => {
    const { training, heldOut } = holdOut(set, 0.25, seed);
    return (await judged(labelledTexts(training), labelledTexts(heldOut))).accuracy;
  });
  return { objects: set.samples.length, accuracy };
}

/** Accuracy by number of objects; five draws each. */
export async function learningCurve() {
  const set = readCotam('sst2.cotam.train.3k.jsonl', sentimentLabels);
  const test = without(readSentConv('stsa.binary.test', sentimentLabels), labelledTexts(set).texts);
  const real = readSentConv('stsa.binary.train', sentimentLabels);
  const points = [];
  for (const objects of [16, 32, 64, 128, 256, 512, 1024, 2048, 3000]) {
    const first = Uint32Array.from({ length: objects }, (_, i) => i);
    const generated = await overSeeds(
      async (seed) => (await judged(labelledTexts(takeObjects(shuffled(set, seed), first)), test)).accuracy,
    );
    const asMany = await overSeeds(
      async (seed) => (await judged(sampleRows(real, objects, seed), test)).accuracy,
    );
    points.push({ objects, generated, real: asMany });
  }
  const text = table(
    ['objects', 'generated', 'as many real rows'],
    points.map(({ objects, generated, real }) => [objects, show(generated), show(real)]),
  );
  return { text, data: points };
}

/** Classes that lean on the others: "other" beside one or two topics; joint softmax against each class on its own. */
export async function dependentClasses() {
  const { samples } = readCotam('ag_news.cotam.train.jsonl', newsLabels);
  const news = newsHalves();
  const out = [];
  for (const kept of [[1], [1, 2], [0, 2], [1, 2, 3]]) {
    const others = newsLabels.map((_, label) => label).filter((label) => !kept.includes(label));
    const names = [...kept.map((label) => newsLabels[label] ?? ''), 'other'];
    // "Other" is one of the other texts of the object, in turns: as many as each class has.
    const set: GeneratedSet = {
      instruction: '',
      labels: names,
      samples: samples.map((texts, row) =>
        [...kept, others[row % others.length] ?? 0].map((label) => texts[label] ?? ''),
      ),
    };
    const training = labelledTexts(set);
    const classOf = news.test.classOf.map((label) =>
      kept.includes(label) ? kept.indexOf(label) : kept.length,
    );
    const test = without({ labels: names, texts: news.test.texts, classOf }, training.texts);
    const joint = await judged(training, test);
    const independent = await judged(training, test, { training: 'independent' });
    out.push({ names, joint, independent });
  }
  const text = table(
    [
      'classes',
      'joint: accuracy',
      'macro-F1',
      'F1 of “other”',
      'independent: accuracy',
      'macro-F1',
      'F1 of “other”',
    ],
    out.map(({ names, joint, independent }) => [
      names.map((name) => name.replace('topic: ', '')).join(', '),
      ...[joint, independent].flatMap((report) => [
        report.accuracy.toFixed(3),
        report.macroF1.toFixed(3),
        (report.perClass.at(-1)?.f1 ?? 0).toFixed(3),
      ]),
    ]),
  );
  return { text, data: out };
}
