import { VerbenaError } from '../../base/errors.ts';
import type { TokenizerFiles } from '../../core/tokenizer/xlnet.ts';
import type { TensorInfo } from '../trainable.ts';
import { sizeOf, type WeightSource } from '../weights.ts';

// Checkpoints of llama2.c (https://github.com/karpathy/llama2.c), version 0: seven int32, then float32 tensors in a fixed order; and its
// tokenizer.bin: SentencePiece pieces with their scores.

const headerBytes = 28;

export interface Llama2cModel {
  /** As a Hugging Face `config.json` would say it. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly weights: WeightSource;
}

interface Header {
  readonly dim: number;
  readonly inner: number;
  readonly layers: number;
  readonly heads: number;
  readonly keyHeads: number;
  readonly vocabulary: number;
  readonly tied: boolean;
  readonly positions: number;
}

/** A stretch of the file: `count` tensors of a kind, one a layer, under a published name. */
interface Stretch {
  readonly name: (layer: number) => string;
  readonly count: number;
  readonly shape: readonly number[];
  /** q and k are stored for rotations of neighbouring numbers; transformers rotates halves. */
  readonly rotatedHeads?: number;
}

/** Whether a file can be a checkpoint: its header says how long it must be. */
export async function isLlama2c(file: Blob): Promise<boolean> {
  const header = await readHeader(file);
  return header !== null && expectedBytes(header) === file.size;
}

/** Reads a checkpoint's header; tensors are read from the file when they are asked for. Throws `llama2c-invalid`. */
export async function openLlama2c(file: Blob): Promise<Llama2cModel> {
  const header = await readHeader(file);
  if (!header || expectedBytes(header) !== file.size)
    throw new VerbenaError(
      'llama2c-invalid',
      'This is not a checkpoint of llama2.c, version 0: its length is not what its header says.',
      'Use a .bin file that llama2.c writes, whole; newer versions and quantised ones are not read.',
      { bytes: file.size },
    );
  const places = new Map<string, { readonly offset: number; readonly stretch: Stretch }>();
  let offset = headerBytes;
  for (const stretch of stretches(header)) {
    for (let layer = 0; layer < stretch.count; layer++) {
      places.set(stretch.name(layer), { offset, stretch });
      offset += 4 * sizeOf(stretch.shape);
    }
  }
  const tensors: TensorInfo[] = [...places]
    .filter(([name]) => name !== skipped)
    .map(([name, { stretch }]) => ({ name, shape: stretch.shape }));
  return {
    config: configOf(header),
    weights: {
      tensors,
      async read(name) {
        const place = places.get(name);
        if (!place) throw new RangeError(`There is no tensor '${name}'.`);
        const { shape, rotatedHeads } = place.stretch;
        const bytes = await file.slice(place.offset, place.offset + 4 * sizeOf(shape)).arrayBuffer();
        const data = new Float32Array(bytes);
        return rotatedHeads === undefined ? data : halvesOf(data, shape, rotatedHeads);
      },
    },
  };
}

async function readHeader(file: Blob): Promise<Header | null> {
  if (file.size < headerBytes) return null;
  const view = new DataView(await file.slice(0, headerBytes).arrayBuffer());
  const [dim = 0, inner = 0, layers = 0, heads = 0, keyHeads = 0, vocabulary = 0, positions = 0] = Array.from(
    { length: 7 },
    (_, i) => view.getInt32(4 * i, true),
  );
  const isPlausible =
    [dim, inner, layers, heads, keyHeads, positions].every((value) => value > 0 && value < 1 << 20) &&
    dim % heads === 0 &&
    heads % keyHeads === 0 &&
    Math.abs(vocabulary) < 1 << 24;
  if (!isPlausible) return null;
  return {
    dim,
    inner,
    layers,
    heads,
    keyHeads,
    vocabulary: Math.abs(vocabulary),
    tied: vocabulary > 0,
    positions,
  };
}

const skipped = 'rotary tables';

function stretches({ dim, inner, layers, heads, keyHeads, vocabulary, tied, positions }: Header): Stretch[] {
  const perLayer = (tail: string, shape: readonly number[], rotatedHeads?: number): Stretch => ({
    name: (layer) => `model.layers.${layer}.${tail}`,
    count: layers,
    shape,
    ...(rotatedHeads === undefined ? {} : { rotatedHeads }),
  });
  const once = (name: string, shape: readonly number[]): Stretch => ({ name: () => name, count: 1, shape });
  const keys = (dim / heads) * keyHeads;
  return [
    once('model.embed_tokens.weight', [vocabulary, dim]),
    perLayer('input_layernorm.weight', [dim]),
    perLayer('self_attn.q_proj.weight', [dim, dim], heads),
    perLayer('self_attn.k_proj.weight', [keys, dim], keyHeads),
    perLayer('self_attn.v_proj.weight', [keys, dim]),
    perLayer('self_attn.o_proj.weight', [dim, dim]),
    perLayer('post_attention_layernorm.weight', [dim]),
    perLayer('mlp.gate_proj.weight', [inner, dim]),
    perLayer('mlp.down_proj.weight', [dim, inner]),
    perLayer('mlp.up_proj.weight', [inner, dim]),
    once('model.norm.weight', [dim]),
    once(skipped, [positions, dim / heads]),
    ...(tied ? [] : [once('lm_head.weight', [vocabulary, dim])]),
  ];
}

function expectedBytes(header: Header): number {
  return stretches(header).reduce((sum, { count, shape }) => sum + 4 * count * sizeOf(shape), headerBytes);
}

function configOf({ dim, inner, layers, heads, keyHeads, vocabulary, tied, positions }: Header) {
  return {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: vocabulary,
    hidden_size: dim,
    intermediate_size: inner,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: keyHeads,
    max_position_embeddings: positions,
    rms_norm_eps: 1e-5,
    rope_theta: 10_000,
    tie_word_embeddings: tied,
    hidden_act: 'silu',
    bos_token_id: 1,
    // run.c ends at either.
    eos_token_id: [2, 1],
  };
}

/** Rows of each head from (0, 1), (2, 3), ... to first numbers, then second ones: transformers' own conversion of Llama's weights. */
function halvesOf(data: Float32Array, [rows = 0, width = 0]: readonly number[], heads: number): Float32Array {
  const size = rows / heads;
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    const [head, place] = [Math.floor(row / size), row % size];
    const from = head * size + (place < size / 2 ? 2 * place : 2 * (place - size / 2) + 1);
    turned.set(data.subarray(from * width, (from + 1) * width), row * width);
  }
  return turned;
}

