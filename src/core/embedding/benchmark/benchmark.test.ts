import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Steps } from '../../../base/steps.ts';
import { geometry } from '../../clustering/geometry.ts';
import { parseCategories, categoryKey } from '../../verbNoun/category.ts';
import { tfidfVectorSteps } from '../tfidfVectors.ts';
import { sparseCosine } from '../vectors.ts';
import { agreement, clusteringTest, clusteringTestSteps } from './clusteringTest.ts';
import { indexedPairs, numbered, readCategories, readPairs } from './files.ts';
import { honestSplit } from './honestSplit.ts';
import { similarityTest } from './similarityTest.ts';

function drain<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

describe('the clustering test', () => {
  const values = Float32Array.from({ length: 60 }, (_, i) => 10 * (i % 3) + 0.01 * i);
  const points = { count: 60, width: 1, values };
  const categories = Array.from({ length: 60 }, (_, i) => 7 * (i % 3));
  const options = { seeds: [1, 2, 3], k: null, runs: 2, silhouetteSample: null };

  it('gives full marks to clear categories, without deviation', async () => {
    const { k, bySeed, mean, deviation } = await clusteringTest(points, categories, options);
    expect([k, bySeed.length]).toEqual([3, 3]);
    for (const score of ['ari', 'purity', 'homogeneity', 'completeness', 'nmi'] as const)
      expect(mean[score]).toBeCloseTo(1, 12);
    expect(mean.silhouette).toBeGreaterThan(0.95);
    expect(deviation.ari).toBe(0);
  });

  it('tells completeness from homogeneity', () => {
    // Each class split in two: homogeneous, not complete. V-measure values by hand: H(class) = ln 2, H(cluster) = ln 4.
    const scores = agreement([0, 0, 1, 1], [0, 1, 2, 3]);
    expect(scores.homogeneity).toBeCloseTo(1, 12);
    expect(scores.completeness).toBeCloseTo(0.5, 12);
    expect(scores.nmi).toBeCloseTo(2 / 3, 12);
  });

  it('has no silhouette for one category', () => {
    const { mean } = drain(
      clusteringTestSteps(geometry(points), new Uint8Array(60), { ...options, seeds: [1] }),
    );
    expect(mean.silhouette).toBeNaN();
    expect(mean.purity).toBe(1);
  });
});

describe('the similarity test', () => {
  it('correlates cosines with sameness', () => {
    const scores = [0.9, 0.1, 0.8, 0.3];
    const pairs = scores.map((_, a) => ({ a, b: 0, same: a % 2 === 0 }));
    const { spearman, meanSame, meanOther } = similarityTest((a) => scores[a] as number, pairs);
    expect(spearman).toBeCloseTo(0.894427191, 8);
    expect([meanSame, meanOther]).toEqual([expect.closeTo(0.85, 12), expect.closeTo(0.2, 12)]);
    expect(similarityTest(() => 1, []).spearman).toBeNull();
  });
});

describe('benchmark files', () => {
  it('are read, and refused with what they lack', () => {
    expect(readCategories({ 'a|b': { samples: [{ instruction: 'x' }] } })).toEqual([
      { text: 'x', category: 'a|b' },
    ]);
    for (const wrong of [null, [], { 'a|b': {} }, { 'a|b': { samples: [{}] } }])
      expect(() => readCategories(wrong)).toThrowError(
        expect.objectContaining({ code: 'benchmark-file-invalid' }),
      );
    const pair = { instruction1: 'x', intention1: 'a|b', instruction2: 'y', intention2: 'c|d', label: 0 };
    expect(readPairs([pair])).toEqual([{ texts: ['x', 'y'], intents: ['a|b', 'c|d'], same: false }]);
    expect(() => readPairs([{ ...pair, label: 2 }])).toThrowError(
      expect.objectContaining({ code: 'benchmark-file-invalid' }),
    );
  });
});

