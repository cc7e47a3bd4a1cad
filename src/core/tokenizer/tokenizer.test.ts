import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { Tokenizer } from '@huggingface/tokenizers';
import { checkTokenizer, loadTokenizer, xlnetNeeds, type TextTokenizer } from './tokenizer.ts';
import { convertSpiece, type TokenizerFiles } from './xlnet.ts';

// The golden strings and the vocabularies are third-party test data beside the repository; tests skip without them.
const shared = new URL('../../../../shared/', import.meta.url);
const goldensAt = new URL('goldens/tokenizers.json', shared);
const spieceAt = new URL('data/tokenizers/xlnet-base-cased/spiece.model', shared);
const has = existsSync(goldensAt) && existsSync(spieceAt);
const mini = new URL('../../../public/models/verbena-mini/', import.meta.url);

interface Golden {
  readonly text: string;
  readonly tokens: readonly string[];
  readonly input_ids: readonly number[];
  readonly token_type_ids: readonly number[] | null;
}

function goldens(name: string): readonly Golden[] {
  const all = JSON.parse(readFileSync(goldensAt, 'utf8')) as Record<string, { single: Golden[] }>;
  return all[name]?.single ?? [];
}

function xlnetFiles(): TokenizerFiles {
  return convertSpiece(new Uint8Array(readFileSync(spieceAt)));
}

function miniFiles(): TokenizerFiles {
  return {
    tokenizerJson: readFileSync(new URL('tokenizer.json', mini), 'utf8'),
    tokenizerConfigJson: readFileSync(new URL('tokenizer_config.json', mini), 'utf8'),
  };
}

function code(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'nothing thrown';
}

describe.skipIf(!has)('golden strings', () => {
  it('gives XLNet the ids and types of Hugging Face, through the conversion of spiece.model', () => {
    const tokenizer = loadTokenizer(xlnetFiles());
    const cases = goldens('xlnet-base-cased');
    expect(cases.length).toBe(31);
    for (const golden of cases) {
      const { ids, typeIds } = tokenizer.encode(golden.text);
      expect({ text: golden.text, ids: [...ids] }).toEqual({ text: golden.text, ids: golden.input_ids });
      // The golden file leaves the types of empty texts out: what is left is <sep> and <cls>.
      expect([...typeIds]).toEqual(golden.token_type_ids ?? [0, 2]);
    }
  });

  it.each([
    ['bert-base-uncased', []],
    // The golden ids are the slow tokenizer's, which strips a text that is one space; the fast one keeps it.
    ['roberta-base', [' ']],
  ])('agrees with Hugging Face on %s', (name, known) => {
    const file = new URL(`data/tokenizers/${name}/tokenizer.json`, shared);
    const tokenizer = loadTokenizer({ tokenizerJson: readFileSync(file, 'utf8'), tokenizerConfigJson: '{}' });
    const cases = goldens(name);
    expect(cases.length).toBeGreaterThan(0);
    const wrong = cases.filter(
      ({ text, input_ids: expected }) => tokenizer.encode(text).ids.join() !== expected.join(),
    );
    expect(wrong.map(({ text }) => text)).toEqual(known);
  });

  it('segments word by word exactly as the library segments whole texts', () => {
    const files = xlnetFiles();
    const library = new Tokenizer(
      JSON.parse(files.tokenizerJson) as object,
      JSON.parse(files.tokenizerConfigJson) as object,
    );
    const fast = loadTokenizer(files);
    const stream = random(5);
    const words = goldens('xlnet-base-cased').flatMap(({ text }) => text.split(' '));
    for (let i = 0; i < 200; i++) {
      const text = Array.from({ length: 12 }, () => words[stream.integer(words.length)]).join(' ');
      expect([...fast.encode(text).ids]).toEqual(library.encode(text).ids);
    }
  });

  it('refuses a tokenizer that does not belong to the model', () => {
    const xlnet = loadTokenizer(xlnetFiles());
    const config = { vocabularySize: 8000, ...xlnetNeeds };
    expect(code(() => checkTokenizer(xlnet, config))).toBe('tokenizer-vocabulary');
    expect(code(() => checkTokenizer(xlnet, { ...config, vocabularySize: 32_000 }))).toBe('nothing thrown');
    const bert = new URL('data/tokenizers/bert-base-uncased/tokenizer.json', shared);
    const files = { tokenizerJson: readFileSync(bert, 'utf8'), tokenizerConfigJson: '{}' };
    expect(code(() => checkTokenizer(loadTokenizer(files), config))).toBe('tokenizer-special-missing');
  });
});

