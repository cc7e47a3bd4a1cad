import { inSteps } from '../../src/base/steps.ts';
import { labelledTexts } from '../../src/core/incubator/classifier/rows.ts';
import type { DiversifyMethod } from '../../src/core/incubator/diversity/choose.ts';
import { diversify, takeObjects } from '../../src/core/incubator/diversity/diversify.ts';
import { diversityOf } from '../../src/core/incubator/diversity/diversity.ts';
import { unitTexts, vectorsPerObject, type DiversityUnit } from '../../src/core/incubator/diversity/units.ts';
import type { DensePoints } from '../../src/core/clustering/points.ts';
import { lsaSteps } from '../../src/core/embedding/lsa.ts';
import { tfidfVectorSteps } from '../../src/core/embedding/tfidfVectors.ts';
import { normalise } from '../../src/core/embedding/vectors.ts';
import type { LabelledTexts } from '../../src/core/incubator/classifier/linear.ts';
import type { GeneratedSet } from '../../src/core/incubator/types.ts';
import { newsHalves, newsLabels, sentimentLabels } from './classify.ts';
import { readCotam, readSentConv, shuffled, without } from './data.ts';
import { judged, seeds, show, spread, table, type Spread } from './judge.ts';

const tfidf = { ngramMax: 1, minDocumentCount: 2, sublinearTf: true } as const;

/** LSA of 100 dimensions (of as many as there are texts, where fewer) over TF-IDF of the unit's texts, length 1: no neural embedder is at hand offline. */
export async function embedded(texts: readonly string[]): Promise<DensePoints> {
  const { vectors } = await inSteps('tfidf', texts.length, tfidfVectorSteps(texts, tfidf));
  const { vectors: lsa } = await inSteps(
    'lsa',
    12,
    lsaSteps(vectors, { rank: Math.min(100, texts.length), seed: 1 }),
  );
  return normalise(lsa);
}

export interface Setting {
  readonly name: string;
  readonly method: DiversifyMethod;
  readonly unit: DiversityUnit;
  readonly k: number;
  readonly batchSize: number;
}

interface Outcome extends Setting {
  readonly objects: Spread;
  readonly accuracy: Spread;
  readonly selfBleu4: Spread;
  readonly distinct2: Spread;
  readonly cosineDistance: Spread;
  readonly vendi: Spread;
}

/** Each setting over five seeds. */
export async function outcomes(
  set: GeneratedSet,
  test: LabelledTexts,
  settings: readonly Setting[],
): Promise<Outcome[]> {
  const vectors = new Map<DiversityUnit, DensePoints>();
  for (const unit of new Set(settings.map((each) => each.unit)))
    vectors.set(unit, await embedded(unitTexts(set, unit)));
  const texts = unitTexts(set, 'perClass');
  const textVectors = vectors.get('perClass') ?? (await embedded(texts));
  const found: Outcome[] = [];
  for (const setting of settings) {
    const columns: number[][] = [[], [], [], [], [], []];
    for (const seed of seeds) {
      const order = orderOf(set, seed);
      const mixed = takeObjects(set, order);
      const each = vectorsPerObject(set.labels.length, setting.unit);
      const points = permuted(vectors.get(setting.unit) ?? textVectors, order, each);
      const { kept } = await diversify(mixed, points, { ...setting, seed });
      const chosen = takeObjects(mixed, kept);
      const { accuracy } = await judged(labelledTexts(chosen), test);
      const own = permuted(permuted(textVectors, order, set.labels.length), kept, set.labels.length);
      const diversity = await diversityOf(unitTexts(chosen, 'perClass'), own, { seed: 1 });
      [
        kept.length,
        accuracy,
        diversity.selfBleu?.[4] ?? 0,
        diversity.distinct[2] ?? 0,
        diversity.meanCosineDistance ?? 0,
        diversity.vendi.score,
      ].forEach((value, i) => columns[i]?.push(value));
    }
    const [objects, accuracy, selfBleu4, distinct2, cosineDistance, vendi] = columns.map(spread) as [
      Spread,
      Spread,
      Spread,
      Spread,
      Spread,
      Spread,
    ];
    found.push({ ...setting, objects, accuracy, selfBleu4, distinct2, cosineDistance, vendi });
    console.log(setting.name, show(accuracy), show(selfBleu4), show(vendi, 1));
  }
  return found;
}

function orderOf(set: GeneratedSet, seed: number): Uint32Array {
  const marked = { ...set, samples: set.samples.map((_, row) => [String(row)]) };
  return Uint32Array.from(shuffled(marked, seed).samples, ([row]) => Number(row));
}

function permuted({ width, values }: DensePoints, order: Uint32Array, each: number): DensePoints {
  const out = new Float32Array(order.length * each * width);
  order.forEach((row, at) =>
    out.set(values.subarray(row * each * width, (row + 1) * each * width), at * each * width),
  );
  return { count: order.length * each, width, values: out };
}

export const head = [
  'setting',
  'objects',
  'accuracy',
  'self-BLEU-4',
  'distinct-2',
  'cosine distance',
  'Vendi (of 512 texts at most)',
];
export const lines = (found: readonly Outcome[]) =>
  found.map((each) => [
    each.name,
    show(each.objects, 0),
    show(each.accuracy),
    show(each.selfBleu4),
    show(each.distinct2),
    show(each.cosineDistance),
    show(each.vendi, 1),
  ]);

export const methods = [
  ['random', 'random', 'joined'],
  ['k-means, joined text', 'kmeans', 'joined'],
  ['k-means, a vector a class', 'kmeans', 'perClass'],
  ['k-means, both', 'kmeans', 'both'],
  ['Ward, joined text', 'hierarchical', 'joined'],
  ['HDBSCAN, joined text', 'hdbscan', 'joined'],
] as const;

/** The same number of objects chosen at random and by clusters, five seeds (order of objects, seeding). */
export async function effectOfDiversification() {
  const sst = readCotam('sst2.cotam.train.3k.jsonl', sentimentLabels);
  const sstTest = without(readSentConv('stsa.binary.test', sentimentLabels), labelledTexts(sst).texts);
  const news = readCotam('ag_news.cotam.train.jsonl', newsLabels);
  const newsTest = without({ ...newsHalves().test, labels: newsLabels }, labelledTexts(news).texts);
  const settings = (batchSize: number) =>
    methods.map(([name, method, unit]) => ({ name, method, unit, k: 8, batchSize }));
  const data = {
    sst: await outcomes(sst, sstTest, settings(250)),
    news: await outcomes(news, newsTest, settings(40)),
  };
  const text = [
    `SST-2: 8 kept of each 250 objects.\n\n${table(head, lines(data.sst))}`,
    `AG News: 8 kept of each 40 objects.\n\n${table(head, lines(data.news))}`,
  ].join('\n\n');
  return { text, data };
}

/** K from 3 to 15 at about the same number of kept objects (8 in a hundred), k-means on the joined text. */
export async function sweepOfK() {
  const sst = readCotam('sst2.cotam.train.3k.jsonl', sentimentLabels);
  const test = without(readSentConv('stsa.binary.test', sentimentLabels), labelledTexts(sst).texts);
  const settings = [3, 5, 8, 11, 15].map((k) => ({
    name: `K = ${k} of ${Math.round(k / 0.08)}`,
    method: 'kmeans' as const,
    unit: 'joined' as const,
    k,
    batchSize: Math.round(k / 0.08),
  }));
  const reference = { ...settings[2], name: 'random, 8 of 100', method: 'random' } as Setting;
  const data = await outcomes(sst, test, [...settings, reference]);
  return { text: table(head, lines(data)), data };
}
