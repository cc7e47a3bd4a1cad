import type { Hyperparameters } from './types.ts';

/**
 * The learning-rate multiplier of one update, as Hugging Face's `get_{constant,linear,cosine}_schedule_with_warmup`
 * compute it (transformers/optimization.py).
 *
 * `update` is 0-based and counts finished updates, as `LambdaLR` does: the very first update of a run with warm-up
 * therefore has rate 0, and the last one of a linear schedule is 1 / (totalSteps - warmupSteps) of the peak.
 */
export function scheduleFactor(
  schedule: Hyperparameters['schedule'],
  update: number,
  warmupSteps: number,
  totalSteps: number,
): number {
  if (update < warmupSteps) return update / Math.max(1, warmupSteps);
  const remaining = Math.max(1, totalSteps - warmupSteps);
  switch (schedule) {
    case 'constant':
      return 1;
    case 'linear':
      return Math.max(0, (totalSteps - update) / remaining);
    case 'cosine':
      // Half a period (num_cycles = 0.5), Hugging Face's default.
      return Math.max(0, 0.5 * (1 + Math.cos((Math.PI * (update - warmupSteps)) / remaining)));
  }
}

/** The rate of the update that makes `step` (1-based) out of a run's `totalSteps`. */
export function learningRateAt(hyperparameters: Hyperparameters, step: number, totalSteps: number): number {
  const { schedule, warmupSteps, learningRate } = hyperparameters;
  return learningRate * scheduleFactor(schedule, step - 1, warmupSteps, totalSteps);
}
