import { spieceInvalid } from './errors.ts';
import { parseTokenizerJson } from './json.ts';
import { parseSentencePiece, type SentencePieceModel } from './sentencePiece.ts';

// XLNet's fast tokenizer, built as Hugging Face's `XLNetConverter` builds it from a SentencePiece model:
// https://github.com/huggingface/transformers/blob/main/src/transformers/convert_slow_tokenizer.py

/** What a tokenizer is loaded from: the two files of a Hugging Face fast tokenizer, as text. */
export interface TokenizerFiles {
  readonly tokenizerJson: string;
  readonly tokenizerConfigJson: string;
}

/** XLNet's special tokens in the order of their ids. */
export const xlnetSpecialTokens = [
  '<unk>',
  '<s>',
  '</s>',
  '<cls>',
  '<sep>',
  '<pad>',
  '<mask>',
  '<eod>',
  '<eop>',
] as const;

export interface XlnetVocabulary {
  readonly vocabulary: readonly (readonly [piece: string, score: number])[];
  readonly unknownId: number;
  /** Base64; null: the sequence has no `Precompiled` step. */
  readonly precompiledCharsmap: string | null;
  readonly lowercase?: boolean;
  readonly modelMaxLength?: number;
}

/** Writes tokenizer.json and tokenizer_config.json of an XLNet vocabulary. Throws `spiece-invalid` without `<sep>` or `<cls>`. */
export function xlnetTokenizerFiles(options: XlnetVocabulary): TokenizerFiles {
  const { vocabulary, unknownId, precompiledCharsmap, lowercase = false, modelMaxLength } = options;
  const ids = new Map(vocabulary.map(([piece], id) => [piece, id]));
  const special = (token: string) => {
    const id = ids.get(token);
    if (id === undefined) throw spieceInvalid(`it has no '${token}', so it is not XLNet's`);
    return { id: token, ids: [id], tokens: [token] };
  };
  const separator = { SpecialToken: { id: '<sep>', type_id: 0 } };
  const classifier = { SpecialToken: { id: '<cls>', type_id: 2 } };
  const sequence = (id: 'A' | 'B', typeId: number) => ({ Sequence: { id, type_id: typeId } });
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: xlnetSpecialTokens.flatMap((content) => {
      const id = ids.get(content);
      const flags = { single_word: false, lstrip: content === '<mask>', rstrip: false, normalized: false };
      return id === undefined ? [] : [{ id, content, ...flags, special: true }];
    }),
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Replace', pattern: { String: '``' }, content: '"' },
        { type: 'Replace', pattern: { String: "''" }, content: '"' },
        { type: 'NFKD' },
        { type: 'StripAccents' },
        ...(lowercase ? [{ type: 'Lowercase' }] : []),
        ...(precompiledCharsmap === null
          ? []
          : [{ type: 'Precompiled', precompiled_charsmap: precompiledCharsmap }]),
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
      ],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: {
      type: 'TemplateProcessing',
      single: [sequence('A', 0), separator, classifier],
      pair: [
        sequence('A', 0),
        separator,
        sequence('B', 1),
        { SpecialToken: { id: '<sep>', type_id: 1 } },
        classifier,
      ],
      special_tokens: { '<cls>': special('<cls>'), '<sep>': special('<sep>') },
    },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: unknownId, vocab: vocabulary, byte_fallback: false },
  };
  const config = {
    tokenizer_class: 'XLNetTokenizer',
    do_lower_case: lowercase,
    keep_accents: false,
    remove_space: true,
    padding_side: 'left',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
    sep_token: '<sep>',
    pad_token: '<pad>',
    cls_token: '<cls>',
    mask_token: '<mask>',
    additional_special_tokens: ['<eop>', '<eod>'],
    ...(modelMaxLength === undefined ? {} : { model_max_length: modelMaxLength }),
  };
  return { tokenizerJson: JSON.stringify(json), tokenizerConfigJson: JSON.stringify(config, null, 2) };
}

/**
 * Converts XLNet's `spiece.model` into tokenizer files. `configJson` is tokenizer_config.json: it may ask for lower case, and list tokens
 * that were added.
 * Throws `spiece-invalid` for other model types and for bytes that are no SentencePiece model, `tokenizer-not-json`.
 */
export function convertSpiece(bytes: Uint8Array, configJson: string | null = null): TokenizerFiles {
  const { do_lower_case: lowercase, added_tokens_decoder: added } = parseTokenizerJson(
    configJson ?? '{}',
    'tokenizer_config.json',
  );
  const model = parseSentencePiece(bytes);
  if (model.modelType !== 'unigram')
    throw spieceInvalid(`its type is ${model.modelType}, and XLNet's is unigram`);
  const files = xlnetTokenizerFiles({
    lowercase: lowercase === true,
    vocabulary: vocabularyOf(model),
    unknownId: model.unknownId,
    precompiledCharsmap: model.precompiledCharsmap.length > 0 ? toBase64(model.precompiledCharsmap) : null,
  });
  if (added === undefined) return files;
  const config = parseTokenizerJson(files.tokenizerConfigJson, 'tokenizer_config.json');
  return { ...files, tokenizerConfigJson: JSON.stringify({ ...config, added_tokens_decoder: added }) };
}

// The slow tokenizer splits "9," into "9" and ","; Hugging Face's converter gets the same by making such pieces unlikely.
function vocabularyOf(model: SentencePieceModel): [string, number][] {
  return model.pieces.map(({ piece, score }) => [piece, /\d,$/u.test(piece) ? score - 100 : score]);
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary);
}

/** XLNet's text normalisation without the precompiled table: what the sample vocabulary is trained on. */
export function normaliseXlnet(text: string): string {
  return text
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll('``', '"')
    .replaceAll("''", '"')
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/ {2,}/g, ' ');
}
