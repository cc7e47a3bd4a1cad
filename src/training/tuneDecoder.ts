import { nextTask } from '../base/breath.ts';
import { VerbenaError } from '../base/errors.ts';
import { etaEstimator } from '../base/progress.ts';
import { hashAll, random } from '../base/random.ts';
import type { Decoder } from '../models/llama/decoder.ts';
import { learnedTokens, type CausalExample } from '../models/llama/feed.ts';
import { scheduleFactor } from './schedules.ts';

export interface DecoderTuning {
  readonly epochs: number;
  /** Examples an update. */
  readonly batchSize: number;
  readonly learningRate: number;
  /** Share of the updates over which the rate rises; it then falls linearly. */
  readonly warmupRatio: number;
  readonly weightDecay: number;
  /** Tokens of a pass. */
  readonly budgetTokens: number;
  readonly seed: number;
}

export interface DecoderStep {
  /** 1-based. */
  readonly step: number;
  readonly steps: number;
  /** 1-based. */
  readonly epoch: number;
  /** Mean over the tokens that count, in nats. */
  readonly loss: number;
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokens: number;
  readonly elapsedMs: number;
  readonly etaMs: number | null;
}

/** Gradients are clipped to this norm, as Hugging Face's Trainer does. */
const clipNorm = 1;

/**
 * Causal language modelling over examples with AdamW (0.9, 0.999, 1e-8), warm-up and linear decay, as Hugging Face's Trainer runs it: every
 * epoch in an order of its own, batches filled by accumulation. Runs are a function of (weights, examples, options) on one device. An abort ends
 * it after a step. Throws `tuning-empty`, `tuning-invalid`, `loss-not-finite`, `device-lost`.
 */
export async function tuneDecoder(
  decoder: Decoder,
  examples: readonly CausalExample[],
  options: DecoderTuning,
  onStep: (step: DecoderStep) => void = () => undefined,
  signal?: AbortSignal,
): Promise<readonly DecoderStep[]> {
  assertTuning(options);
  const { epochs, batchSize, learningRate, warmupRatio, weightDecay, budgetTokens, seed } = options;
  const usable = usableExamples(examples);
  const perEpoch = Math.ceil(usable.length / batchSize);
  const steps = perEpoch * epochs;
  const warmup = Math.ceil(warmupRatio * steps);
  const begunAt = performance.now();
  const eta = etaEstimator();
  const done: DecoderStep[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = random(seed, 1, epoch).shuffle(Uint32Array.from(usable, (_, i) => i));
    for (let at = 0; at < usable.length; at += batchSize) {
      // A stop can only arrive in a task of its own.
      await nextTask();
      if (signal?.aborted) return done;
      const batch = Array.from(order.subarray(at, at + batchSize), (i) => usable[i] as CausalExample);
      const step = done.length + 1;
      const rate = learningRate * scheduleFactor('linear', step - 1, warmup, steps);
      const { loss, gradientNorm } = await decoder.trainStep(
        microBatches(batch, budgetTokens, decoder.passCapacity.asked),
        {
          step,
          learningRate: rate,
          beta1: 0.9,
          beta2: 0.999,
          epsilon: 1e-8,
          weightDecay,
          decay: 'no-bias-no-norm',
          clipNorm,
          seed: hashAll(seed, 2),
        },
      );
      const elapsedMs = performance.now() - begunAt;
      const tokens = batch.reduce((sum, { ids }) => sum + ids.length, 0);
      done.push({
        step,
        steps,
        epoch: epoch + 1,
        loss,
        gradientNorm,
        learningRate: rate,
        tokens,
        elapsedMs,
        etaMs: eta(step, steps, elapsedMs),
      });
      onStep(done.at(-1) as DecoderStep);
    }
  }
  return done;
}

/** Cuts examples off at a length; says how many were longer. */
export function cutExamples(
  examples: readonly CausalExample[],
  maxLength: number,
): { readonly examples: readonly CausalExample[]; readonly cut: number } {
  const cut = examples.filter(({ ids }) => ids.length > maxLength).length;
  return {
    cut,
    examples:
      cut === 0
        ? examples
        : examples.map(({ ids, learnedFrom }) => ({ ids: ids.slice(0, maxLength), learnedFrom })),
  };
}

/** Those that have a token to learn. Throws `tuning-empty` where none has. */
export function usableExamples(examples: readonly CausalExample[]): readonly CausalExample[] {
  const usable = examples.filter((example) => learnedTokens(example) > 0);
  if (usable.length > 0) return usable;
  throw new VerbenaError(
    'tuning-empty',
    'There is no example with a token to learn.',
    'Give examples with a reply, and a maximum length that leaves room for it.',
  );
}

/** Fills passes of at most `budgetTokens`, of which at most `mostLearned` are learned, in the order given. */
function microBatches(
  batch: readonly CausalExample[],
  budgetTokens: number,
  mostLearned: number,
): CausalExample[][] {
  const batches: CausalExample[][] = [];
  let [used, learned] = [budgetTokens, mostLearned];
  for (const example of batch) {
    if (used + example.ids.length > budgetTokens || learned + learnedTokens(example) > mostLearned) {
      batches.push([]);
      [used, learned] = [0, 0];
    }
    batches.at(-1)?.push(example);
    used += example.ids.length;
    learned += learnedTokens(example);
  }
  return batches;
}

function assertTuning(options: DecoderTuning): void {
  const { epochs, batchSize, learningRate, warmupRatio, weightDecay } = options;
  const isCount = (value: number) => Number.isSafeInteger(value) && value >= 1;
  const problems = [
    ...(isCount(epochs) ? [] : [`${epochs} epochs`]),
    ...(isCount(batchSize) ? [] : [`a batch of ${batchSize}`]),
    ...(learningRate > 0 && learningRate <= 1 ? [] : [`a learning rate of ${learningRate}`]),
    ...(warmupRatio >= 0 && warmupRatio < 1 ? [] : [`a warm-up of ${warmupRatio}`]),
    ...(weightDecay >= 0 && weightDecay < 1 ? [] : [`a weight decay of ${weightDecay}`]),
  ];
  if (problems.length > 0)
    throw new VerbenaError(
      'tuning-invalid',
      `The decoder cannot be tuned with ${problems.join(', ')}.`,
      'Whole numbers of epochs and examples from 1, a rate above 0 up to 1, warm-up and decay from 0 below 1.',
    );
}
