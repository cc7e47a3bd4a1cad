import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { convertByteLevel, convertVocabularyText } from './bert.ts';
import { loadTokenizer } from './tokenizer.ts';

// Vocabularies and golden strings are third-party test data beside the repository; their tests skip without them.
const shared = new URL('../../../../shared/', import.meta.url);
const goldensAt = new URL('goldens/tokenizers.json', shared);
const read = (path: string) => readFileSync(new URL(`data/tokenizers/${path}`, shared), 'utf8');

interface Golden {
  readonly text: string;
  readonly input_ids: readonly number[];
}

/** Texts whose ids differ from Hugging Face's. */
function wrongTexts(name: string, files: ReturnType<typeof convertVocabularyText>): string[] {
  const all = JSON.parse(readFileSync(goldensAt, 'utf8')) as Record<string, { single: Golden[] }>;
  const cases = all[name]?.single ?? [];
  expect(cases).toHaveLength(31);
  const tokenizer = loadTokenizer(files);
  return cases
    .filter(({ text, input_ids: ids }) => tokenizer.encode(text).ids.join() !== ids.join())
    .map(({ text }) => text);
}

describe.skipIf(!existsSync(goldensAt))(
  'vocabularies without a tokenizer.json give Hugging Face’s ids',
  () => {
    it.each([
      ['bert-base-uncased', 'bert-base-uncased/vocab.txt'],
      ['bert-base-cased', 'bert-base-cased/bert_base_cased_vocab.txt'],
    ])('vocab.txt of %s', (name, path) => {
      const text = read(path);
      expect(wrongTexts(name, convertVocabularyText(text, null))).toEqual([]);
      const lowercase = name.endsWith('uncased');
      const config = JSON.stringify({ do_lower_case: lowercase, model_max_length: 512 });
      const files = convertVocabularyText(text.replaceAll('\n', '\r\n'), config);
      expect(wrongTexts(name, files)).toEqual([]);
      expect(JSON.parse(files.tokenizerConfigJson)).toMatchObject({
        do_lower_case: lowercase,
        model_max_length: 512,
      });
    });

    it('vocab.json and merges.txt of roberta-base', () => {
      const files = convertByteLevel(read('roberta-base/vocab.json'), read('roberta-base/merges.txt'), null);
      // The golden ids are the slow tokenizer's, which strips a text that is one space; the fast one keeps it.
      expect(wrongTexts('roberta-base', files)).toEqual([' ']);
      const { model, added_tokens: added } = JSON.parse(files.tokenizerJson) as Record<string, object>;
      const published = JSON.parse(read('roberta-base/tokenizer.json')) as Record<string, object>;
      expect(model).toMatchObject(published['model'] ?? {});
      const contents = (tokens: object | undefined) =>
        (tokens as { id: number; content: string; lstrip: boolean }[]).map(({ id, content, lstrip }) => [
          id,
          content,
          lstrip,
        ]);
      expect(contents(added)).toEqual(contents(published['added_tokens']));
    });
  },
);

describe('a small WordPiece vocabulary', () => {
  const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'bake', 'cake', '##s', 'cafe', '.'];
  const ids = (text: string, vocabulary: readonly string[], config: string | null = null) => [
    ...loadTokenizer(convertVocabularyText(`${vocabulary.join('\n')}\n`, config)).encode(text).ids,
  ];

  it('is uncased where it has no capital letter, and then drops accents', () => {
    expect(ids('Bake CAKES. Café', words)).toEqual([2, 5, 6, 7, 9, 8, 3]);
    expect(ids('Bake cake', [...words, 'Cake'])).toEqual([2, 1, 6, 3]);
    expect(ids('Bake cake', words, '{"do_lower_case": false}')).toEqual([2, 1, 6, 3]);
  });

  it('knows special tokens under other names', () => {
    const renamed = words.map((word) => (word === '[CLS]' ? '<start>' : word === '[SEP]' ? '<end>' : word));
    const config = JSON.stringify({ cls_token: '<start>', sep_token: { content: '<end>', lstrip: false } });
    expect(ids('bake', renamed, config)).toEqual([2, 5, 3]);
  });
});

describe('damaged vocabularies', () => {
  const code = (work: () => unknown) => {
    try {
      work();
    } catch (error) {
      return `${(error as { code: string }).code}: ${(error as Error).message}`;
    }
    return 'nothing was thrown';
  };
  const vocabulary = '{"<s>": 0, "</s>": 2, "a": 3, "b": 4, "ab": 5}';

  it.each([
    [
      'a web page for vocab.txt',
      () => convertVocabularyText('<!doctype html>', null),
      /vocab.txt .* '\[UNK\]'/,
    ],
    ['an empty vocab.txt', () => convertVocabularyText('', null), /vocab.txt .* '\[CLS\]'/],
    ['a damaged config', () => convertVocabularyText('[UNK]\n[CLS]\n[SEP]', '{'), /tokenizer_config.json/],
    ['no JSON', () => convertByteLevel('<html>', 'a b', null), /vocab.json .* no JSON/],
    ['ids that are no numbers', () => convertByteLevel('{"a": "1"}', 'a b', null), /the id of 'a'/],
    ['no <s>', () => convertByteLevel('{"</s>": 2}', 'a b', null), /has no '<s>'/],
    [
      'merges of one token',
      () => convertByteLevel(vocabulary, '#version: 0.2\na b\nabc', null),
      /'abc' is no pair/,
    ],
  ])('%s', (_, work, message) => {
    expect(code(work)).toMatch(/^vocabulary-invalid: /);
    expect(code(work)).toMatch(message);
  });

  it('reads merges with and without a version line', () => {
    for (const merges of ['#version: 0.2\na b\n', 'a b', 'a b\r\n'])
      expect([...loadTokenizer(convertByteLevel(vocabulary, merges, null)).encode('ab').ids]).toEqual([
        0, 5, 2,
      ]);
  });
});
