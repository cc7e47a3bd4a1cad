import { random } from '../../base/random.ts';
import type { Hyperparameters, TrainingRows } from '../types.ts';

/** A learnable corpus: each label has its own tokens, rows mix the tokens of their labels with noise. */
export function syntheticRows(options: {
  readonly rows: number;
  readonly labels: number;
  readonly seed: number;
}): TrainingRows & { readonly vocabularySize: number } {
  const { rows, labels, seed } = options;
  const stream = random(seed);
  const noise = 40;
  const perLabel = 5;
  const ids: number[] = [];
  const offsets = [0];
  const targetIds: number[] = [];
  const targetOffsets = [0];
  for (let row = 0; row < rows; row++) {
    const own = new Set([stream.integer(labels)]);
    if (stream.next() < 0.4) own.add(stream.integer(labels));
    const length = 4 + stream.integer(24);
    for (let t = 0; t < length; t++) {
      const label = [...own][stream.integer(own.size)] as number;
      ids.push(
        stream.next() < 0.5 ? noise + label * perLabel + stream.integer(perLabel) : stream.integer(noise),
      );
    }
    offsets.push(ids.length);
    targetIds.push(...[...own].sort((a, b) => a - b));
    targetOffsets.push(targetIds.length);
  }
  const order = stream.shuffle(Uint32Array.from({ length: rows }, (_, i) => i));
  const trainEnd = Math.floor(rows * 0.7);
  const validationEnd = Math.floor(rows * 0.85);
  return {
    vocabularySize: noise + labels * perLabel,
    tokens: {
      rowIds: Uint32Array.from({ length: rows }, (_, i) => 10 * i),
      offsets: Uint32Array.from(offsets),
      ids: Int32Array.from(ids),
    },
    split: {
      train: order.slice(0, trainEnd),
      validation: order.slice(trainEnd, validationEnd),
      test: order.slice(validationEnd),
    },
    labels: Array.from({ length: labels }, (_, l) => `label ${l}`),
    targetOffsets: Uint32Array.from(targetOffsets),
    targetIds: Uint32Array.from(targetIds),
  };
}

/** The same corpus with the first of each row's labels only. */
export function singleLabelRows(
  options: Parameters<typeof syntheticRows>[0],
): ReturnType<typeof syntheticRows> {
  const all = syntheticRows(options);
  return {
    ...all,
    targetOffsets: Uint32Array.from({ length: options.rows + 1 }, (_, row) => row),
    targetIds: all.targetOffsets.slice(0, -1).map((offset) => all.targetIds[offset] as number),
  };
}

/** Settings under which a bag model learns `syntheticRows` in a few dozen steps. */
export const quickHyperparameters: Hyperparameters = {
  learningRate: 0.05,
  batchSize: 16,
  epochs: 4,
  maxSteps: null,
  maxLength: 32,
  budgetTokens: 128,
  schedule: 'linear',
  warmupSteps: 2,
  weightDecay: 0.01,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  decay: 'no-bias-no-norm',
  clipNorm: 1,
  dropout: null,
  evaluateEverySteps: 10,
  checkpointEverySteps: 10,
  bestMetric: 'microF1',
  patience: null,
};
