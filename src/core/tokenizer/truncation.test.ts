import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadTokenizer } from './tokenizer.ts';

const folder = 'public/models/verbena-mini';
const tokenizer = loadTokenizer({
  tokenizerJson: readFileSync(`${folder}/tokenizer.json`, 'utf8'),
  tokenizerConfigJson: readFileSync(`${folder}/tokenizer_config.json`, 'utf8'),
});
const text = 'Preheat the oven, then mix the flour with warm water and knead the dough for ten minutes.';
const whole = [...tokenizer.encode(text).ids];
const body = whole.slice(0, -2);
const special = whole.slice(-2);

describe('what stays of a text that is too long', () => {
  it.each([
    ['head', body.slice(0, 8)],
    ['tail', body.slice(-8)],
    // Three quarters of the room for the beginning, one for the end.
    ['head-tail', [...body.slice(0, 6), ...body.slice(-2)]],
  ] as const)('%s: the special tokens stay, the room is filled', (keeps, kept) => {
    const { ids, typeIds, fullLength } = tokenizer.encode(text, 10, keeps);
    expect([...ids]).toEqual([...kept, ...special]);
    expect([...typeIds]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
    expect(fullLength).toBe(whole.length);
  });

  it('a text that fits is left as it is, whatever stays of others', () => {
    for (const keeps of ['head', 'tail', 'head-tail'] as const)
      expect([...tokenizer.encode(text, whole.length, keeps).ids]).toEqual(whole);
  });
});
