import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import {
  loadGenerativeTokenizer,
  neutral,
  type GenerativeTokenizer,
} from '../../src/core/tokenizer/generative.ts';
import { trainUnigram } from '../../src/core/tokenizer/unigramTrainer.ts';
import type { TokenizerFiles } from '../../src/core/tokenizer/xlnet.ts';
import { openSafetensors } from '../../src/models/files/safetensors.ts';
import { planSafetensors, writeSafetensors } from '../../src/models/files/safetensorsWriter.ts';
import { Decoder } from '../../src/models/llama/decoder.ts';
import type { CausalExample } from '../../src/models/llama/feed.ts';
import { llamaMarkup, llamaSpecialTokens } from '../../src/models/llama/llama2c.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { tuneDecoder, type DecoderTuning } from '../../src/training/tuneDecoder.ts';
import { newsHalves } from './classify.ts';
import { readSentConv, without } from './data.ts';
import { cleaned, wordsOfTasks } from './generatorTasks.ts';

// A small decoder for bench/incubator/generator.ts: its tokenizer and its weights are learnt here, from real sentences without labels.

/** Where what takes minutes is kept between runs; git does not see it. */
export const kept = 'bench/results/generator';

/** One thread: products this small cost more waiting than a second core brings. */
export const lowering = { kind: 'onnx', threads: 1 } as const;

const vocabularySize = 2048;
/** 0.97 M parameters; one key head, because the cache is what is copied most while drawing. */
export const config = {
  model_type: 'llama',
  vocab_size: vocabularySize,
  hidden_size: 128,
  intermediate_size: 352,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 1,
  max_position_embeddings: 512,
  tie_word_embeddings: true,
  initializer_range: 0.05,
  bos_token_id: 1,
  eos_token_id: 2,
} as const;
export const beginId = 1;
export const endId = 2;

/** Real sentences, labels dropped: all of SST's training file and one half of AG News; nothing that is tested on. */
function realSentences(): string[] {
  const none = ['0', '1', '2', '3', '4'];
  const films = readSentConv('stsa.fine.train', none);
  const tested = [
    ...readSentConv('stsa.binary.test', none).texts,
    ...readSentConv('stsa.binary.dev', none).texts,
    ...newsHalves().test.texts,
  ];
  return [...without(films, tested).texts, ...without(newsHalves().pool, tested).texts].map(cleaned);
}

/** A Unigram vocabulary without capitals, in a tokenizer of Hugging Face's form. */
function trainTokenizer(texts: readonly string[]): TokenizerFiles {
  const words = new Map<string, number>();
  for (const text of texts)
    for (const word of text.normalize('NFKD').toLowerCase().split(' '))
      words.set(`▁${word}`, (words.get(`▁${word}`) ?? 0) + 1);
  const ascii = Array.from({ length: 0x5e }, (_, i) => String.fromCharCode(0x21 + i).toLowerCase());
  // What comes once or twice teaches no piece, and is most of the words.
  const frequent = new Map([...words].filter(([, count]) => count > 2));
  const { vocabulary } = trainUnigram(frequent, {
    vocabularySize: vocabularySize - llamaSpecialTokens.length,
    requiredCharacters: [...ascii, '▁', '\n'],
    seedSize: 30_000,
    maxPieceLength: 12,
  });
  const json = {
    version: '1.0',
    ...llamaMarkup,
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: {
      type: 'Unigram',
      unk_id: 0,
      byte_fallback: false,
      vocab: [...llamaSpecialTokens.map((token) => [token, 0] as const), ...vocabulary],
    },
  };
  return {
    tokenizerJson: JSON.stringify(json),
    tokenizerConfigJson: JSON.stringify({ tokenizer_class: 'LlamaTokenizer', unk_token: '<unk>' }),
  };
}

/** Something that takes minutes, kept in a file as JSON. */
export async function keptJson<T>(name: string, make: () => Promise<T> | T): Promise<T> {
  const path = `${kept}/${name}.json`;
  if (existsSync(path)) return JSON.parse(await readFile(path, 'utf8')) as T;
  const made = await make();
  await mkdir(kept, { recursive: true });
  await writeFile(path, JSON.stringify(made));
  return made;
}

