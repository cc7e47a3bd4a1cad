import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { createJsonConstraint, createTokenMasker, objectSchema } from './jsonConstraint.ts';

const keys = ['about "food"', 'Ünïcode 😀', 'c'];

/** A vocabulary as byte-level ones are: pieces that straddle quotes, colons and braces, partial characters, escapes. */
const vocabulary: (string | null)[] = [
  null,
  ...Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)),
  '{"',
  '": "',
  '", "',
  '"}',
  '."}',
  '{"about',
  ' food',
  '\\"',
  '\\',
  '\\u00',
  'n the',
  '\n',
  '\uFFFD',
  '😀',
  'Ü',
  'ï',
  'xx"yy',
  '":"',
  '',
  '}{',
  'ing"}',
  '\\n',
  'a long piece of text',
];

describe('the JSON constraint', () => {
  it('accepts what it asks for, character by character, and nothing else', () => {
    const constraint = createJsonConstraint({ keys, maxTextChars: 40 });
    const sound = JSON.stringify(
      { [keys[0] ?? '']: 'so "good"', [keys[1] ?? '']: 'a\\b', c: 'z\u00e9' },
      null,
      0,
    )
      .replaceAll('":"', '": "')
      .replaceAll('","', '", "');
    const end = constraint.advance(constraint.start, sound);
    expect(end && constraint.isDone(end)).toBe(true);
    for (const bad of [
      ` ${sound}`,
      '{"c": "',
      '{"about \\"food\\"": ""',
      '{"about \\"food\\"": " x',
      '{"about \\"food\\"": "a\nb',
      `${sound}x`,
    ])
      expect(constraint.advance(constraint.start, bad)).toBeNull();
    expect(constraint.advance(constraint.start, '{"about \\"food\\"": "a\\u12G')).toBeNull();
    expect(constraint.advance(constraint.start, '{"about \\"food\\"": "a\\x')).toBeNull();
  });

  it('makes any sampler write a parsing object with exactly the keys, and come to an end', () => {
    const constraint = createJsonConstraint({ keys, maxTextChars: 60, minTextChars: 3 });
    const masker = createTokenMasker(constraint, vocabulary, [0]);
    for (let seed = 0; seed < 200; seed++) {
      const rng = random(seed);
      let state = constraint.start;
      let text = '';
      for (let step = 0; ; step++) {
        expect(step).toBeLessThan(400);
        const mask = masker.mask(state);
        const allowed = [...mask.keys()].filter((id) => mask[id] === 1);
        expect(allowed.length).toBeGreaterThan(0);
        const token = allowed[rng.integer(allowed.length)] ?? 0;
        const next = masker.take(state, token);
        expect(next).not.toBeNull();
        if (token === 0) break;
        text += vocabulary[token] ?? '';
        state = next ?? state;
      }
      const parsed = JSON.parse(text) as Record<string, string>;
      expect(Object.keys(parsed)).toEqual(keys);
      for (const value of Object.values(parsed)) {
        expect(value.trim()).not.toBe('');
        expect([...value].length).toBeLessThanOrEqual(60);
      }
    }
  });

  it('masks as running every token would, however the states are cached', () => {
    const constraint = createJsonConstraint({ keys: ['a', 'b'], maxTextChars: 12 });
    const masker = createTokenMasker(constraint, vocabulary, [0]);
    let state = constraint.start;
    const rng = random(7);
    for (let step = 0; step < 60 && !constraint.isDone(state); step++) {
      const mask = masker.mask(state);
      vocabulary.forEach((token, id) => {
        if (token === null) return;
        const isAllowed = token !== '' && constraint.advance(state, token) !== null;
        expect(mask[id] === 1).toBe(isAllowed);
      });
      const allowed = [...mask.keys()].filter((id) => mask[id] === 1);
      state = masker.take(state, allowed[rng.integer(allowed.length)] ?? 0) ?? state;
    }
  });

  it('writes what a vocabulary lacks in a key as escapes', () => {
    const ascii = (character: string) => character < '\u007f';
    const constraint = createJsonConstraint({ keys: ['größe 😀', 'b'], maxTextChars: 9, canWrite: ascii });
    const text = String.raw`{"gr\u00f6\u00dfe \ud83d\ude00": "x", "b": "y"}`;
    const end = constraint.advance(constraint.start, text);
    expect(end && constraint.isDone(end)).toBe(true);
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['größe 😀', 'b']);
  });

  it('completes a reply that was cut off anywhere', () => {
    const constraint = createJsonConstraint({ keys, maxTextChars: 20, minTextChars: 2 });
    const whole = String.raw`{"about \"food\"": "ab\n\u0041", "Ünïcode 😀": "cd", "c": "ef"}`;
    let text = '';
    for (const character of ['', ...whole]) {
      text += character;
      const state = constraint.advance(constraint.start, text);
      expect(state).not.toBeNull();
      const closed = text + (state ? constraint.completion(state) : '');
      expect(Object.keys(JSON.parse(closed) as object)).toEqual(keys);
    }
  });

  it('refuses what cannot be', () => {
    expect(() => createJsonConstraint({ keys: [], maxTextChars: 9 })).toThrow(/No object/u);
    expect(() => createJsonConstraint({ keys: ['a', 'a'], maxTextChars: 9 })).toThrow(/No object/u);
    expect(() => createJsonConstraint({ keys: ['a'], maxTextChars: 0 })).toThrow(/No object/u);
  });

  it('says the same as a schema', () => {
    expect(objectSchema({ keys: ['a', 'b'], maxTextChars: 9 })).toMatchObject({
      required: ['a', 'b'],
      additionalProperties: false,
      properties: { a: { type: 'string', minLength: 1, maxLength: 9 } },
    });
  });
});
