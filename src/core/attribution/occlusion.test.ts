import { describe, expect, it } from 'vitest';
import { occludedRows, occlusionEffects, tokensOfCut, wordUnits } from './occlusion.ts';

const texts = (tokens: readonly string[]) => wordUnits(tokens).map(({ text }) => text);

describe('words', () => {
  it('are joined from pieces of the three kinds of tokenizers, special tokens left out', () => {
    expect(texts(['▁Pre', 'heat', '▁the', '▁oven', '.', '<sep>', '<cls>'])).toEqual([
      'Preheat',
      'the',
      'oven.',
    ]);
    expect(texts(['<s>', 'Pre', 'heat', 'Ġthe', 'Ġoven', '</s>'])).toEqual(['Preheat', 'the', 'oven']);
    expect(texts(['[CLS]', 'pre', '##heat', 'the', '.', '[SEP]'])).toEqual(['preheat', 'the', '.']);
  });

  it('are taken together where there are more than passes', () => {
    const units = wordUnits(['[CLS]', ...Array.from({ length: 25 }, (_, i) => `w${i}`), '[SEP]'], 10);
    expect(units.length).toBe(9);
    expect(units[0]).toEqual({ text: 'w0 w1 w2', start: 1, end: 4 });
    expect(units.at(-1)).toEqual({ text: 'w24', start: 25, end: 26 });
  });
});

describe('leaving words out', () => {
  it('makes the text, then the text without each word', () => {
    const units = wordUnits(['[CLS]', 'pre', '##heat', 'oven', '[SEP]']);
    const { ids, offsets } = occludedRows(Int32Array.of(2, 7, 8, 9, 3), units);
    const row = (at: number) => [...ids.subarray(offsets[at], offsets[at + 1])];
    expect([row(0), row(1), row(2)]).toEqual([
      [2, 7, 8, 9, 3],
      [2, 9, 3],
      [2, 7, 8, 3],
    ]);
  });

  it('equals weight times value for a linear model', () => {
    const weights = new Map([
      [7, 2],
      [8, -1],
      [9, 0.5],
    ]);
    const units = wordUnits(['▁a', '▁b', '▁c']);
    const { ids, offsets } = occludedRows(Int32Array.of(7, 8, 9), units);
    const logits = Float32Array.from(Array.from(offsets).slice(0, -1).keys(), (row) =>
      ids.slice(offsets[row], offsets[row + 1]).reduce((sum, id) => sum + (weights.get(id) ?? 0), 0),
    );
    expect([...occlusionEffects(logits, 1, 0)]).toEqual([2, -1, 0.5]);
  });
});

it('finds the tokens of a cut text, whichever side its special tokens are on', () => {
  expect(tokensOfCut(Int32Array.of(1, 2, 8, 9), [1, 2, 3, 4, 8, 9], ['a', 'b', 'c', 'd', 'x', 'y'])).toEqual([
    'a',
    'b',
    'x',
    'y',
  ]);
  expect(tokensOfCut(Int32Array.of(0, 1, 9), [0, 1, 2, 9], ['s', 'a', 'b', 'e'])).toEqual(['s', 'a', 'e']);
  expect(tokensOfCut(Int32Array.of(5), [1, 2], ['a', 'b'])).toBeNull();
});