describe('the honest split', () => {
  const labelled = [
    { text: 'Write a poem.', category: 'write|poem' },
    { text: 'write  a POEM.', category: 'write|poem' },
    { text: 'Sort it', category: 'sort|list' },
    { text: 'A test text', category: 'read|book' },
    { text: 'Spot the slip', category: 'spot|slip##find|error' },
  ];
  const clusteringTestRows = [
    { text: 'A test text', category: 'draw|map' },
    { text: 'Find errors', category: 'find|error##find|mistake' },
  ];
  const pairs = [1, 2, 3, 4].flatMap((i) =>
    [1, 2, 3, 4].map((j) => ({
      texts: [`text ${i} of ${j}`, `other ${j} of ${i}`] as const,
      intents: [`do|${i}`, `do|${j}`] as const,
      same: i === j,
    })),
  );
  const split = honestSplit(
    { labelled, pairs, clusteringTest: clusteringTestRows },
    { seed: 1, heldOutShare: 0.5 },
  );

  it('keeps texts, categories and merged categories of the test out of training', () => {
    const texts = split.train.map(({ text }) => text);
    expect(texts).toContain('Write a poem.');
    for (const out of ['write  a POEM.', 'A test text', 'Spot the slip']) expect(texts).not.toContain(out);
    // One text of the clustering test, and the eight of the four pairs that are tested.
    expect(split.dropped).toMatchObject({ duplicateText: 1, testText: 9, testCategory: 1 });
  });

  it('tests similarity on intents that no training row has', () => {
    const heldOut = new Set(split.similarityTest.flatMap(({ intents }) => intents));
    expect(heldOut.size).toBe(2);
    expect(split.similarityTest).toHaveLength(4);
    expect(split.train.some(({ category }) => heldOut.has(category))).toBe(false);
  });
});

// Third-party data beside the repository; skipped where it is absent.
const folder = '../shared/data/ieb';
describe.skipIf(!existsSync(folder))('on the Instruction Embedding Benchmark', () => {
  const json = (name: string): unknown => JSON.parse(readFileSync(`${folder}/${name}.json`, 'utf8'));

  it('gives TF-IDF what scikit-learn measured, within the spread of seeds', () => {
    const rows = readCategories(json('eft_test'));
    const { ids, names } = numbered(rows.map(({ category }) => category));
    expect([rows.length, names.length]).toEqual([3291, 145]);
    const texts = rows.map(({ text }) => text);
    const { model, vectors } = drain(tfidfVectorSteps(texts));
    const test = { seeds: [0, 1], k: null, runs: 1, silhouetteSample: 400 };
    const { mean } = drain(clusteringTestSteps(geometry(vectors), ids, test));
    // Stored: ARI 0.581 (0.576 over three seeds), purity 0.708, homogeneity 0.843; IIS 0.806. Its vocabulary settings are not said.
    expect(Math.abs(mean.ari - 0.581)).toBeLessThan(0.05);
    expect(Math.abs(mean.purity - 0.708)).toBeLessThan(0.045);
    expect(Math.abs(mean.homogeneity - 0.843)).toBeLessThan(0.025);

    const { texts: pairTexts, pairs } = indexedPairs(readPairs(json('intention_similarity_test')));
    const x = model.transform(pairTexts);
    const { spearman } = similarityTest((a, b) => sparseCosine(x, a, x, b), pairs);
    expect(Math.abs((spearman ?? 0) - 0.806)).toBeLessThan(0.01);
  });

  it('leaves enough to train on, and nothing that is tested', () => {
    const split = honestSplit(
      {
        labelled: readCategories(json('ift_test')),
        pairs: readPairs(json('intention_similarity_test')),
        clusteringTest: readCategories(json('eft_test')),
      },
      { seed: 1 },
    );
    const keys = (category: string) => parseCategories(category).map(categoryKey);
    const tested = new Set(split.clusteringTest.flatMap(({ category }) => keys(category)));
    expect(split.train.flatMap(({ category }) => keys(category)).some((key) => tested.has(key))).toBe(false);
    expect(split.train.length).toBeGreaterThan(3000);
    expect(split.similarityTest.length).toBeGreaterThan(100);
    expect(split.similarityTest.some(({ same }) => same)).toBe(true);
    expect(split.similarityTest.some(({ same }) => !same)).toBe(true);
  });
});