describe('the tokenizer of verbena-mini', () => {
  const tokenizer: TextTokenizer = loadTokenizer(miniFiles());
  const separator = tokenizer.idOf('<sep>');
  const classifier = tokenizer.idOf('<cls>');

  it('has XLNet’s special ids and ends every text with <sep> <cls>', () => {
    expect(['<unk>', '<cls>', '<sep>', '<pad>'].map((token) => tokenizer.idOf(token))).toEqual([0, 3, 4, 5]);
    for (const text of ['', ' ', 'Preheat the oven.', '<sep> inside a text', '日本語']) {
      const { ids, typeIds } = tokenizer.encode(text);
      expect([...ids.subarray(-2)]).toEqual([separator, classifier]);
      expect([...typeIds.subarray(-2)]).toEqual([0, 2]);
    }
  });

  it('truncates the text and never the special tokens', () => {
    const text = 'Knead the dough until it is smooth, then let it rise for an hour.';
    const whole = tokenizer.encode(text);
    for (let maxLength = 3; maxLength <= whole.ids.length + 1; maxLength++) {
      const { ids, typeIds, fullLength } = tokenizer.encode(text, maxLength);
      expect(fullLength).toBe(whole.ids.length);
      expect(ids.length).toBe(Math.min(maxLength, whole.ids.length));
      expect(typeIds.length).toBe(ids.length);
      expect([...ids.subarray(-2)]).toEqual([separator, classifier]);
      expect([...ids.subarray(0, -2)]).toEqual([...whole.ids.subarray(0, ids.length - 2)]);
    }
    expect(code(() => tokenizer.encode(text, 2))).toBe('tokenizer-max-length');
  });

  it('spells ASCII text without unknowns and reads it back', () => {
    const text = 'Zigzag @ 37% & quixotic #hashtags: {a|b}, "c" ~ <d> \\ [e] ^f_g';
    const { ids } = tokenizer.encode(text);
    expect([...ids]).not.toContain(0);
    expect(tokenizer.decode([...ids])).toBe(text);
  });

  it('survives a text of a megabyte without spaces', () => {
    const { ids, fullLength } = tokenizer.encode('x9'.repeat(500_000), 512);
    expect(ids.length).toBe(512);
    expect(fullLength).toBeGreaterThan(100_000);
  });
});

describe('files that are no tokenizer', () => {
  const good = miniFiles();
  const json = JSON.parse(good.tokenizerJson) as Record<string, unknown>;
  const load = (tokenizerJson: string) => code(() => loadTokenizer({ ...good, tokenizerJson }));

  it.each([
    ['empty', '', 'tokenizer-not-json'],
    ['a web page', '<!doctype html><title>404</title>', 'tokenizer-not-json'],
    ['cut off', good.tokenizerJson.slice(0, 5000), 'tokenizer-not-json'],
    ['an array', '[]', 'tokenizer-not-json'],
    ['another JSON', '{"hello": 1}', 'tokenizer-invalid'],
    [
      'an unknown model',
      JSON.stringify({ ...json, model: { type: 'Morse', vocab: [] } }),
      'tokenizer-invalid',
    ],
    ['no added tokens', JSON.stringify({ ...json, added_tokens: null }), 'tokenizer-invalid'],
  ])('%s', (_, text, expected) => {
    expect(load(text)).toBe(expected);
  });

  it('names the special token that a vocabulary lacks', () => {
    const { post_processor: post, added_tokens: added } = json as {
      post_processor: object;
      added_tokens: { content: string }[];
    };
    const single = [{ Sequence: { id: 'A', type_id: 0 } }, { SpecialToken: { id: '<nowhere>', type_id: 0 } }];
    const model = { ...(json['model'] as object), unk_id: null };
    const edited = { ...json, model, added_tokens: added, post_processor: { ...post, single } };
    expect(['tokenizer-special-missing', 'tokenizer-invalid']).toContain(load(JSON.stringify(edited)));
  });
});
