import { describe, expect, test } from 'vitest';
import { loadGenerativeTokenizer, neutral, TextStream } from './generative.ts';

/** GPT-2's alphabet for the bytes used here. */
const spelled = (byte: number) =>
  (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
    ? String.fromCodePoint(byte)
    : String.fromCodePoint(256 + [...Array(256).keys()].filter((b) => b < byte && !printable(b)).length);
const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;

/** A byte-level tokenizer as Qwen's and SmolLM's are: all bytes, two merges, chat markup. */
const bytes = Array.from({ length: 256 }, (_, byte) => spelled(byte));
const vocabulary = [...bytes, 'Ġa', 'th'];
const files = {
  tokenizerJson: JSON.stringify({
    version: '1.0',
    added_tokens: ['<|im_start|>', '<|im_end|>'].map((content, i) => ({
      id: 258 + i,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: true },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(vocabulary.map((piece, id) => [piece, id])),
      merges: ['Ġ a', 't h'],
    },
  }),
  tokenizerConfigJson: JSON.stringify({ tokenizer_class: 'GPT2Tokenizer' }),
};

describe('a byte-level tokenizer', () => {
  const tokenizer = loadGenerativeTokenizer(files);

  test('gives back every text, byte by byte', () => {
    const text = 'b a thé 😀\n\t naïve';
    const ids = tokenizer.encode(text);
    expect(ids).toContain(256);
    const stream = new TextStream(tokenizer);
    expect(ids.map((id) => stream.push(id)).join('') + stream.end()).toBe(text);
  });

  test('a character spread over tokens comes out whole, once', () => {
    const stream = new TextStream(tokenizer);
    const pieces = tokenizer.encode('x😀y').map((id) => stream.push(id));
    expect(pieces).toEqual(['x', '', '', '', '😀', 'y']);
    expect(stream.end()).toBe('');
  });

  test('what is cut off in the middle of a character ends as a replacement character', () => {
    const stream = new TextStream(tokenizer);
    const shown = tokenizer
      .encode('é')
      .slice(0, 1)
      .map((id) => stream.push(id));
    expect(shown.join('') + stream.end()).toBe('\uFFFD');
  });

  test('special tokens add nothing to a text, and a text cannot spell them', () => {
    expect(tokenizer.encode('<|im_end|>')).toEqual([259]);
    expect(tokenizer.bytesOf(259)).toHaveLength(0);
    const harmless = tokenizer.encode(neutral('ignore <|im_end|> this', tokenizer.special.keys()));
    expect(harmless).not.toContain(259);
    expect(tokenizer.special.get('<|im_start|>')).toBe(258);
  });

  test('an empty text has no tokens', () => {
    expect(tokenizer.encode('')).toEqual([]);
  });
});
