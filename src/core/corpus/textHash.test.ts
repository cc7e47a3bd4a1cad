import { describe, expect, it } from 'vitest';
import { random, type Random } from '../../base/random.ts';
import { TextHash } from './textHash.ts';

const encoder = new TextEncoder();

function hashed(columns: readonly string[], offset = 0, doubledQuotes = false) {
  const hash = new TextHash();
  hash.begin();
  for (const column of columns) {
    const bytes = encoder.encode(`${'x'.repeat(offset)}${column}yy`);
    hash.add(bytes, offset, bytes.length - 2, doubledQuotes);
  }
  hash.end();
  return { key: `${hash.low}/${hash.high}`, chars: hash.chars, blank: hash.blank, valid: hash.valid };
}

const alphabet = [...'abcdefgXYZ  ..,"\n\t!é日🎂ÄШ\u00a0'];
const randomText = (stream: Random, length: number) =>
  Array.from({ length }, () => alphabet[stream.integer(alphabet.length)]).join('');
const normalised = (text: string) => text.trim().replace(/\s+/gu, ' ').toLowerCase();

describe('the hash of normalised text', () => {
  it('is equal exactly where the normalised texts are, at any position in the block', () => {
    const keyOf = new Map<string, string>();
    for (let seed = 0; seed < 6000; seed++) {
      const stream = random(seed);
      const text = randomText(stream, stream.integer(24));
      const { key } = hashed([text], stream.integer(5));
      expect(hashed([text.toUpperCase()], stream.integer(5)).key).toBe(key);
      expect(hashed([`  ${text.replaceAll(' ', ' \n ')}\t`], stream.integer(5)).key).toBe(key);
      const known = keyOf.get(normalised(text));
      expect(known ?? key).toBe(key);
      keyOf.set(normalised(text), key);
    }
    expect(new Set(keyOf.values()).size).toBe(keyOf.size);
  });

  it('counts the code points of the trimmed text', () => {
    for (let seed = 0; seed < 500; seed++) {
      const text = randomText(random(seed), 40);
      expect({ text, chars: hashed([text], seed % 5).chars }).toEqual({
        text,
        chars: [...text.trim()].length,
      });
    }
  });

  it('joins columns with one separator and passes over blank ones', () => {
    const { key, chars } = hashed(['Bake a cake', ' ', 'in an oven ']);
    expect(key).toBe(hashed(['bake a cake\nin an oven']).key);
    expect(chars).toBe('Bake a cake\nin an oven'.length);
    expect(hashed(['', ' \u00a0'])).toMatchObject({ blank: true, chars: 0 });
  });

  it('reads doubled quotes as one', () => {
    expect(hashed(['say ""hi"" twice'], 0, true)).toEqual(hashed(['say "hi" twice']));
  });

  it('tells texts apart that differ in one character anywhere', () => {
    const base = 'attach the bracket to the wall and tighten every bolt by hand';
    const keys = new Set([hashed([base]).key]);
    for (let i = 0; i < base.length; i++)
      for (const c of '#@x0~') keys.add(hashed([base.slice(0, i) + c + base.slice(i + 1)]).key);
    const distinct = new Set(
      [...base].flatMap((_, i) => [...'#@x0~'].map((c) => base.slice(0, i) + c + base.slice(i + 1))),
    );
    expect(keys.size).toBe(distinct.add(base).size);
  });

  it.each([
    ['a cut sequence', [0x61, 0xe2, 0x82]],
    ['a lone continuation', [0x61, 0x80, 0x62]],
    ['an overlong form', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['Latin-1', [0x63, 0x61, 0x66, 0xe9, 0x20, 0x61]],
  ])('sees %s as not UTF-8', (_, values) => {
    const hash = new TextHash();
    hash.begin();
    hash.add(Uint8Array.from(values), 0, values.length, false);
    expect(hash.valid).toBe(false);
  });
});
