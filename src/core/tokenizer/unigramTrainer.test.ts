import { describe, expect, it } from 'vitest';
import { addExpectedCounts, segment, unigramPieces } from './unigram.ts';
import { digamma, trainUnigram } from './unigramTrainer.ts';

/** All segmentations of a word with their log probabilities. */
function enumerate(word: string, scores: ReadonlyMap<string, number>): [pieces: string[], score: number][] {
  if (word === '') return [[[], 0]];
  const all: [string[], number][] = [];
  for (let end = 1; end <= word.length; end++) {
    const score = scores.get(word.slice(0, end));
    if (score === undefined) continue;
    for (const [rest, restScore] of enumerate(word.slice(end), scores))
      all.push([[word.slice(0, end), ...rest], score + restScore]);
  }
  return all;
}

describe('the lattice', () => {
  const scores = new Map<string, number>([
    ['a', -3],
    ['b', -3],
    ['c', -3],
    ['ab', -3.5],
    ['bc', -4],
    ['abc', -7.2],
    ['ca', -2],
  ]);
  const pieces = unigramPieces(scores);

  it('finds the best of all segmentations and the expected counts over all of them', () => {
    for (const word of ['abc', 'abcabc', 'cacab', 'a', 'bcabcca']) {
      const all = enumerate(word, scores);
      const best = Math.max(...all.map(([, score]) => score));
      expect(segment(word, pieces, -99).score).toBeCloseTo(best, 10);
      const total = all.reduce((sum, [, score]) => sum + Math.exp(score), 0);
      const counts = new Map<string, number>();
      expect(addExpectedCounts(word, pieces, 2, counts)).toBeCloseTo(2 * Math.log(total), 8);
      for (const piece of scores.keys()) {
        let expected = 0;
        for (const [parts, score] of all)
          expected += (2 * Math.exp(score) * parts.filter((part) => part === piece).length) / total;
        expect(counts.get(piece) ?? 0).toBeCloseTo(expected, 8);
      }
    }
  });

  it('keeps astral characters whole, covered or not', () => {
    expect(segment('a🎉b', pieces, -20).pieces).toEqual(['a', '🎉', 'b']);
    expect(() => addExpectedCounts('a🎉', pieces, 1, new Map())).toThrow(RangeError);
  });
});

describe('training', () => {
  const text =
    'bake baker baking cake caker caking rake raker raking wake waker waking lake take taker taking made';
  const words = new Map(text.split(' ').map((word, i) => [`▁${word}`, 5 + (i % 4)] as const));

  it('raises the likelihood with every EM step', () => {
    const { logLikelihoods } = trainUnigram(words, { vocabularySize: 400, emSteps: 6, fill: false });
    for (let step = 1; step < 6; step++)
      expect(logLikelihoods[step]).toBeGreaterThan((logLikelihoods[step - 1] as number) - 0.02);
    expect(logLikelihoods[5]).toBeGreaterThan(logLikelihoods[0] as number);
  });

  it('keeps every character, splits off shared endings and holds the size asked for', () => {
    const { vocabulary } = trainUnigram(words, { vocabularySize: 45, requiredCharacters: 'xyz' });
    const known = new Map(vocabulary);
    expect(vocabulary.length).toBe(45);
    const characters = [...`xyz▁${text.replaceAll(' ', '')}`];
    expect(characters.filter((char) => !known.has(char))).toEqual([]);
    expect(
      vocabulary.map(([piece]) => piece).some((piece) => piece.endsWith('ing') || piece.endsWith('ake')),
    ).toBe(true);
    expect(segment('▁snaking', unigramPieces(vocabulary), -99).pieces.length).toBeLessThan('▁snaking'.length);
  });

  it('never joins letters with digits or punctuation in one piece', () => {
    const mixed = new Map([
      ['▁time.', 50],
      ['▁time,', 50],
      ['▁20g', 50],
      ['▁(4', 50],
      ['▁time', 50],
    ]);
    const { vocabulary } = trainUnigram(mixed, { vocabularySize: 60 });
    const pieces = vocabulary.map(([piece]) => piece);
    expect(pieces).toContain('▁time');
    expect(pieces.filter((piece) => /\p{L}[^\p{L}]|\p{N}[^\p{N}]|[^▁\p{L}]\p{L}/u.test(piece))).toEqual([]);
  });

  it('gives the same vocabulary for the same words in another order', () => {
    const options = { vocabularySize: 40 };
    const reversed = new Map([...words].reverse());
    expect(trainUnigram(reversed, options).vocabulary).toEqual(trainUnigram(words, options).vocabulary);
  });

  it('stops when aborted', () => {
    const signal = AbortSignal.abort();
    expect(() => trainUnigram(words, { vocabularySize: 30, signal })).toThrow('Stopped.');
  });
});

it('computes digamma', () => {
  expect(digamma(1)).toBeCloseTo(-0.57721566490153, 10);
  expect(digamma(0.5)).toBeCloseTo(-1.96351002602142, 10);
  expect(digamma(100)).toBeCloseTo(4.60016185273487, 10);
});
