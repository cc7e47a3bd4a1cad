import type { Progress, TaskOptions } from '../../base/progress.ts';
import { inSteps, type Steps } from '../../base/steps.ts';

/**
 * Runs steps that count 1,000 a part. Iterations to come are not known, so what is reported are shares of the work, never rows.
 * Throws `aborted`.
 */
export async function inThousandths<T>(
  phase: string,
  parts: number,
  steps: Steps<T>,
  { signal, onProgress }: TaskOptions = {},
): Promise<T> {
  const report = onProgress && ((progress: Progress) => onProgress({ ...progress, unit: 'steps' }));
  return inSteps(phase, parts * 1000, steps, { signal, onProgress: report });
}
