import { describe, expect, test } from 'vitest';
import { random } from '../base/random.ts';
import { openExperimentalGpu } from '../engine/testing/nodeGpu.ts';
import { createWebGpuSession, type WebGpuSessionOptions } from '../engine/webgpu/session.ts';
import { SessionClassifier } from './classifier.ts';
import { defineModel } from './create.ts';
import type { OptimizerStep, PackedBatch } from './trainable.ts';

// Whole training steps with products of real halves beside the same steps in f32: only on devices with `shader-f16`.
const { gpu, ...why } = await openExperimentalGpu();
const hasHalves = gpu?.features.includes('shader-f16') ?? false;
const noHalves = gpu ? `${gpu.name} has no shader-f16` : 'reason' in why ? why.reason : '';

const labelCount = 5;
const vocabulary = 60;
const configs = {
  xlnet: {
    model_type: 'xlnet',
    vocab_size: vocabulary,
    d_model: 64,
    n_layer: 2,
    n_head: 2,
    d_inner: 130,
    initializer_range: 0.1,
  },
  bert: {
    model_type: 'bert',
    vocab_size: vocabulary,
    max_position_embeddings: 40,
    hidden_size: 64,
    num_hidden_layers: 2,
    num_attention_heads: 2,
    intermediate_size: 130,
    initializer_range: 0.1,
  },
} as const;

const sequences = 12;
const capacity = { tokens: 320, sequences, maxLength: 40 };

/** Rows whose label is told by a token of its own. */
function rows(segmentIds: (ids: Int32Array) => Int32Array, isXlnet: boolean): PackedBatch {
  const draw = random(11);
  const ids: number[] = [];
  const segments: number[] = [];
  const offsets = [0];
  const targets = new Float32Array(sequences * labelCount);
  for (let row = 0; row < sequences; row++) {
    const label = draw.integer(labelCount);
    targets[row * labelCount + label] = 1;
    const words = Array.from({ length: 3 + draw.integer(20) }, () => 20 + draw.integer(30));
    words[draw.integer(words.length)] = 10 + label;
    const text = isXlnet ? [...words, 4, 3] : [2, ...words, 3];
    ids.push(...text);
    segments.push(...segmentIds(Int32Array.from(text)));
    offsets.push(ids.length);
  }
  return {
    ids: Int32Array.from(ids),
    segments: Int32Array.from(segments),
    offsets: Uint32Array.from(offsets),
    targets,
  };
}

const step = (number: number): OptimizerStep => ({
  step: number,
  learningRate: 2e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'no-bias-no-norm',
  clipNorm: 1,
  seed: 7,
});

interface Trained {
  readonly gradients: ReadonlyMap<string, Float32Array>;
  readonly losses: readonly number[];
}

/** Gradients of the first step and the losses of sixteen, dropout on; every variant draws the same masks. */
async function train(name: keyof typeof configs, options: Partial<WebGpuSessionOptions>): Promise<Trained> {
  if (!gpu) throw new Error(noHalves);
  const definition = defineModel(configs[name]);
  const session = await createWebGpuSession({
    gpu,
    training: definition.graph({ labelCount, training: true, dropout: 0.1 }),
    inference: definition.graph({ labelCount, training: false, dropout: null }),
    capacity: definition.capacity(capacity),
    avoidsBarriers: false,
    ...options,
  });
  const model = new SessionClassifier(definition, session, labelCount);
  try {
    await model.load(null, 3);
    const batch = rows((ids) => model.segmentIds(ids), name === 'xlnet');
    const scale = model.scalesGradients ? { gradientScale: 1024 } : {};
    const losses: number[] = [];
    const gradients = new Map<string, Float32Array>();
    for (let i = 1; i <= 16; i++) {
      const outcome = await model.trainStep([batch], { ...step(i), ...scale });
      expect(outcome.overflowed).toBeUndefined();
      losses.push(outcome.loss);
      if (i === 1) for (const of of session.trained) gradients.set(of, await session.read('gradient', of));
    }
    return { gradients, losses };
  } finally {
    model.dispose();
  }
}

/** Root of the summed squares of differences, over that of `expected`. */
function distance(actual: ReadonlyMap<string, Float32Array>, expected: ReadonlyMap<string, Float32Array>) {
  let difference = 0;
  let magnitude = 0;
  for (const [name, values] of expected)
    values.forEach((value, i) => {
      difference += ((actual.get(name)?.[i] ?? Number.NaN) - value) ** 2;
      magnitude += value ** 2;
    });
  return Math.sqrt(difference / magnitude);
}

describe.skipIf(!hasHalves)(
  `training with products of halves, computed${hasHalves ? '' : ` (skipped: ${noHalves})`}`,
  { timeout: 600_000 },
  () => {
    test.each(['xlnet', 'bert'] as const)(
      '%s: first gradients and the course of the loss are those of f32 but for the rounding of operands',
      async (name) => {
        const exact = await train(name, {});
        expect(exact.losses.at(-1)).toBeLessThan(0.7 * (exact.losses[0] ?? 0));
        const variants: [string, Partial<WebGpuSessionOptions>][] = [
          ['tiles', { precision: 'f16' }],
          ['emulated', { precision: 'f16', emulatesHalf: true }],
          // As the page trains on a software adapter: everything else stays in registers.
          ['on a software adapter', { precision: 'f16', avoidsBarriers: true }],
        ];
        if (gpu?.subgroupMatrix)
          variants.push(['matrices', { precision: 'f16', usesSubgroupMatrices: true }]);
        for (const [label, options] of variants) {
          const halves = await train(name, options);
          const apart = distance(halves.gradients, exact.gradients);
          const worst = Math.max(
            ...exact.losses.map((loss, i) => Math.abs((halves.losses[i] ?? Number.NaN) - loss) / loss),
          );
          // An operand strays by 2^-11 of itself at most; the errors of some twenty products behind each other add up as their root.
          expect(apart, label).toBeLessThan(Math.sqrt(20) * 2 ** -11);
          // Not zero: the rounding really takes place.
          expect(apart, label).toBeGreaterThan(2 ** -14);
          expect(worst, label).toBeLessThan(0.005);
        }
      },
    );
  },
);
