import { vocabularyInvalid } from './errors.ts';
import { parseVocabularyJson } from './json.ts';
import type { TokenizerFiles } from './xlnet.ts';

// The fast tokenizers of the BERT family, built from the files of the slow ones as Hugging Face's `BertConverter` and
// `RobertaConverter` build them: https://github.com/huggingface/transformers/blob/main/src/transformers/convert_slow_tokenizer.py

type SpecialName = 'unk_token' | 'sep_token' | 'pad_token' | 'cls_token' | 'mask_token';
type Specials = Readonly<Record<SpecialName, string>>;

const wordPieceSpecials: Specials = {
  unk_token: '[UNK]',
  sep_token: '[SEP]',
  pad_token: '[PAD]',
  cls_token: '[CLS]',
  mask_token: '[MASK]',
};

const byteLevelSpecials: Specials = {
  unk_token: '<unk>',
  sep_token: '</s>',
  pad_token: '<pad>',
  cls_token: '<s>',
  mask_token: '<mask>',
};

/**
 * Converts `vocab.txt`, a WordPiece vocabulary of a token a line (BERT, DistilBERT, ELECTRA). `configJson` is
 * tokenizer_config.json; without it a vocabulary with capital letters is taken for a cased one.
 * Throws `vocabulary-invalid`.
 */
export function convertVocabularyText(vocabularyText: string, configJson: string | null): TokenizerFiles {
  const file = 'vocab.txt';
  const lines = vocabularyText.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  const vocabulary = new Map(lines.map((token, id) => [token, id]));
  const config = parseVocabularyJson(configJson ?? '{}', 'tokenizer_config.json');
  const specials = specialsOf(config, wordPieceSpecials);
  requireSpecials(file, vocabulary, [specials.unk_token, specials.sep_token, specials.cls_token]);
  const reserved = new Set(Object.values(specials));
  const isCased = lines.some(
    (token) => /[A-Z]/.test(token) && !reserved.has(token) && !/^\[.*\]$/.test(token),
  );
  const lowercase = typeof config['do_lower_case'] === 'boolean' ? config['do_lower_case'] : !isCased;
  const stripAccents = typeof config['strip_accents'] === 'boolean' ? config['strip_accents'] : null;
  const chinese = config['tokenize_chinese_chars'] !== false;
  const token = (name: SpecialName) => ({ id: specials[name], type_id: 0 });
  const special = (name: SpecialName) => ({
    id: specials[name],
    ids: [vocabulary.get(specials[name])],
    tokens: [specials[name]],
  });
  const sequence = (id: 'A' | 'B', typeId: number) => ({ Sequence: { id, type_id: typeId } });
  const single = [
    { SpecialToken: token('cls_token') },
    sequence('A', 0),
    { SpecialToken: token('sep_token') },
  ];
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary, specials, []),
    normalizer: {
      type: 'BertNormalizer',
      clean_text: true,
      handle_chinese_chars: chinese,
      strip_accents: stripAccents,
      lowercase,
    },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single,
      pair: [...single, sequence('B', 1), { SpecialToken: { id: specials.sep_token, type_id: 1 } }],
      special_tokens: {
        [specials.cls_token]: special('cls_token'),
        [specials.sep_token]: special('sep_token'),
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: specials.unk_token,
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary),
    },
  };
  return {
    tokenizerJson: JSON.stringify(json),
    tokenizerConfigJson: JSON.stringify({
      tokenizer_class: 'BertTokenizer',
      ...config,
      ...specials,
      do_lower_case: lowercase,
      strip_accents: stripAccents,
      tokenize_chinese_chars: chinese,
    }),
  };
}

/**
 * Converts `vocab.json` and `merges.txt`, a byte-level BPE (RoBERTa). `configJson` is tokenizer_config.json.
 * Throws `vocabulary-invalid`.
 */
export function convertByteLevel(
  vocabularyJson: string,
  mergesText: string,
  configJson: string | null,
): TokenizerFiles {
  const vocab = parseVocabularyJson(vocabularyJson, 'vocab.json');
  const wrong = Object.entries(vocab).find(([, id]) => !(Number.isInteger(id) && (id as number) >= 0));
  if (wrong) throw vocabularyInvalid('vocab.json', `the id of '${wrong[0]}' is no whole number`);
  const vocabulary = new Map(Object.entries(vocab) as [string, number][]);
  const config = parseVocabularyJson(configJson ?? '{}', 'tokenizer_config.json');
  const specials = specialsOf(config, byteLevelSpecials);
  requireSpecials('vocab.json', vocabulary, [specials.cls_token, specials.sep_token]);
  const merges = mergesText
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line, i) => line !== '' && !(i === 0 && line.startsWith('#version')));
  const bad = merges.findIndex((line) => line.split(' ').length !== 2);
  if (bad >= 0)
    throw vocabularyInvalid('merges.txt', `'${merges[bad]?.slice(0, 40) ?? ''}' is no pair of tokens`);
  const addPrefixSpace = config['add_prefix_space'] === true;
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: addedTokens(vocabulary, specials, ['mask_token']),
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [specials.sep_token, vocabulary.get(specials.sep_token)],
      cls: [specials.cls_token, vocabulary.get(specials.cls_token)],
      trim_offsets: true,
      add_prefix_space: addPrefixSpace,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
  return {
    tokenizerJson: JSON.stringify(json),
    tokenizerConfigJson: JSON.stringify({
      tokenizer_class: 'RobertaTokenizer',
      ...config,
      bos_token: specials.cls_token,
      eos_token: specials.sep_token,
      ...specials,
      add_prefix_space: addPrefixSpace,
    }),
  };
}

/** Special tokens as tokenizer_config.json spells them, plainly or as an object with `content`. */
function specialsOf(config: Readonly<Record<string, unknown>>, defaults: Specials): Specials {
  const spelled = (name: SpecialName): string => {
    const value = config[name];
    const content = typeof value === 'object' && value !== null && 'content' in value ? value.content : value;
    return typeof content === 'string' ? content : defaults[name];
  };
  return {
    unk_token: spelled('unk_token'),
    sep_token: spelled('sep_token'),
    pad_token: spelled('pad_token'),
    cls_token: spelled('cls_token'),
    mask_token: spelled('mask_token'),
  };
}

function requireSpecials(
  file: string,
  vocabulary: ReadonlyMap<string, number>,
  tokens: readonly string[],
): void {
  const missing = tokens.filter((token) => !vocabulary.has(token));
  if (missing.length > 0)
    throw vocabularyInvalid(file, `it has no ${missing.map((token) => `'${token}'`).join(', ')}`);
}

function addedTokens(
  vocabulary: ReadonlyMap<string, number>,
  specials: Specials,
  takingSpaceBefore: readonly SpecialName[],
): object[] {
  const names = Object.keys(specials) as SpecialName[];
  return names
    .flatMap((name) => {
      const content = specials[name];
      const id = vocabulary.get(content);
      if (id === undefined) return [];
      const lstrip = takingSpaceBefore.includes(name);
      return [{ id, content, single_word: false, lstrip, rstrip: false, normalized: false, special: true }];
    })
    .sort((a, b) => a.id - b.id);
}
