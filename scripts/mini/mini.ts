import { random } from '../../src/base/random.ts';
import { trainUnigram } from '../../src/core/tokenizer/unigramTrainer.ts';
import { normaliseXlnet, xlnetSpecialTokens, xlnetTokenizerFiles } from '../../src/core/tokenizer/xlnet.ts';
import {
  planSafetensors,
  writeSafetensors,
  type TensorToWrite,
} from '../../src/models/files/safetensorsWriter.ts';
import { writeCorpus } from '../sample/corpus.ts';

/**
 * Near 1/sqrt(128): signals keep their size through the layers. With Hugging Face's 0.02, meant for width 768, an untrained
 * width of 128 sits on the all-zero plateau for over a thousand steps (titles at threshold 500: validation loss 0.252 after
 * 1,230 steps, against 0.215 after 500).
 */
const initializerRange = 0.08;

// verbena-mini: a small XLNet whose vocabulary is learnt from the sample corpus and whose weights are random.

const seed = 20260922;
const shape = { layers: 4, width: 128, heads: 4, headWidth: 32, inner: 512 } as const;
const vocabularySize = 8000;

/** The files of public/models/verbena-mini by name. */
export async function buildMini(): Promise<Record<string, string | Uint8Array>> {
  const { vocabulary } = trainUnigram(sampleWords(), {
    vocabularySize: vocabularySize - xlnetSpecialTokens.length,
    requiredCharacters: requiredCharacters(),
  });
  // Five decimals survive any engine's last-bit differences in Math.log; special tokens are never segmented.
  const entries = [
    ...xlnetSpecialTokens.map((token) => [token, 0] as const),
    ...vocabulary.map(([piece, score]) => [piece, Number(score.toFixed(5))] as const),
  ];
  const { tokenizerJson, tokenizerConfigJson } = xlnetTokenizerFiles({
    vocabulary: entries,
    unknownId: 0,
    precompiledCharsmap: null,
    modelMaxLength: 512,
  });
  return {
    'config.json': `${JSON.stringify(config(entries.length), null, 2)}\n`,
    'tokenizer.json': tokenizerJson,
    'tokenizer_config.json': `${tokenizerConfigJson}\n`,
    'model.safetensors': await weights(entries.length),
    'README.md': readme(entries.length),
  };
}

function sampleWords(): Map<string, number> {
  const words = new Map<string, number>();
  const titles = new Set<string>();
  const add = (text: string) => {
    // Lower case counts as well: the paper's preprocessing lowers every text, and this vocabulary must serve it too.
    const normalised = normaliseXlnet(text);
    for (const word of `${normalised} ${normalised.toLowerCase()}`.split(' '))
      words.set(`▁${word}`, (words.get(`▁${word}`) ?? 0) + 1);
  };
  for (const row of writeCorpus()) {
    add(row.step);
    if (!titles.has(row.url)) add(`${row.title} ${row.method}`);
    titles.add(row.url);
  }
  return words;
}

/** Printable ASCII and some typography, so that users' own texts hold few unknowns. */
function requiredCharacters(): string[] {
  const ascii = Array.from({ length: 0x5e }, (_, i) => String.fromCharCode(0x21 + i));
  return [...ascii, '▁', ...'°–—‘’“”…£€×½'.normalize('NFKD')];
}

function config(vocabSize: number): Record<string, unknown> {
  return {
    architectures: ['XLNetModel'],
    model_type: 'xlnet',
    vocab_size: vocabSize,
    d_model: shape.width,
    n_layer: shape.layers,
    n_head: shape.heads,
    d_head: shape.headWidth,
    d_inner: shape.inner,
    ff_activation: 'gelu',
    untie_r: true,
    attn_type: 'bi',
    bi_data: false,
    clamp_len: -1,
    same_length: false,
    mem_len: null,
    reuse_len: null,
    dropout: 0.1,
    initializer_range: initializerRange,
    layer_norm_eps: 1e-12,
    summary_type: 'last',
    summary_use_proj: true,
    summary_activation: 'tanh',
    summary_last_dropout: 0.1,
    start_n_top: 5,
    end_n_top: 5,
    bos_token_id: 1,
    eos_token_id: 2,
    pad_token_id: 5,
    torch_dtype: 'float16',
  };
}