/** Weights that take minutes, kept as safetensors. */
async function keptWeights(name: string, make: () => Promise<WeightSource>): Promise<WeightSource> {
  const path = `${kept}/${name}.safetensors`;
  if (!existsSync(path)) {
    const made = await make();
    const parts: Uint8Array[] = [];
    for await (const bytes of writeSafetensors(planSafetensors(made.tensors), (tensor) => made.read(tensor)))
      parts.push(bytes);
    await mkdir(kept, { recursive: true });
    await writeFile(path, Buffer.concat(parts));
  }
  return openSafetensors(new Uint8Array(await readFile(path)));
}

export interface Learned {
  readonly steps: number;
  readonly tokens: number;
  /** Means over the first and the last tenth of the updates. */
  readonly lossBefore: number;
  readonly lossAfter: number;
  readonly minutes: number;
  readonly cpuMinutes: number;
}

export type Tuning = Pick<DecoderTuning, 'epochs' | 'batchSize' | 'learningRate' | 'seed'>;

interface Trained {
  readonly weights: WeightSource;
  readonly learned: Learned;
}

/** Trains every weight; the new weights, and what it took. */
async function trained(
  from: WeightSource | null,
  examples: readonly CausalExample[],
  tuning: Tuning,
  label: string,
): Promise<Trained> {
  const budgetTokens = 2048;
  const decoder = await Decoder.create({
    config,
    weights: from,
    lowering,
    contextTokens: config.max_position_embeddings,
    sequences: 1,
    budgetTokens,
    seed: tuning.seed,
  });
  try {
    const cpu = process.cpuUsage();
    const steps = await tuneDecoder(
      decoder,
      examples,
      { warmupRatio: 0.05, weightDecay: 0.01, budgetTokens, ...tuning },
      ({ step, steps: all, loss, elapsedMs, etaMs }) => {
        if (step % 50 === 0)
          console.log(
            `${label}: ${step}/${all}, loss ${loss.toFixed(3)}, ${(elapsedMs / 60_000).toFixed(1)} min, ${((etaMs ?? 0) / 60_000).toFixed(1)} to go`,
          );
      },
    );
    const used = process.cpuUsage(cpu);
    const tenth = Math.max(1, Math.round(steps.length / 10));
    const mean = (of: typeof steps) => of.reduce((sum, { loss }) => sum + loss, 0) / of.length;
    const held = new Map<string, Float32Array>();
    const { tensors } = decoder.weights;
    for (const { name } of tensors) held.set(name, await decoder.weights.read(name));
    return {
      weights: { tensors, read: async (name) => held.get(name) ?? new Float32Array() },
      learned: {
        steps: steps.length,
        tokens: steps.reduce((sum, step) => sum + step.tokens, 0),
        lossBefore: mean(steps.slice(0, tenth)),
        lossAfter: mean(steps.slice(-tenth)),
        minutes: (steps.at(-1)?.elapsedMs ?? 0) / 60_000,
        cpuMinutes: (used.user + used.system) / 60e6,
      },
    };
  } finally {
    decoder.dispose();
  }
}

/** Weights that were trained from others, and what it took; both kept under the name. */
export async function keptTraining(
  name: string,
  from: WeightSource | null,
  examples: () => readonly CausalExample[],
  tuning: Tuning,
): Promise<Trained> {
  let learned: Learned | null = null;
  const weights = await keptWeights(name, async () => {
    const made = await trained(from, examples(), tuning, name);
    learned = made.learned;
    return made.weights;
  });
  return { weights, learned: await keptJson(`${name}-learned`, () => learned as unknown as Learned) };
}

/** The generator that was never shown an instruction. */
export async function baseGenerator(): Promise<Trained & { readonly tokenizer: GenerativeTokenizer }> {
  const sentences = realSentences();
  const files = await keptJson('tokenizer', () => trainTokenizer([...sentences, ...wordsOfTasks()]));
  const tokenizer = loadGenerativeTokenizer(files);
  const examples = () =>
    sentences.map((text): CausalExample => ({
      ids: Int32Array.from([
        beginId,
        ...tokenizer.encode(neutral(text, llamaSpecialTokens)).slice(0, 160),
        endId,
      ]),
      learnedFrom: 1,
    }));
  const tuning = { epochs: 2, batchSize: 16, learningRate: 3e-3, seed: 1 };
  return { tokenizer, ...(await keptTraining('base', null, examples, tuning)) };
}
