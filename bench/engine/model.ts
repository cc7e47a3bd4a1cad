import { random } from '../../src/base/random.ts';

// What every engine computes: one model, one batch, one set of starting weights. Same numbers in, so the losses that come
// out can be held against each other.

export interface BenchConfig {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly labels: number;
  /** Tokens of each sequence; no padding. */
  readonly tokens: number;
  readonly sequences: number;
  /** Ours: each layer is updated during the backward pass. Default: all at its end. */
  readonly updatesByLayer?: boolean;
}

export const adamW = {
  learningRate: 4e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
} as const;

export const layerNormEpsilon = 1e-12;

export interface Weight {
  /** Hugging Face's name. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Hugging Face's parameters of `XLNetForSequenceClassification`, less `mask_emb`, which fine-tuning never touches. */
export function parameterShapes(config: BenchConfig): [name: string, shape: readonly number[]][] {
  const { layers, width, heads, inner, vocabulary, labels } = config;
  const headSize = width / heads;
  const shapes: [string, readonly number[]][] = [
    ['transformer.word_embedding.weight', [vocabulary, width]],
    ['sequence_summary.summary.weight', [width, width]],
    ['sequence_summary.summary.bias', [width]],
    ['logits_proj.weight', [labels, width]],
    ['logits_proj.bias', [labels]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    const name = (rest: string) => `transformer.layer.${layer}.${rest}`;
    for (const matrix of ['q', 'k', 'v', 'o', 'r']) {
      shapes.push([name(`rel_attn.${matrix}`), [width, heads, headSize]]);
    }
    for (const bias of ['r_w_bias', 'r_r_bias', 'r_s_bias']) {
      shapes.push([name(`rel_attn.${bias}`), [heads, headSize]]);
    }
    shapes.push([name('rel_attn.seg_embed'), [2, heads, headSize]]);
    for (const norm of ['rel_attn.layer_norm', 'ff.layer_norm']) {
      shapes.push([name(`${norm}.weight`), [width]], [name(`${norm}.bias`), [width]]);
    }
    shapes.push(
      [name('ff.layer_1.weight'), [inner, width]],
      [name('ff.layer_1.bias'), [inner]],
      [name('ff.layer_2.weight'), [width, inner]],
      [name('ff.layer_2.bias'), [width]],
    );
  }
  return shapes;
}

/** Seeded starting weights: no zero biases, so that a term left out anywhere shows in the loss. */
export function startingWeights(config: BenchConfig, seed = 1): Weight[] {
  return parameterShapes(config).map(([name, shape], index) => {
    const stream = random(seed, index);
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const scale = name.endsWith('bias') || name.endsWith('seg_embed') ? 0.1 : 0.05;
    const centre = name.endsWith('layer_norm.weight') ? 1 : 0;
    for (let i = 0; i < data.length; i++) data[i] = centre + scale * stream.normal();
    return { name, shape, data };
  });
}

export interface BenchBatch {
  /** `[B, T]` row-major. */
  readonly ids: Int32Array;
  /** `[B, T]` 0, 1 and, for the last token, 2, as XLNet's tokenizer gives for a pair. */
  readonly segments: Int32Array;
  /** `[B, L]` 0 or 1. */
  readonly targets: Float32Array;
}

/** One seeded batch, used for every step. */
export function benchBatch(config: BenchConfig, seed = 2): BenchBatch {
  const { sequences, tokens, vocabulary, labels } = config;
  const stream = random(seed);
  const ids = new Int32Array(sequences * tokens);
  const segments = new Int32Array(sequences * tokens);
  for (let i = 0; i < ids.length; i++) {
    const position = i % tokens;
    ids[i] = 9 + stream.integer(vocabulary - 9);
    segments[i] = position === tokens - 1 ? 2 : position < tokens / 2 ? 0 : 1;
  }
  const targets = new Float32Array(sequences * labels);
  for (let i = 0; i < targets.length; i++) targets[i] = stream.next() < 0.1 ? 1 : 0;
  return { ids, segments, targets };
}

/** `[2 T, d]` XLNet's sinusoids of the distances T, T - 1, ..., 1 - T: sines, then cosines. */
export function relativePositions({ tokens, width }: BenchConfig): Float32Array {
  const table = new Float32Array(2 * tokens * width);
  for (let row = 0; row < 2 * tokens; row++) {
    for (let i = 0; i < width / 2; i++) {
      const angle = (tokens - row) / 10000 ** ((2 * i) / width);
      table[row * width + i] = Math.sin(angle);
      table[row * width + width / 2 + i] = Math.cos(angle);
    }
  }
  return table;
}

/** `[B, T, T]` 1 where two tokens lie in different segments. */
export function segmentDiffers({ sequences, tokens }: BenchConfig, { segments }: BenchBatch): Float32Array {
  const differs = new Float32Array(sequences * tokens * tokens);
  for (let b = 0; b < sequences; b++) {
    for (let i = 0; i < tokens; i++) {
      for (let j = 0; j < tokens; j++) {
        const same = segments[b * tokens + i] === segments[b * tokens + j];
        differs[(b * tokens + i) * tokens + j] = same ? 0 : 1;
      }
    }
  }
  return differs;
}

/** What an engine's page offers. */
export interface BenchStep {
  /** One training step: forward, backward, AdamW. Resolves with the loss once the device has finished. */
  step(): Promise<number>;
  /** What the engine can say of itself: planned bytes, kernels, version. */
  info(): Readonly<Record<string, number | string>>;
}

export type CreateStep = (config: BenchConfig) => Promise<BenchStep>;
