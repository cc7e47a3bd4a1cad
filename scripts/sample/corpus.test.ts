import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random } from '../../src/base/random.ts';
import { toJsonLines, writeCorpus } from './corpus.ts';
import * as generic from './generic.ts';
import { expand, sentence } from './grammar.ts';
import { areas } from './topics/index.ts';

const rows = writeCorpus();
const counts = new Map<string, number>();
for (const row of rows) for (const label of row.categories) counts.set(label, (counts.get(label) ?? 0) + 1);
const kept = (threshold: number) => [...counts.values()].filter((count) => count >= threshold).length;

describe('the sample corpus', () => {
  it('is what the generator writes, byte for byte', () => {
    const committed = readFileSync(
      new URL('../../public/samples/howto-steps.jsonl', import.meta.url),
      'utf8',
    );
    expect(toJsonLines(rows) === committed).toBe(true);
    expect(committed.length).toBeLessThan(6_000_000);
  });

  it('has at least 12,000 steps over more than 70 labels with a long tail', () => {
    expect(rows.length).toBeGreaterThanOrEqual(12_000);
    expect(counts.size).toBeGreaterThanOrEqual(70);
    const sorted = [...counts.values()].sort((a, b) => b - a);
    expect(sorted[0]).toBeGreaterThan(3000);
    expect(sorted.at(-1)).toBeLessThan(25);
    expect(sorted.at(-1)).toBeGreaterThanOrEqual(15);
    // The threshold slider moves something everywhere along its way.
    const steps = [20, 50, 100, 200, 300, 500, 1000, 2000].map(kept);
    expect(steps).toEqual([...new Set(steps)].sort((a, b) => b - a));
    expect(kept(200)).toBeGreaterThan(60);
  });

  it('fills every field of HowSumm’s step schema, with several labels a row and fictional addresses', () => {
    let labels = 0;
    for (const row of rows) {
      labels += row.categories.length;
      expect(new Set(row.categories).size).toBe(row.categories.length);
      expect(row.url).toMatch(/^https:\/\/example\.org\/how-to\/[\w-]+$/);
      expect(row.title).toMatch(/^How to [A-Z]/);
      expect(row.step.startsWith(row['target-summary'])).toBe(true);
      expect(row.step).toMatch(/^["A-Z0-9=].*[.!?]$/);
      expect(row.step).not.toMatch(/\b[Aa]n (?:[bcdfgjklmnpqrstvwxz]|one)|\b[Aa] [aei]/);
      expect(`${row.title}${row.step}`).not.toMatch(/[{}|$](?!\d)|undefined| {2}| [,.]/);
      for (const source of row.sources) expect(source).toMatch(/^https:\/\/example\.org\//);
    }
    expect(labels / rows.length).toBeGreaterThan(2.3);
    expect(rows.some((row) => row.categories.length >= 5)).toBe(true);
  });

  it('gives steps of one article the same labels, and ambiguous steps to many articles', () => {
    const byUrl = new Map<string, string>();
    const labelsOfStep = new Map<string, Set<string>>();
    for (const { url, 'target-summary': step, categories } of rows) {
      expect(byUrl.get(url) ?? categories.join()).toBe(categories.join());
      byUrl.set(url, categories.join());
      const seen = labelsOfStep.get(step) ?? new Set();
      labelsOfStep.set(step, seen.add(categories[0] ?? ''));
    }
    const ambiguous = [...labelsOfStep.values()].filter((seen) => seen.size >= 5).length;
    expect(ambiguous).toBeGreaterThan(100);
  });

  it('repeats few whole texts', () => {
    const distinct = new Set(rows.map((row) => row.step)).size;
    expect(distinct / rows.length).toBeGreaterThan(0.95);
  });
});

it('every template of the vocabulary expands, and every second topic exists', () => {
  const topics = areas.flatMap((area) => area.topics);
  const labels = new Set(topics.map(({ label }) => label));
  expect(labels.size).toBe(topics.length);
  const stream = random(1);
  const slots = { ...generic.slots, it: ['x'], other: ['y'] };
  for (const topic of topics) {
    expect(topic.also.filter((label) => !labels.has(label))).toEqual([]);
    for (const template of [...topic.steps, ...topic.details, ...topic.titles])
      for (let draw = 0; draw < 5; draw++) expect(expand(template, slots, stream).trim()).not.toBe('');
  }
});

it('mends articles, spaces and ends of sentences', () => {
  expect(sentence('add a egg and an banana to an hour-old  dough , slowly')).toBe(
    'Add an egg and a banana to an hour-old dough, slowly.',
  );
  expect(sentence('wear a uniform')).toBe('Wear a uniform.');
  expect(() => expand('{a|b', {}, random(1))).toThrow(/Unclosed/);
  expect(() => expand('$nothing', {}, random(1))).toThrow(/Unknown slot/);
});
