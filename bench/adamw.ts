import type { OptimizerStep } from '../src/models/trainable.ts';

/** AdamW as every step that is timed here takes it; the learning rate and the step are each bench's own. */
export const adamw = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  decay: 'no-bias-no-norm',
  clipNorm: 1,
} as const satisfies Partial<OptimizerStep>;
