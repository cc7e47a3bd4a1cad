import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import type { Points } from '../../src/core/clustering/points.ts';
import { agreement } from '../../src/core/embedding/benchmark/clusteringTest.ts';
import { numbered, readCategories } from '../../src/core/embedding/benchmark/files.ts';
import { honestSplit } from '../../src/core/embedding/benchmark/honestSplit.ts';
import { lsaSteps } from '../../src/core/embedding/lsa.ts';
import { tfidfDefaults, tfidfVectorSteps } from '../../src/core/embedding/tfidfVectors.ts';
import { normalise, type Vectors } from '../../src/core/embedding/vectors.ts';
import { promptTemplates } from '../../src/core/embedding/prompts.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { trainWordPiece } from '../../src/core/tokenizer/wordPieceTrainer.ts';
import { categoryKey } from '../../src/core/verbNoun/category.ts';
import { createExtractor } from '../../src/core/verbNoun/extract.ts';
import { loadTagger } from '../../src/core/verbNoun/tagger.ts';
import { readBanking, readClinc } from '../incubator/data.ts';
import { iebFolder, pieData, type PieData } from './data.ts';
import { clusteringOf, finished } from './points.ts';
import { embed, encoderOf, tune } from './tune.ts';
import { tuned } from './variants.ts';

const file = 'bench/results/pie-across.json';
const splitSeed = 1;
const kmeansSeeds = [0, 1, 2, 3, 4];
/** One start a seed, as scikit-learn since 1.4: five seeds tell how far starts lie apart. */
const starts = 1;
const lsaRank = 128;

interface TestSet {
  readonly name: string;
  readonly texts: readonly string[];
  readonly categories: readonly string[];
}

interface Corpus {
  readonly name: string;
  readonly train: PieData['train'];
  readonly counts: Readonly<Record<string, number>>;
}

interface Score {
  readonly ari: number;
  readonly purity: number;
  readonly nmi: number;
  /** Of the k-means seeds. */
  readonly ariDeviation: number;
  readonly unitAri: number;
  readonly unitPurity: number;
}

/**
 * Encoders tuned on one corpus and tested on others, with TF-IDF and LSA whose words are learnt from the test texts themselves or from
 * the same training texts. No training text is tested, and none is labelled with a category of EFT-test. Adds to
 * bench/results/pie-across.json.
 */
export async function acrossCorpora({
  from,
  seeds,
  threads,
  part,
}: {
  readonly from: number;
  readonly seeds: number;
  readonly threads: number;
  /** `references`: TF-IDF and LSA alone; `tuned`: encoders alone; null: both. */
  readonly part: string | null;
}): Promise<void> {
  const tests = testSets();
  const corpora = [await iebCorpus(tests), await clincCorpus(tests)];
  for (const { name, counts } of corpora) console.log(name, counts);
  if (part !== 'tuned') {
    for (const test of tests) await extracted(test);
    for (const test of tests) await references('of the test texts', test, test.texts);
    for (const { name, train } of corpora)
      for (const test of tests)
        await references(
          `of ${name}`,
          test,
          train.map(({ text }) => text),
        );
  }
  if (part === 'references') return;
  for (let seed = from; seed <= seeds; seed++)
    for (const corpus of corpora) {
      const texts = corpus.train.map(({ text }) => text);
      // The prompts' words too, as in the main table: seeds then give the same encoder.
      const learnt = [...texts, ...promptTemplates.map(({ template }) => template)];
      const tokenizer = loadTokenizer(trainWordPiece(learnt, { vocabularySize: 8000 }));
      for (const variant of [
        { ...tuned, name: 'untrained', settings: { ...tuned.settings, maxSteps: 0 } },
        tuned,
      ]) {
        const made = await tune(variant, tokenizer, corpus.train, seed, threads);
        const encoder = await encoderOf(made, threads);
        for (const test of tests) {
          const vectors = await embed(encoder, variant, tokenizer, test.texts, true);
          const seconds = made.seconds;
          await note(corpus, `${variant.name} on ${corpus.name}`, test.name, seed, {
            ...(await scores(vectors, test)),
            seconds,
          });
        }
        encoder.dispose();
      }
    }
}

const normal = (text: string) => text.trim().replace(/\s+/gu, ' ').toLowerCase();

function testSets(): readonly TestSet[] {
  const eft = readCategories(JSON.parse(readFileSync(`${iebFolder}/eft_test.json`, 'utf8')));
  const clinc = readClinc();
  const { texts, intents } = clinc.part('test');
  const domainOf = new Map(
    Object.entries(clinc.domains).flatMap(([domain, own]) => own.map((intent) => [intent, domain])),
  );
  const banking = readBanking('test');
  return [
    { name: 'EFT-test', texts: eft.map(({ text }) => text), categories: eft.map(({ category }) => category) },
    { name: 'CLINC150 intents', texts, categories: intents },
    { name: 'CLINC150 domains', texts, categories: intents.map((intent) => domainOf.get(intent) ?? '') },
    {
      name: 'BANKING77',
      texts: banking.texts,
      categories: Array.from(banking.classOf, (label) => banking.labels[label] ?? ''),
    },
  ];
}

