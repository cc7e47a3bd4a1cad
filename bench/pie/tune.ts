import { performance } from 'node:perf_hooks';
import { applyPrompt, type PromptTemplate } from '../../src/core/embedding/prompts.ts';
import { pool, type Pooling } from '../../src/core/embedding/pooling.ts';
import type { Vectors } from '../../src/core/embedding/vectors.ts';
import type { TextTokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import { scratchBert, type ScratchSize } from '../../src/models/bert/scratch.ts';
import { createContrastiveModel } from '../../src/models/contrastive.ts';
import { createEncoder, type Encoder } from '../../src/models/encoder.ts';
import type { WeightSource } from '../../src/models/weights.ts';
import { memoryFileStore } from '../../src/training/checkpoints/fileStore.ts';
import { RunControl } from '../../src/training/control.ts';
import { trainContrastive } from '../../src/training/contrastive/loop.ts';
import { stepShape } from '../../src/training/contrastive/settings.ts';
import type { ContrastivePoint, ContrastiveSettings } from '../../src/training/contrastive/types.ts';
import { planEvaluation } from '../../src/training/packing.ts';
import { packBatch } from '../../src/training/batches.ts';

export interface Variant {
  readonly name: string;
  readonly prompt: PromptTemplate;
  readonly size: ScratchSize;
  readonly settings: ContrastiveSettings;
  /** Of the instruction; the prompt comes on top. */
  readonly textTokens: number;
}

type Row = { readonly text: string; readonly pair: string; readonly category: string };

export interface Tuned {
  readonly config: unknown;
  readonly weights: WeightSource;
  readonly points: readonly ContrastivePoint[];
  readonly seconds: number;
}

/** Trains an encoder from random weights on the CPU path; without rows it stays as it begins. */
export async function tune(
  variant: Variant,
  tokenizer: TextTokenizer,
  rows: readonly Row[],
  seed: number,
  threads: number,
): Promise<Tuned> {
  const { settings, size } = variant;
  const tokens = prompted(
    variant,
    tokenizer,
    rows.map(({ text }) => text),
    true,
  );
  const config = scratchBert(tokenizer.vocabularySize, size);
  const { capacity, cachedTexts } = stepShape(settings, tokens.offsets);
  const model = await createContrastiveModel({
    config,
    weights: null,
    lowering: { kind: 'onnx', threads },
    capacity,
    cachedTexts,
    seed,
    dropout: settings.dropout,
    pooling: settings.pooling,
    temperature: settings.temperature,
  });
  const startedAt = performance.now();
  let points: readonly ContrastivePoint[] = [];
  if (settings.maxSteps !== 0) {
    let saidAt = startedAt;
    ({ points } = await trainContrastive({
      model,
      rows: { ...tokens, categories: rows },
      settings,
      seed,
      files: memoryFileStore(),
      control: new RunControl(),
      onEvent(event) {
        if (event.kind !== 'steps' || performance.now() - saidAt < 20_000) return;
        saidAt = performance.now();
        const [point] = event.points;
        console.log(
          `  step ${point?.step}/${event.totalSteps} loss ${point?.loss.toFixed(3)} alignment ${point?.alignment.toFixed(3)} uniformity ${point?.uniformity.toFixed(2)} ${Math.round(point?.stepMs ?? 0)} ms, ${Math.round((event.etaMs ?? 0) / 1000)} s to go`,
        );
      },
    }));
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const tensors = new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>();
  for await (const { name, shape, data } of model.state.readState(['parameter']))
    tensors.set(name, { shape, data });
  model.dispose();
  const weights: WeightSource = {
    tensors: [...tensors].map(([name, { shape }]) => ({ name, shape })),
    read: async (name) => tensors.get(name)?.data ?? new Float32Array(),
  };
  return { config, weights, points, seconds };
}

/** Opens what was tuned as the embedding cell would. */
export function encoderOf({ config, weights }: Tuned, threads: number): Promise<Encoder> {
  const capacity = { tokens: 4096, sequences: 64, maxLength: 128 };
  return createEncoder({ config, weights, capacity, lowering: { kind: 'onnx', threads } });
}

/** Vectors of texts under the variant's prompt. */
export async function embed(
  encoder: Encoder,
  variant: Variant,
  tokenizer: TextTokenizer,
  texts: readonly string[],
  addPeriod: boolean,
): Promise<Vectors> {
  const tokens = prompted(variant, tokenizer, texts, addPeriod);
  const none = new Uint32Array(0);
  const rows = Uint32Array.from(texts, (_, row) => row);
  const data = {
    tokens: { ...tokens, rowIds: rows },
    split: { train: none, validation: none, test: none },
    labels: [],
    targetOffsets: none,
    targetIds: none,
  };
  const { width } = variant.size;
  const values = new Float32Array(texts.length * width);
  for (const batch of planEvaluation(rows, tokens.offsets, { budgetTokens: 4096, maxSequences: 64 })) {
    const packed = packBatch(data, batch, (ids) => encoder.segmentIds(ids), false);
    const [last = new Float32Array()] = await encoder.hidden(packed, [encoder.layers]);
    const pooled = pool({ last, offsets: packed.offsets, width }, variant.settings.pooling as Pooling);
    batch.forEach((row, i) => values.set(pooled.values.subarray(i * width, (i + 1) * width), row * width));
  }
  return { count: texts.length, width, values };
}

/** Ids of texts in their prompt; long instructions are cut, prompts never. */
function prompted(
  { prompt, textTokens }: Variant,
  tokenizer: TextTokenizer,
  texts: readonly string[],
  addPeriod: boolean,
): { readonly ids: Int32Array; readonly offsets: Uint32Array } {
  const { before, after } = tokenizer.template;
  const bare = (text: string) => {
    const { ids } = tokenizer.encode(text);
    return [...ids.subarray(before.length, ids.length - after.length)];
  };
  const [head = '', tail = ''] = prompt.template.split('{instruction}');
  const [start, end] = [
    [...before, ...bare(head)],
    [...bare(tail), ...after],
  ];
  const plain = { ...prompt, template: '{instruction}' };
  const rows = texts.map((text) => [
    ...start,
    ...bare(applyPrompt(plain, text, addPeriod)).slice(0, textTokens),
    ...end,
  ]);
  const offsets = new Uint32Array(rows.length + 1);
  rows.forEach((row, i) => (offsets[i + 1] = (offsets[i] as number) + row.length));
  return { ids: Int32Array.from(rows.flat()), offsets };
}
