import type { Steps } from './steps.ts';

/** A loop to its end at once: what a worker does between breaths. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}
