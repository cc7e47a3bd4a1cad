import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCategories } from '../embedding/benchmark/files.ts';
import { compareExtractors } from './agreement.ts';
import { categoryKey, type TaskCategory } from './category.ts';
import type { Extraction } from './extract.ts';
import { loadExtractor } from './extractors.ts';

// Third-party benchmark beside the repository; the test that reads it skips without it.
const benchmark = new URL('../../../../shared/data/ieb/eft_test.json', import.meta.url);

let extract: (text: string) => Extraction;
beforeAll(async () => {
  extract = await loadExtractor('compromise');
});

const primary = (text: string) => {
  const category = extract(text).primary;
  return category && categoryKey(category);
};

describe('the second extractor', () => {
  it.each([
    ['Outline the stages of a butterfly.', 'outline|stage'],
    ['Rank these beaches by their sand', 'rank|beach'],
    ['PLEASE translate the menu', 'translate|menu'],
    ['Tell me a riddle about snow', 'tell|riddle'],
    ['Give me a list of herbs that grow in shade.', 'give|list'],
    ['Given a receipt, compute its total.', 'compute|total'],
    ['Based on the review below, guess the rating.', 'guess|rating'],
    ['I would like you to compose a lullaby.', 'compose|lullaby'],
    ['Your task is to sort the invoices.', 'sort|invoice'],
    ['Imagine you run a bakery. Invent a pastry.', 'invent|pastry'],
    ['Explain how to knit a scarf.', 'knit|scarf'],
    ['Find and fix the bug in this loop.', 'fix|bug'],
    ['What is the boiling point of ethanol?', 'what|knowledge'],
    ['Is this tomato ripe?', 'yes-no|task'],
    ['How can I remove a stain?', 'remove|stain'],
  ])('%s', (text, category) => expect(primary(text)).toBe(category));

  it('lists steps, has nothing for nothing, and does not choke on what is no language', () => {
    expect(extract('Translate the poem and count its syllables.').steps.map(categoryKey)).toEqual([
      'translate|poem',
      'count|syllable',
    ]);
    for (const text of ['', '   ', '?!']) expect(extract(text)).toEqual({ primary: null, steps: [] });
    expect(primary(`Decode this string: ${'QUJD'.repeat(50_000)}`)).toBe('decode|string');
  });
});

describe('extractors side by side', () => {
  it('are counted by who has the label right', () => {
    const of = (pair: string): TaskCategory | null => {
      const [verb, noun] = pair.split('|');
      return verb && noun ? { verb, noun } : null;
    };
    const first = ['write|poem', 'fix|bug', 'list|tree', '', 'sort|word'].map(of);
    const second = ['write|poem', 'fix|loop', 'name|tree', '', 'order|list'].map(of);
    const labels = ['write|poem', 'fix|bug', 'name|tree##call|tree', null, 'rank|word'];
    const found = compareExtractors(first, second, labels);
    expect(found.labelled).toEqual({ both: 1, onlyFirst: 1, onlySecond: 1, neither: 1 });
    expect(found.same.pair).toBeCloseTo(2 / 5, 12);
    expect(found.same.verb).toBeCloseTo(3 / 5, 12);
    expect(found.differing).toEqual([1, 2, 4]);
  });

  it.skipIf(!existsSync(benchmark))(
    'on IEB’s test set the first is ahead, the second above 85 %',
    async () => {
      const rows = readCategories(JSON.parse(readFileSync(benchmark, 'utf8')));
      const labels = rows.map(({ category }) => category);
      const wink = await loadExtractor('wink');
      const found = compareExtractors(
        rows.map(({ text }) => wink(text).primary),
        rows.map(({ text }) => extract(text).primary),
        labels,
      );
      console.info(JSON.stringify({ ...found, differing: found.differing.length }));
      expect(found.first.pair).toBeGreaterThan(0.9);
      expect(found.second.pair).toBeGreaterThan(0.85);
      expect(found.second.verb).toBeGreaterThan(0.9);
      expect(found.same.pair).toBeGreaterThan(0.8);
    },
  );
});
