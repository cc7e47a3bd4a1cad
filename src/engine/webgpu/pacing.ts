/** A few frames, far below any watchdog's two seconds. */
const defaultSubmissionMs = 100;

/** Milliseconds that a weak integrated GPU takes for a second of the estimate's nominal card: some thirty times slower. */
const guessedRate = 30_000;

/** One step may say that the device is this many times slower than was thought: submissions then are still below a watchdog's time. */
const mostSlower = 16;

/**
 * Predicts how long work will keep the GPU busy, from its estimated seconds on a nominal card and what the last steps took. By it the
 * recorder cuts a step into submissions, and a long kernel into pieces: a step of seconds would trip the driver's watchdog and freeze the
 * tab. A fast GPU gets one submission.
 */
export class Pacer {
  private rate: number | null = null;
  private mostSeconds = 0;

  constructor(readonly submissionMs = defaultSubmissionMs) {}

  /** Milliseconds that work of these nominal seconds will take. */
  predict(seconds: number): number {
    return (this.rate ?? guessedRate) * seconds;
  }

  /** Reports how long a step of these nominal seconds kept the GPU busy. */
  observe(ms: number, seconds: number): void {
    // Waiting for the answer is a large part of a small step: it says little of the others.
    this.mostSeconds = Math.max(this.mostSeconds, seconds);
    if (seconds < this.mostSeconds / 4) return;
    const known = this.rate ?? guessedRate;
    // A step during which the machine slept, or the tab was frozen, says nothing.
    const rate = Math.min(ms / seconds, mostSlower * known);
    // Slower counts at once, faster bit by bit: one quick step must not undo the caution.
    this.rate = this.rate === null || rate > known ? rate : 0.5 * (known + rate);
  }
}
