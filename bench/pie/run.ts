// npm run bench:pie -- [ROW...] [--from=1] [--seeds=5] [--threads=1]: the Instruction Embedding Benchmark under the honest protocol, on the CPU path.
// Encoders start from random weights; vocabulary and weights come from the training texts alone. Third-party data beside the
// repository; the bench says so and ends where it is absent. Adds its rows to bench/results/pie.json as they are done.
// npm run bench:pie -- across [references|tuned]: trained on one corpus, tested on another (across.ts).
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { agreement, type ClusteringScores } from '../../src/core/embedding/benchmark/clusteringTest.ts';
import { indexedPairs, numbered } from '../../src/core/embedding/benchmark/files.ts';
import { similarityTest } from '../../src/core/embedding/benchmark/similarityTest.ts';
import { promptTemplates } from '../../src/core/embedding/prompts.ts';
import { tfidfVectorSteps } from '../../src/core/embedding/tfidfVectors.ts';
import { cosine, normalise, sparseCosine } from '../../src/core/embedding/vectors.ts';
import type { Points } from '../../src/core/clustering/points.ts';
import { loadTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { trainWordPiece } from '../../src/core/tokenizer/wordPieceTrainer.ts';
import { acrossCorpora } from './across.ts';
import { iebFolder, pieData } from './data.ts';
import { clusteringOf, finished } from './points.ts';
import { embed, encoderOf, tune } from './tune.ts';
import { variants } from './variants.ts';

const file = 'bench/results/pie.json';
/** Which intents are held out: one split for all rows. */
const splitSeed = 1;
const kmeansSeeds = [0, 1, 2];

const argument = (name: string, otherwise: number) =>
  Number(process.argv.find((each) => each.startsWith(`--${name}=`))?.split('=')[1] ?? otherwise);

interface SeedResult {
  readonly seed: number;
  readonly clustering: ClusteringScores;
  readonly onUnitVectors: ClusteringScores;
  readonly iis: number | null;
  readonly seconds: number;
  readonly finalLoss: number | null;
}

async function main(): Promise<void> {
  if (!existsSync(iebFolder)) {
    console.log(`No ${iebFolder}: nothing to measure.`);
    return;
  }
  const [seeds, threads] = [argument('seeds', 5), argument('threads', 1)];
  if (process.argv[2] === 'across') {
    const part = ['references', 'tuned'].find((each) => process.argv.includes(each)) ?? null;
    return acrossCorpora({ from: argument('from', 1), seeds, threads, part });
  }
  const data = await pieData(splitSeed);
  console.log(data.counts);
  const wanted = process.argv.slice(2).filter((each) => !each.startsWith('--'));
  const names = wanted.length > 0 ? wanted : ['tfidf', 'extracted', ...variants.map(({ name }) => name)];
  const texts = data.split.clusteringTest.map(({ text }) => text);
  const { ids } = numbered(data.split.clusteringTest.map(({ category }) => category));
  const pairs = indexedPairs(data.split.similarityTest);
  const cluster = async (points: Points) => (await clusteringOf(points, ids, kmeansSeeds, 10)).mean;

  const vocabulary = trainWordPiece(
    [...data.train.map(({ text }) => text), ...promptTemplates.map(({ template }) => template)],
    { vocabularySize: 8000 },
  );
  const tokenizer = loadTokenizer(vocabulary);

  for (const name of names) {
    if (name === 'tfidf') {
      const { model, vectors } = finished(tfidfVectorSteps(texts));
      const x = model.transform(pairs.texts);
      const { spearman } = similarityTest((a, b) => sparseCosine(x, a, x, b), pairs.pairs);
      const scores = await cluster(vectors);
      await note(data.counts, name, {
        seed: 0,
        clustering: scores,
        onUnitVectors: scores,
        iis: spearman,
        seconds: 0,
        finalLoss: null,
      });
      continue;
    }
    if (name === 'extracted') {
      // What weak labels themselves come to on the test: each extracted pair a cluster, however many there are.
      const clusters = numbered(data.extract(texts)).ids;
      const scores = { ...agreement(ids, clusters), silhouette: Number.NaN, inertia: Number.NaN };
      const none = { seconds: 0, finalLoss: null, iis: null };
      await note(data.counts, name, { seed: 0, clustering: scores, onUnitVectors: scores, ...none });
      console.log(`${new Set(clusters).size} extracted pairs`);
      continue;
    }
    const variant = variants.find((each) => each.name === name);
    if (!variant) throw new Error(`No row ${name}.`);
    for (let seed = argument('from', 1); seed <= seeds; seed++) {
      const made = await tune(variant, tokenizer, data.train, seed, threads);
      const encoder = await encoderOf(made, threads);
      const vectors = await embed(encoder, variant, tokenizer, texts, true);
      // As upstream: no period is added in the similarity test.
      const pairVectors = await embed(encoder, variant, tokenizer, pairs.texts, false);
      encoder.dispose();
      const clustering = await cluster(vectors);
      const unit = normalise({ ...vectors, values: vectors.values.slice() });
      const onUnitVectors = await cluster(unit);
      const { spearman } = similarityTest((a, b) => cosine(pairVectors, a, pairVectors, b), pairs.pairs);
      const last = made.points.slice(-20);
      const finalLoss = last.length > 0 ? last.reduce((sum, { loss }) => sum + loss, 0) / last.length : null;
      await note(data.counts, name, {
        seed,
        clustering,
        onUnitVectors,
        iis: spearman,
        seconds: made.seconds,
        finalLoss,
      });
    }
  }
}

/** Puts one seed's result among those of earlier runs of this bench. */
async function note(counts: object, name: string, result: SeedResult): Promise<void> {
  const { clustering: c, iis, seconds } = result;
  console.log(
    `${name} seed ${result.seed}: ARI ${c.ari.toFixed(3)} purity ${c.purity.toFixed(3)} homogeneity ${c.homogeneity.toFixed(3)} silhouette ${c.silhouette.toFixed(3)} unit ARI ${result.onUnitVectors.ari.toFixed(3)} IIS ${iis?.toFixed(3)} ${Math.round(seconds)} s`,
  );
  const known = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { rows: Record<string, SeedResult[]> }).rows
    : {};
  const others = (known[name] ?? []).filter(({ seed }) => seed !== result.seed);
  const rows = { ...known, [name]: [...others, result].sort((a, b) => a.seed - b.seed) };
  await mkdir('bench/results', { recursive: true });
  const machine = { node: process.version, cpus: cpus().length, load: loadavg()[0] };
  await writeFile(file, `${JSON.stringify({ machine, splitSeed, kmeansSeeds, counts, rows }, null, 2)}\n`);
}

void main().then(() => process.exit(0));
