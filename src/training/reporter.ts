import { etaEstimator } from '../base/progress.ts';
import type { LoopEvent, StepPoint } from './types.ts';

/** Sends a run's events: steps in batches, everything else at once and in order. */
export interface Reporter {
  step(point: StepPoint): void;
  /** Sends what is held back first, so that the page sees events in the order they happened. */
  send(event: LoopEvent): void;
  flush(): void;
  /** Forgets the rate: a pause says nothing about speed. */
  restartClock(): void;
}

/** A reporter that sends step points at most every `intervalMs`; a fast model makes hundreds of steps a second. */
export function createReporter(
  onEvent: (event: LoopEvent) => void,
  totalSteps: number,
  intervalMs = 100,
): Reporter {
  let held: StepPoint[] = [];
  let sentAt = Number.NEGATIVE_INFINITY;
  let eta = etaEstimator();
  let etaMs: number | null = null;
  const flush = () => {
    if (held.length === 0) return;
    onEvent({ kind: 'steps', points: held, totalSteps, etaMs });
    held = [];
    sentAt = performance.now();
  };
  return {
    flush,
    step(point) {
      held.push(point);
      const now = performance.now();
      etaMs = eta(point.step, totalSteps, now);
      if (now - sentAt >= intervalMs) flush();
    },
    send(event) {
      flush();
      onEvent(event);
    },
    restartClock() {
      eta = etaEstimator();
    },
  };
}
