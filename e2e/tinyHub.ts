import { random } from '../src/base/random.ts';

/** GPT-2's printable stand-ins for bytes. */
export function byteCharacters(): readonly string[] {
  const printable = (byte: number) =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++));
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

/** Ids 0 to 255 are bytes, 256 ends a text. */
export const byteVocabulary = 257;
export const endToken = 256;

/** A tokenizer whose tokens are bytes, as Hugging Face publishes tokenizers. */
export function byteTokenizer(): readonly (readonly [string, Buffer])[] {
  const vocabulary = Object.fromEntries([...byteCharacters(), '<|end|>'].map((token, id) => [token, id]));
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  const added = { content: '<|end|>', special: true, single_word: false, lstrip: false, rstrip: false };
  return [
    [
      'tokenizer.json',
      json({
        version: '1.0',
        added_tokens: [{ id: endToken, ...added, normalized: false }],
        normalizer: null,
        pre_tokenizer: byteLevel,
        post_processor: null,
        decoder: byteLevel,
        model: {
          type: 'BPE',
          vocab: vocabulary,
          merges: [],
          unk_token: null,
          fuse_unk: false,
          byte_fallback: false,
        },
      }),
    ],
    [
      'tokenizer_config.json',
      json({
        tokenizer_class: 'GPT2Tokenizer',
        eos_token: '<|end|>',
        bos_token: '<|end|>',
        model_max_length: 4096,
      }),
    ],
  ];
}

/** Seeded normal numbers. */
export function noise(count: number, seed: number, scale: number): Float32Array {
  const stream = random(seed);
  return Float32Array.from({ length: count }, () => scale * stream.normal());
}
