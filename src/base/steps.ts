import { breather } from './breath.ts';
import { throttled, throwIfAborted, type TaskOptions } from './progress.ts';

/** A long loop written as a generator: yields how many rows are done, returns the result. */
export type Steps<T> = Generator<number, T>;

/** A loop as part of another: what it has done is told as the outer one counts. */
export function* within<Done, T>(steps: Generator<Done, T>, tell: (done: Done) => number): Steps<T> {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    yield tell(value);
  }
}

/**
 * Runs a loop over rows to its end, with a breath, an abort check and a report where it yields. The loop itself stays plain
 * and synchronous. Throws `aborted`.
 */
export async function inSteps<T>(
  phase: string,
  total: number,
  steps: Steps<T>,
  { signal, onProgress }: TaskOptions = {},
): Promise<T> {
  const breathe = breather();
  const report = throttled(onProgress);
  throwIfAborted(signal);
  for (;;) {
    const { done, value } = steps.next();
    if (done) {
      report({ phase, done: total, total, unit: 'rows' });
      return value;
    }
    await breathe();
    throwIfAborted(signal);
    report({ phase, done: Math.floor(value), total, unit: 'rows' });
  }
}
