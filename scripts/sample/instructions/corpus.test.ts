import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { categoryAgreement } from '../../../src/core/verbNoun/agreement.ts';
import { createExtractor } from '../../../src/core/verbNoun/extract.ts';
import { loadTagger } from '../../../src/core/verbNoun/tagger.ts';
import { toJsonLines, writeInstructions } from './corpus.ts';

describe('the sample instructions', () => {
  const rows = writeInstructions();
  it('are 1,500 or more over 120 or more categories, without repeats, and are what the page serves', () => {
    expect(rows.length).toBeGreaterThanOrEqual(1500);
    expect(new Set(rows.map(({ categories }) => categories[0])).size).toBeGreaterThanOrEqual(120);
    expect(new Set(rows.map(({ instruction }) => instruction)).size).toBe(rows.length);
    expect(rows.some(({ categories }) => categories.length > 1)).toBe(true);
    expect(toJsonLines(rows)).not.toMatch(/\$\w/u);
    const served = new URL('../../../public/samples/instructions.jsonl', import.meta.url);
    expect(readFileSync(served, 'utf8')).toBe(toJsonLines(rows));
  });

  it('say what their labels say', async () => {
    const extract = createExtractor(await loadTagger());
    const agreement = categoryAgreement(
      rows.map(({ instruction }) => extract(instruction).primary),
      rows.map(({ categories }) => categories[0] ?? null),
    );
    console.log('sample agreement', agreement);
    expect(agreement.pair).toBeGreaterThan(0.8);
  });
});