/** By id. */
export const llamaSpecialTokens = ['<unk>', '<s>', '</s>'] as const;

const begun = [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }];

/** Of a `tokenizer.json`: Llama's special tokens, and `<s>` in front of a text. */
export const llamaMarkup = {
  added_tokens: llamaSpecialTokens.map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  post_processor: {
    type: 'TemplateProcessing',
    single: begun,
    pair: begun,
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
} as const;

/**
 * llama2.c's tokenizer.bin as a Hugging Face tokenizer: byte-pair merges in the order of the pieces' scores, unknown characters as bytes, `<s>` in
 * front. Throws `tokenizer-invalid` through the loader where the vocabulary makes none, `llama2c-invalid` where the file is cut off.
 */
export function convertLlama2cTokenizer(bytes: Uint8Array, vocabularySize: number): TokenizerFiles {
  const pieces = readPieces(bytes, vocabularySize);
  // run.c keeps spaces where SentencePiece has ▁, and wraps the two special pieces in line ends.
  const spelled = pieces.map(({ text }, id) => llamaSpecialTokens[id] ?? text.replaceAll(' ', '▁'));
  const vocabulary = Object.fromEntries(spelled.map((piece, id) => [piece, id]));
  const json = {
    version: '1.0',
    ...llamaMarkup,
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [
        { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
        { type: 'ByteFallback' },
        { type: 'Fuse' },
        { type: 'Strip', content: ' ', start: 1, stop: 0 },
      ],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: '<unk>',
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: true,
      ignore_merges: false,
      vocab: vocabulary,
      merges: mergesOf(
        spelled,
        pieces.map(({ score }) => score),
      ),
    },
  };
  const config = {
    tokenizer_class: 'LlamaTokenizer',
    bos_token: '<s>',
    eos_token: '</s>',
    unk_token: '<unk>',
  };
  return {
    tokenizerJson: JSON.stringify(json),
    tokenizerConfigJson: JSON.stringify({ ...config, clean_up_tokenization_spaces: false }),
  };
}

function readPieces(bytes: Uint8Array, count: number): { text: string; score: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const pieces: { text: string; score: number }[] = [];
  // The longest piece's length stands first.
  let at = 4;
  while (pieces.length < count) {
    const length = at + 8 <= bytes.length ? view.getInt32(at + 4, true) : -1;
    if (length < 0 || at + 8 + length > bytes.length)
      throw new VerbenaError(
        'llama2c-invalid',
        `The tokenizer ends after ${pieces.length} pieces; the model has ${count}.`,
        'Use the tokenizer.bin that belongs to this checkpoint.',
        { pieces: pieces.length, vocabulary: count },
      );
    pieces.push({
      score: view.getFloat32(at, true),
      text: decoder.decode(bytes.subarray(at + 8, at + 8 + length)),
    });
    at += 8 + length;
  }
  return pieces;
}

/** Every pair of pieces that joins to a piece, best score first: what SentencePiece's greedy merging does, as a list. */
function mergesOf(pieces: readonly string[], scores: readonly number[]): [string, string][] {
  const known = new Set(pieces.filter((piece, id) => id > 2 && !/^<0x[0-9A-F]{2}>$/.test(piece)));
  const order = pieces
    .map((piece, id) => ({ piece, id }))
    .filter(({ piece }) => known.has(piece))
    .sort((a, b) => (scores[b.id] as number) - (scores[a.id] as number) || a.id - b.id);
  return order.flatMap(({ piece }) => {
    const characters = [...piece];
    return characters.slice(1).flatMap((_, i): [string, string][] => {
      const [left, right] = [characters.slice(0, i + 1).join(''), characters.slice(i + 1).join('')];
      return known.has(left) && known.has(right) ? [[left, right]] : [];
    });
  });
}
