import { describe, expect, it } from 'vitest';
import { withAddedTokens, withSpecialTokens } from './addedTokens.ts';
import { convertByteLevel, convertVocabularyText } from './bert.ts';
import { checkTokenizer, loadTokenizer, bertNeeds } from './tokenizer.ts';
import { xlnetTokenizerFiles } from './xlnet.ts';

const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'bake', 'cake', '##s', 'co', '##vid'];
const vocabulary = `${words.join('\n')}\n`;
const plain = (config: object = {}) => convertVocabularyText(vocabulary, JSON.stringify(config));
const beside = (addedTokens: object | string | null, specialTokensMap: object | null = null) => ({
  addedTokens: typeof addedTokens === 'string' ? addedTokens : addedTokens && JSON.stringify(addedTokens),
  specialTokensMap: specialTokensMap && JSON.stringify(specialTokensMap),
});
const idsOf = (files: ReturnType<typeof plain>, text: string) => [...loadTokenizer(files).encode(text).ids];

describe('tokens that were added to a vocabulary', () => {
  it('are whole, after normalising where they are words and as they stand where they are special', () => {
    expect(idsOf(plain(), 'Covid cakes')).toEqual([2, 8, 9, 6, 7, 3]);
    const roles = { additional_special_tokens: ['<User>'], cls_token: { content: '[CLS]', lstrip: false } };
    const files = withAddedTokens(plain(), beside({ COVID: 10, '<User>': 11 }, roles));
    expect(idsOf(files, 'Covid cakes')).toEqual([2, 10, 6, 7, 3]);
    expect(idsOf(files, '<User> bake<User>')).toEqual([2, 11, 5, 11, 3]);
    expect(idsOf(files, '<user> bake')).not.toContain(11);
    const tokenizer = loadTokenizer(files);
    expect(tokenizer.vocabularySize).toBe(12);
    expect(tokenizer.decode([2, 11, 10, 6, 3])).toBe('COVID cake');
    expect(() => checkTokenizer(tokenizer, { ...bertNeeds, vocabularySize: 12 })).not.toThrow();
    expect(() => checkTokenizer(tokenizer, { ...bertNeeds, vocabularySize: 10 })).toThrow(
      /12 ids .* 10 rows/,
    );
  });

  it('are told by newer files in the config, which then counts alone', () => {
    const decoder = {
      11: {
        content: '<a>',
        lstrip: false,
        normalized: false,
        rstrip: false,
        single_word: false,
        special: true,
      },
      2: { content: '[CLS]', special: true },
    };
    const files = withAddedTokens(plain({ added_tokens_decoder: decoder }), beside({ '<b>': 10 }));
    expect(idsOf(files, 'bake <a>')).toEqual([2, 5, 11, 3]);
    expect(loadTokenizer(files).idOf('<b>')).toBeNull();
    // Once listed they are left as they are.
    expect(withAddedTokens(files, beside(null))).toBe(files);
  });

  it('are added to byte-level and SentencePiece vocabularies alike', () => {
    const vocab = { '<s>': 0, '<pad>': 1, '</s>': 2, a: 3, b: 4, Ġ: 5, ab: 6 };
    const bytes = convertByteLevel(JSON.stringify(vocab), 'a b', null);
    const added = beside({ '<new>': 7 }, { additional_special_tokens: ['<new>'] });
    expect(idsOf(withAddedTokens(bytes, added), 'ab<new>ab')).toEqual([0, 6, 7, 6, 2]);
    const pieces = ['<unk>', '<s>', '</s>', '<cls>', '<sep>', '<pad>', '<mask>', '▁a', 'b'];
    const spiece = xlnetTokenizerFiles({
      vocabulary: pieces.map((piece, id) => [piece, -id]),
      unknownId: 0,
      precompiledCharsmap: null,
    });
    const name = { '<new>': 9 };
    expect(idsOf(withAddedTokens(spiece, beside(name)), 'ab<new>')).toEqual([7, 8, 9, 4, 3]);
  });

  it('keep the vocabulary’s id where it holds them, and are refused where an id is another’s', () => {
    const held = withAddedTokens(plain(), beside({ co: 70 }));
    expect(idsOf(held, 'covid')).toContain(8);
    const refused = (added: object | string) => () => withAddedTokens(plain(), beside(added));
    expect(refused({ '<a>': 5 })).toThrow(/the id 5, which is that of 'bake'/);
    expect(refused({ '<a>': 10, '<b>': 10 })).toThrow(/which is that of '<a>'/);
    expect(refused({ '<a>': '10' })).toThrow(/the id of '<a>' is no whole number/);
    expect(refused('<html>')).toThrow(/added_tokens.json is not a usable vocabulary/);
    expect(() => withAddedTokens(plain({ added_tokens_decoder: { 10: 'x' } }), beside(null))).toThrow(
      /its added token 10 has no text/,
    );
  });
});

it('special tokens are those of special_tokens_map.json, unless the config lists its added tokens', () => {
  const map = { sep_token: '</end>', do_lower_case: false };
  const read = (config: object) =>
    JSON.parse(withSpecialTokens(JSON.stringify(config), beside(null, map))) as object;
  expect(read({ sep_token: '[SEP]', x: 1 })).toEqual({ sep_token: '</end>', x: 1 });
  expect(read({ sep_token: '[SEP]', added_tokens_decoder: {} })).toMatchObject({ sep_token: '[SEP]' });
  expect(withSpecialTokens(null, beside(null))).toBe('{}');
});