/** Every parameter of Hugging Face's XLNetModel of this size, with its name in a saved classifier. */
export function miniTensors(vocabSize: number): TensorToWrite[] {
  const { layers, width, heads, headWidth, inner } = shape;
  const attention = [width, heads, headWidth];
  const layer = (n: number): [string, readonly number[]][] =>
    [
      ...['q', 'k', 'v', 'o', 'r'].map((name): [string, number[]] => [`rel_attn.${name}`, attention]),
      ...['r_r_bias', 'r_s_bias', 'r_w_bias'].map((name): [string, number[]] => [
        `rel_attn.${name}`,
        [heads, headWidth],
      ]),
      ['rel_attn.seg_embed', [2, heads, headWidth]],
      ['rel_attn.layer_norm.weight', [width]],
      ['rel_attn.layer_norm.bias', [width]],
      ['ff.layer_norm.weight', [width]],
      ['ff.layer_norm.bias', [width]],
      ['ff.layer_1.weight', [inner, width]],
      ['ff.layer_1.bias', [inner]],
      ['ff.layer_2.weight', [width, inner]],
      ['ff.layer_2.bias', [width]],
    ].map(([name, size]) => [`transformer.layer.${n}.${name as string}`, size as number[]]);
  const all: [string, readonly number[]][] = [
    ['transformer.word_embedding.weight', [vocabSize, width]],
    ['transformer.mask_emb', [1, 1, width]],
    ...Array.from({ length: layers }, (_, n) => layer(n)).flat(),
  ];
  return all.map(([name, size]) => ({ name, shape: size, dtype: 'F16' }));
}

/** As Hugging Face's `_init_weights`: norms at one and zero, biases of linear layers at zero, all else normal. */
async function weights(vocabSize: number): Promise<Uint8Array> {
  const tensors = miniTensors(vocabSize);
  const plan = planSafetensors(tensors);
  const out = new Uint8Array(plan.byteLength);
  let at = 0;
  const read = (name: string) => {
    const index = tensors.findIndex((tensor) => tensor.name === name);
    const count = tensors[index]?.shape.reduce((a, b) => a * b, 1) ?? 0;
    const values = new Float32Array(count);
    if (name.endsWith('layer_norm.weight')) return values.fill(1);
    if (name.endsWith('.bias')) return values;
    const stream = random(seed, index);
    return values.map(() => initializerRange * stream.normal());
  };
  for await (const chunk of writeSafetensors(plan, read)) {
    out.set(chunk, at);
    at += chunk.byteLength;
  }
  return out;
}

function readme(vocabSize: number): string {
  return `# verbena-mini (untrained)

A small XLNet (${shape.layers} layers × ${shape.width}, ${shape.heads} heads, ${shape.inner} inner) that ships with Verbena so that the whole
notebook runs offline. **Its weights are random**: seeded draws from N(0, 0.08²), layer norms at one and zero, stored as
f16. It has seen no text and knows nothing until you train it; fine-tuning it is training from scratch. For
results worth reporting use a pre-trained model such as \`xlnet/xlnet-base-cased\`.

The tokenizer is real: a Unigram vocabulary of ${vocabSize} pieces trained on Verbena's own sample corpus
(public/samples) with Verbena's own trainer (src/core/tokenizer/unigramTrainer.ts), in XLNet's layout (\`<sep> <cls>\` at the end).

Classifier tensors (\`sequence_summary.*\`, \`logits_proj.*\`) are not in the file, because the number of labels
varies: they are drawn when a run starts.

Made by \`npm run mini\`; running it again gives the same bytes. Licence MIT, like the rest of Verbena.
`;
}
