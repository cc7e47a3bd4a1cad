import type { Evaluator } from '../../../core/metrics/evaluator.ts';

/** One pass over the cells of a large evaluation, ms: less than this left, and the next one waits. */
const passMs = 6;

/** Hundredths, as the slider has them, from the middle outwards: that is where it is moved first. */
export function sliderThresholds(): number[] {
  return Array.from({ length: 99 }, (_, i) => (50 + (i % 2 === 0 ? -1 : 1) * Math.ceil(i / 2)) / 100);
}

/**
 * Asks an evaluator for every threshold of the slider while the page has nothing else to do, so that a drag finds them made.
 * Returns how to end it.
 */
export function warm(evaluator: Evaluator): () => void {
  // Not in every browser: there the first drag makes them.
  if (typeof requestIdleCallback !== 'function') return () => undefined;
  const left = sliderThresholds().reverse();
  const work = (idle: IdleDeadline) => {
    while (left.length > 0 && idle.timeRemaining() > passMs) evaluator.at(left.pop() as number);
    handle = left.length > 0 ? requestIdleCallback(work) : 0;
  };
  let handle = requestIdleCallback(work);
  return () => cancelIdleCallback(handle);
}
