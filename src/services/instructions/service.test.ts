import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Progress } from '../../base/progress.ts';
import { clusteringTest } from '../../core/embedding/benchmark/clusteringTest.ts';
import { indexedPairs, numbered, readCategories, readPairs } from '../../core/embedding/benchmark/files.ts';
import { similarityTest } from '../../core/embedding/benchmark/similarityTest.ts';
import { cosine } from '../../core/embedding/vectors.ts';
import type { ModelStorage } from '../../models/files/storage.ts';
import { Instructions } from './service.ts';

const service = new Instructions({} as ModelStorage);
const quiet = () => undefined;
const { signal } = new AbortController();

describe('the instructions service', () => {
  it('names each distinct pair once and each step by number', async () => {
    const seen: Progress[] = [];
    const texts = ['Draw a map.', 'Bake bread and paint the fence.', '', 'Please draw maps'];
    const found = await service.extract(texts, (progress) => seen.push(progress), signal);
    expect(structuredClone(found)).toEqual({
      pairs: ['draw|map', 'bake|bread', 'paint|fence'],
      primary: Int32Array.of(0, 1, -1, 0),
      stepOffsets: Uint32Array.of(0, 1, 3, 3, 4),
      steps: Uint32Array.of(0, 1, 2, 0),
    });
    expect(seen.at(-1)).toMatchObject({ done: 4, total: 4, unit: 'rows' });
  });

  it('stops in the middle of many texts', async () => {
    const controller = new AbortController();
    const texts = Array.from(
      { length: 200_000 },
      (_, i) => `Describe the ${i}th river of this list of rivers.`,
    );
    const stop = ({ done }: Progress) => done > 0 && controller.abort();
    await expect(service.extract(texts, stop, controller.signal)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('embeds with TF-IDF and LSA', async () => {
    const texts = ['red fox runs', 'red fox sleeps', 'blue whale swims', 'blue whale sings'];
    const options = { ngramMax: 1, minDocumentCount: 1, sublinearTf: false } as const;
    expect((await service.tfidf(texts, options, quiet, signal)).rowCount).toBe(4);
    const vectors = await service.lsa(texts, { ...options, rank: 2, seed: 1 }, quiet, signal);
    expect(cosine(vectors, 0, vectors, 1)).toBeGreaterThan(0.99);
    expect(Math.abs(cosine(vectors, 0, vectors, 2))).toBeLessThan(0.01);
  });
});

// Third-party data beside the repository; skipped where it is absent. The texts are those of model2vec-rs' own test.
const folder = '../shared/data/model2vec_bge_fixture';
describe.skipIf(!existsSync(folder))('a model2vec folder', () => {
  const filesOf = (name: string) => {
    const read = (file: string) => readFileSync(`${folder}/${name}/${file}`, 'utf8');
    return {
      safetensors: new Blob([readFileSync(`${folder}/${name}/model.safetensors`)]),
      tokenizerJson: read('tokenizer.json'),
      configJson: read('config.json'),
    };
  };
  const long = Array.from({ length: 1000 }, () => 'hello').join(' ');
  it.each([
    ['float32', 'hello world', 'embeddings_short.json'],
    ['float32', long, 'embeddings_long.json'],
    ['vocab-quantized', long, 'embeddings_vocab_quantized.json'],
  ])('%s gives the vector that model2vec gives', async (name, text, golden) => {
    const files = filesOf(name);
    const { values, count, width } = await service.staticEmbedding([text, ''], files, quiet, signal);
    const [expected = []] = JSON.parse(readFileSync(`${folder}/${golden}`, 'utf8')) as number[][];
    expect([count, width]).toEqual([2, expected.length]);
    expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, 5));
    expect(values.subarray(width).every((value) => value === 0)).toBe(true);
  });

  // Measured with scikit-learn and model2vec: ARI 0.2336 and purity 0.4052 (three seeds), homogeneity 0.6191, IIS 0.5114.
  const benchmark = '../shared/data/ieb';
  it.skipIf(!existsSync(benchmark))(
    'scores on the Instruction Embedding Benchmark what it scored elsewhere',
    async () => {
      const json = (name: string): unknown => JSON.parse(readFileSync(`${benchmark}/${name}.json`, 'utf8'));
      const files = filesOf('vocab-quantized');
      const rows = readCategories(json('eft_test'));
      const { ids } = numbered(rows.map(({ category }) => category));
      const vectors = await service.staticEmbedding(
        rows.map(({ text }) => text),
        files,
        quiet,
        signal,
      );
      const { mean } = await clusteringTest(vectors, ids, {
        seeds: [0, 1],
        k: null,
        runs: 1,
        silhouetteSample: 200,
      });
      expect(Math.abs(mean.ari - 0.2336)).toBeLessThan(0.02);
      expect(Math.abs(mean.purity - 0.4052)).toBeLessThan(0.02);
      expect(Math.abs(mean.homogeneity - 0.6191)).toBeLessThan(0.02);
      const { texts, pairs } = indexedPairs(readPairs(json('intention_similarity_test')));
      const embedded = await service.staticEmbedding(texts, files, quiet, signal);
      const { spearman } = similarityTest((a, b) => cosine(embedded, a, embedded, b), pairs);
      expect(spearman).toBeCloseTo(0.5114, 3);
    },
  );
});
