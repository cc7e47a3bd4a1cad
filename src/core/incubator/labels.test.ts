import { describe, expect, it } from 'vitest';
import { checkLabels, parseLabels } from './labels.ts';

describe('labels of an instruction', () => {
  it.each([
    [
      "Build a classifier that can categorize text messages by 'about food' and 'about movie'.",
      ['about food', 'about movie'],
    ],
    ['Tell “spam” from “not spam”, please', ['spam', 'not spam']],
    ['Sort mail by "bill", "offer" and "other"', ['bill', 'offer', 'other']],
    [
      "It's a test: don't split 'the dog's dinner' and 'the cat's dinner'",
      ["the dog's dinner", "the cat's dinner"],
    ],
    ['Classify news into world, sports, business and science.', ['world', 'sports', 'business', 'science']],
    ['Classify tweets as joy, anger or fear', ['joy', 'anger', 'fear']],
    ['Sort the questions by place, person, or number?', ['place', 'person', 'number']],
    ['Labels: positive, negative, neutral', ['positive', 'negative', 'neutral']],
    ['Decide whether a review is positive or negative.', ['positive', 'negative']],
    ['Tell me whether a message is urgent, can wait or is spam', ['urgent', 'can wait', 'is spam']],
    ['Distinguish between cats and dogs', ['cats', 'dogs']],
    ["Sort by 'A', 'a' and 'B'", ['A', 'B']],
    ['Write something nice', []],
    ['', []],
    ["Only 'one' here", []],
  ])('%s', (instruction, labels) => {
    expect(parseLabels(instruction).labels).toEqual(labels);
  });

  it('does not hang on hostile text', () => {
    const started = performance.now();
    for (const text of [
      "'a".repeat(20_000),
      'by a, '.repeat(20_000),
      '“'.repeat(50_000),
      'whether or '.repeat(20_000),
    ])
      expect(Array.isArray(parseLabels(text).labels)).toBe(true);
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('asks for two different names that are not empty', () => {
    expect(checkLabels(['a', 'b'])).toEqual(['a', 'b']);
    expect(() => checkLabels(['a'])).toThrow(/only one/u);
    expect(() => checkLabels(['a', 'a'])).toThrow(/cannot be a class/u);
    expect(() => checkLabels(['a', ' '])).toThrow(/cannot be a class/u);
    expect(() => checkLabels(Array.from({ length: 65 }, (_, at) => `c${at}`))).toThrow(/too many/u);
  });
});
