import type { Parameter } from './graph/types.ts';
import type { AdamWStep } from './session.ts';

/** `sqrt(sum of squares)` over all gradients, summed in float64 in the order given. */
export function globalNorm(gradients: Iterable<Float32Array>): number {
  let sum = 0;
  for (const gradient of gradients) {
    for (let i = 0; i < gradient.length; i++) {
      const g = gradient[i] as number;
      sum += g * g;
    }
  }
  return Math.sqrt(sum);
}

/** Factor of `torch.nn.utils.clip_grad_norm_`: `min(1, clipNorm / (norm + 1e-6))`; 1 without clipping. */
export function clipFactor(norm: number, clipNorm: number | null): number {
  return clipNorm === null ? 1 : Math.min(1, clipNorm / (norm + 1e-6));
}

/** Whether weight decay reaches a parameter of this role. */
export function decays(role: Parameter['role'], decay: AdamWStep['decay']): boolean {
  return decay === 'all' || role === 'weight';
}

/** One parameter with its gradient and moments, all of one length. */
export interface AdamWTensors {
  readonly parameter: Float32Array;
  readonly gradient: Float32Array;
  readonly firstMoment: Float32Array;
  readonly secondMoment: Float32Array;
}

/**
 * `torch.optim.AdamW` (decoupled decay, bias-corrected moments, epsilon outside the root) in place, each element in float64 and
 * rounded when stored. `scale` multiplies the gradient (clipping).
 */
export function adamW(
  { parameter, gradient, firstMoment, secondMoment }: AdamWTensors,
  options: AdamWStep,
  decayed: boolean,
  scale: number,
): void {
  const { step, learningRate, beta1, beta2, epsilon } = options;
  const keep = decayed ? 1 - learningRate * options.weightDecay : 1;
  const stepSize = learningRate / (1 - beta1 ** step);
  const rootCorrection = 1 / Math.sqrt(1 - beta2 ** step);
  for (let i = 0; i < parameter.length; i++) {
    const g = (gradient[i] as number) * scale;
    const m = beta1 * (firstMoment[i] as number) + (1 - beta1) * g;
    const v = beta2 * (secondMoment[i] as number) + (1 - beta2) * g * g;
    firstMoment[i] = m;
    secondMoment[i] = v;
    parameter[i] =
      keep * (parameter[i] as number) - (stepSize * m) / (Math.sqrt(v) * rootCorrection + epsilon);
  }
}