/** Training rows whose text no test asks about. */
function untested(train: PieData['train'], tests: readonly TestSet[]) {
  const tested = new Set(tests.flatMap(({ texts }) => texts.map(normal)));
  const kept = train.filter(({ text }) => !tested.has(normal(text)));
  return { kept, leaked: train.length - kept.length };
}

async function iebCorpus(tests: readonly TestSet[]): Promise<Corpus> {
  const data = await pieData(splitSeed);
  const { kept, leaked } = untested(data.train, tests);
  return { name: 'IEB', train: kept, counts: { ...data.counts, texts: kept.length, leaked } };
}

/** CLINC150's training texts with the categories that the rules find; its own intents are not read. */
async function clincCorpus(tests: readonly TestSet[]): Promise<Corpus> {
  const extract = createExtractor(await loadTagger());
  const { texts } = readClinc().part('train');
  const weak = texts.flatMap((text) => {
    const { primary } = extract(text);
    return primary ? [{ text, category: categoryKey(primary) }] : [];
  });
  const clusteringTest = readCategories(JSON.parse(readFileSync(`${iebFolder}/eft_test.json`, 'utf8')));
  const split = honestSplit({ labelled: [], pairs: [], clusteringTest, weak }, { seed: splitSeed });
  const rows = split.weak.map(({ text, category }) => ({
    text,
    category,
    pair: category.split('##')[0] ?? category,
  }));
  const { kept, leaked } = untested(rows, tests);
  const counts = {
    unlabelledTexts: texts.length,
    extracted: weak.length,
    categories: new Set(kept.map(({ category }) => category)).size,
    ...split.dropped,
    texts: kept.length,
    leaked,
  };
  return { name: 'CLINC150', train: kept, counts };
}

async function scores(points: Points, { categories }: TestSet): Promise<Score> {
  const { ids } = numbered(categories);
  const { mean, deviation } = await clusteringOf(points, ids, kmeansSeeds, starts);
  const unit = 'values' in points && 'width' in points ? normalise(copyOf(points)) : null;
  const onUnit = unit ? (await clusteringOf(unit, ids, kmeansSeeds, starts)).mean : mean;
  return {
    ari: mean.ari,
    purity: mean.purity,
    nmi: mean.nmi,
    ariDeviation: deviation.ari,
    unitAri: onUnit.ari,
    unitPurity: onUnit.purity,
  };
}

const copyOf = (vectors: Vectors): Vectors => ({ ...vectors, values: vectors.values.slice() });

/** TF-IDF and LSA of the test's texts, over words and weights learnt from `learnt`. */
async function references(words: string, test: TestSet, learnt: readonly string[]): Promise<void> {
  const { model, vectors } = finished(tfidfVectorSteps(test.texts, tfidfDefaults, learnt));
  await note(null, `TF-IDF ${words}`, test.name, 0, { ...(await scores(vectors, test)), seconds: 0 });
  const fitted = learnt === test.texts ? vectors : model.transform(learnt);
  const lsa = finished(lsaSteps(fitted, { rank: lsaRank, seed: 0 }));
  await note(null, `LSA ${words}`, test.name, 0, {
    ...(await scores(lsa.transform(vectors), test)),
    seconds: 0,
  });
}

/** What the rules that made the weak labels come to by themselves: each pair they find a cluster, however many there are. */
async function extracted({ name, texts, categories }: TestSet): Promise<void> {
  const extract = createExtractor(await loadTagger());
  const pairs = texts.map((text) => {
    const { primary } = extract(text);
    return primary ? categoryKey(primary) : '';
  });
  const { ari, purity, nmi } = agreement(numbered(categories).ids, numbered(pairs).ids);
  console.log(`${name}: ${new Set(pairs).size} extracted pairs`);
  const score = { ari, purity, nmi, ariDeviation: 0, unitAri: ari, unitPurity: purity };
  await note(null, 'extracted pairs, no vectors', name, 0, { ...score, seconds: 0 });
}

type Noted = Score & { readonly seed: number; readonly seconds: number };

/** Puts one result among those of earlier runs. */
async function note(
  corpus: Corpus | null,
  row: string,
  test: string,
  seed: number,
  result: Omit<Noted, 'seed'>,
): Promise<void> {
  console.log(
    `${row}, seed ${seed}, ${test}: ARI ${result.ari.toFixed(3)} ± ${result.ariDeviation.toFixed(3)} purity ${result.purity.toFixed(3)} NMI ${result.nmi.toFixed(3)} unit ARI ${result.unitAri.toFixed(3)} ${Math.round(result.seconds)} s`,
  );
  type Kept = { counts?: Record<string, object>; rows?: Record<string, Record<string, Noted[]>> };
  const known = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Kept) : {};
  const others = (known.rows?.[row]?.[test] ?? []).filter((one) => one.seed !== seed);
  const own = [...others, { seed, ...result }].toSorted((a, b) => a.seed - b.seed);
  const rows = { ...known.rows, [row]: { ...known.rows?.[row], [test]: own } };
  const counts = corpus ? { ...known.counts, [corpus.name]: corpus.counts } : (known.counts ?? {});
  const machine = { node: process.version, cpus: cpus().length, load: loadavg()[0] };
  await mkdir('bench/results', { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ machine, splitSeed, kmeansSeeds, starts, lsaRank, counts, rows }, null, 2)}\n`,
  );
}
