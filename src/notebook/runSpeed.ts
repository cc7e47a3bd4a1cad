import type { StepPoint } from '../services/trainer/contract.ts';

/** Training speed: real tokens over the time their steps took, without the first ones (they compile); null before any. */
export function tokensPerSecond(steps: readonly StepPoint[]): number | null {
  const settled = steps.length > 4 ? steps.slice(2) : steps;
  let tokens = 0;
  let ms = 0;
  for (const step of settled) {
    tokens += step.tokens;
    ms += step.stepMs;
  }
  return ms > 0 && tokens > 0 ? (tokens / ms) * 1000 : null;
}
