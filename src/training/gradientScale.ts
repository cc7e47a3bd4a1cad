import type { StepPoint } from './types.ts';

// Half-precision products round what descends from the loss. A power of two lifts it away from the smallest halves (6e-8) and is divided
// out again; where it lifts too far, a gradient becomes infinite, the update is skipped, and the step is made again with half the scale.
// The idea is that of Micikevicius et al. (2018), "Mixed precision training", section 3.2; the numbers follow PyTorch's GradScaler, but
// for a shorter wait, since fine-tuning takes hundreds of steps.

/** Gradients reach the products divided by the loss' own scale, so that they begin near 1: 64 of them overflow at this. */
export const firstGradientScale = 2 ** 10;
/** Below this the overflow is not the scale's fault: the gradient itself is not finite. */
export const leastGradientScale = 2 ** -14;
const mostGradientScale = 2 ** 24;
/** Steps in a row under one scale before twice of it is tried. */
export const stepsBeforeGrowth = 200;

/**
 * The scale to try the next step with, from the steps made so far: a fold over what the curves hold anyway, so that a resumed run goes on
 * with the scale, and the wait, of the run that was not interrupted.
 */
export function nextGradientScale(steps: readonly Pick<StepPoint, 'gradientScale'>[]): number {
  const scale = steps.at(-1)?.gradientScale;
  if (scale === undefined) return firstGradientScale;
  if (steps.length < stepsBeforeGrowth || scale >= mostGradientScale) return scale;
  const lately = steps.slice(-stepsBeforeGrowth);
  return lately.every((point) => point.gradientScale === scale) ? 2 * scale : scale;
}
