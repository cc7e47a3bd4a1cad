import { readFileSync } from 'node:fs';
import { readCategories, readPairs } from '../../src/core/embedding/benchmark/files.ts';
import { honestSplit, type HonestSplit } from '../../src/core/embedding/benchmark/honestSplit.ts';
import { categoryKey } from '../../src/core/verbNoun/category.ts';
import { createExtractor } from '../../src/core/verbNoun/extract.ts';
import { loadTagger } from '../../src/core/verbNoun/tagger.ts';

/** Third-party data beside the repository. */
export const iebFolder = '../shared/data/ieb';

export interface PieData {
  readonly split: HonestSplit;
  /** What is trained on: labelled rows and weakly labelled ones, `pair` and `category` of each. */
  readonly train: readonly { readonly text: string; readonly pair: string; readonly category: string }[];
  /** Categories as the extractor of the weak labels finds them; empty where it finds none. */
  readonly extract: (texts: readonly string[]) => string[];
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * The honest protocol (PAPERS.md section 2): training on IFT-test, the texts of the similarity test, and the texts of eft_train_unsup with
 * the categories that the extractor gives them. Out of training: EFT-test's texts and categories, and the held-out intents.
 */
export async function pieData(seed: number): Promise<PieData> {
  const json = (name: string): unknown => JSON.parse(readFileSync(`${iebFolder}/${name}.json`, 'utf8'));
  const extract = createExtractor(await loadTagger());
  const unlabelled = json('eft_train_unsup') as readonly string[];
  const weak = unlabelled.flatMap((text) => {
    const { primary } = extract(text);
    return primary ? [{ text, category: categoryKey(primary) }] : [];
  });
  const clusteringTest = readCategories(json('eft_test'));
  const split = honestSplit(
    {
      labelled: readCategories(json('ift_test')),
      pairs: readPairs(json('intention_similarity_test')),
      clusteringTest,
      weak,
    },
    { seed },
  );
  const train = [...split.train, ...split.weak].map(({ text, category }) => ({
    text,
    category,
    pair: category.split('##')[0] ?? category,
  }));
  const normal = (text: string) => text.trim().replace(/\s+/gu, ' ').toLowerCase();
  const tested = new Set(clusteringTest.map(({ text }) => normal(text)));
  const leaked = train.filter(({ text }) => tested.has(normal(text))).length;
  if (leaked > 0) throw new Error(`${leaked} training texts are tested.`);
  const counts = {
    labelled: split.train.length,
    weak: split.weak.length,
    unlabelledTexts: unlabelled.length,
    categories: new Set(train.map(({ category }) => category)).size,
    similarityPairs: split.similarityTest.length,
    ...split.dropped,
  };
  const categories = (texts: readonly string[]) =>
    texts.map((text) => {
      const { primary } = extract(text);
      return primary ? categoryKey(primary) : '';
    });
  return { split, train, extract: categories, counts };
}
