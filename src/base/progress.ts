import { VerbenaError } from './errors.ts';

/** How far a task has come. `total` is null while it is unknown. */
export interface Progress {
  readonly phase: string;
  readonly done: number;
  readonly total: number | null;
  readonly unit:
    | 'bytes'
    | 'rows'
    | 'steps'
    | 'tokens'
    | 'labels'
    | 'epochs'
    | 'outputs'
    | 'elements'
    | 'variants';
}

/** What every task that may take over 100 ms accepts. */
export interface TaskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** Throws the abort as a typed error, so that callers can tell a stop from a failure. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted)
    throw new VerbenaError('aborted', 'Stopped.', 'Start it again; what was finished is kept.');
}

/** Lets at most one report through every `intervalMs`, and always the first and the last. */
export function throttled(
  report: ((progress: Progress) => void) | undefined,
  intervalMs = 50,
): (progress: Progress) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (progress) => {
    const now = performance.now();
    if (!report || (now - last < intervalMs && progress.done !== progress.total)) return;
    last = now;
    report(progress);
  };
}

/** Remaining milliseconds of a task from its reports: rates of different phases have nothing to say about each other. */
export function progressEta(): (progress: Progress, nowMs: number) => number | null {
  let estimate = etaEstimator();
  let before: Progress | null = null;
  return (progress, nowMs) => {
    if (before && (progress.phase !== before.phase || progress.done < before.done)) estimate = etaEstimator();
    before = progress;
    return estimate(progress.done, progress.total, nowMs);
  };
}

/** Remaining milliseconds by exponentially smoothed rate; null before there is evidence. */
export function etaEstimator(): (done: number, total: number | null, nowMs: number) => number | null {
  let lastDone = 0;
  let lastMs: number | null = null;
  let rate: number | null = null;
  return (done, total, nowMs) => {
    if (lastMs === null) {
      lastMs = nowMs;
      lastDone = done;
      return null;
    }
    const elapsed = nowMs - lastMs;
    if (elapsed > 0 && done > lastDone) {
      const current = (done - lastDone) / elapsed;
      rate = rate === null ? current : 0.8 * rate + 0.2 * current;
      lastMs = nowMs;
      lastDone = done;
    }
    return rate === null || total === null ? null : Math.max(0, (total - done) / rate);
  };
}
