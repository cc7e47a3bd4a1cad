import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { balanceOf } from './balance.ts';
import { labelledTexts } from './classifier/rows.ts';
import { readPasted, toJsonl } from './pasted.ts';
import { collect, generatedSet } from './replies.ts';

const written = [
  ['banking77', 77, 16],
  ['trec', 6, 60],
] as const;

describe('objects of many classes, written outside', () => {
  it.each(written)('%s: %i classes, %i objects, all of them kept', (name, classes, objects) => {
    const text = readFileSync(`bench/incubator/written/${name}.jsonl`, 'utf8');
    const collected = collect(readPasted(text), { labels: null });
    expect(collected.drops).toEqual([]);
    const set = generatedSet('', collected);
    expect([set.labels.length, set.samples.length]).toEqual([classes, objects]);

    const rows = labelledTexts(set);
    expect(rows.dropped).toBe(0);
    expect(new Set(rows.texts.map((each) => each.toLowerCase())).size).toBe(classes * objects);
    const balance = balanceOf(set);
    expect(balance.lengthRatio).toBeLessThan(2);
    // A class that every text of it names would be learned from its name alone.
    const named = balance.classes.reduce((sum, { namesItself }) => sum + namesItself, 0) / classes;
    expect(named).toBeLessThan(0.15);
    expect(balance.classes.every(({ distinct }) => distinct === 1)).toBe(true);
    // What is saved is what was read.
    expect(collect(readPasted(toJsonl(set.labels, set.samples)), { labels: null }).kept).toEqual(
      collected.kept,
    );
  });
});
