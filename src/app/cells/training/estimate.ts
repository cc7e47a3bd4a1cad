import { totalSteps } from '../../../training/hyperparameters.ts';
import type { Hyperparameters, StepPoint } from '../../../services/trainer/contract.ts';

/** Training speed of a run: real tokens over the time its steps took, without the first ones (they compile). */
export function measuredTokensPerSecond(steps: readonly StepPoint[]): number | null {
  const settled = steps.length > 4 ? steps.slice(2) : steps;
  let tokens = 0;
  let ms = 0;
  for (const step of settled) {
    tokens += step.tokens;
    ms += step.stepMs;
  }
  return ms > 0 && tokens > 0 ? (tokens / ms) * 1000 : null;
}

/**
 * Milliseconds a run will take: tokens of its steps over the measured speed. Evaluation is left out (a forward pass over a
 * tenth of the rows). Null while no speed or token count is known.
 */
export function estimateMs(
  hyperparameters: Hyperparameters,
  trainRows: number,
  trainTokens: number | null,
  tokensPerSecond: number | null,
): number | null {
  if (trainTokens === null || tokensPerSecond === null || tokensPerSecond <= 0 || trainRows === 0)
    return null;
  const rowsSeen = Math.min(
    totalSteps(hyperparameters, trainRows) * hyperparameters.batchSize,
    hyperparameters.epochs * trainRows,
  );
  return (rowsSeen * (trainTokens / trainRows) * 1000) / tokensPerSecond;
}
