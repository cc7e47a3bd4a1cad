import { totalSteps } from '../../../training/hyperparameters.ts';
import type { Hyperparameters } from '../../../services/trainer/contract.ts';

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
