/** A few frames, far below any watchdog's two seconds. */
const defaultSubmissionMs = 100;

/**
 * Decides into how many submissions a step is cut. A fast GPU gets one; on a weak one a step of seconds would trip the driver's
 * watchdog and freeze the tab, so it is cut into parts of about 100 ms by what the last steps took.
 */
export class Pacer {
  private stepMs: number;

  /** `guessMs`: what a step takes on a weak GPU; holds until the first step is measured. */
  constructor(
    guessMs: number,
    private readonly submissionMs = defaultSubmissionMs,
  ) {
    this.stepMs = guessMs;
  }

  /** Submissions for a step of `dispatches` kernels. */
  parts(dispatches: number): number {
    return Math.max(1, Math.min(dispatches, Math.ceil(this.stepMs / this.submissionMs)));
  }

  /** Reports how long a step kept the GPU busy. */
  observe(ms: number): void {
    // Slower counts at once, faster bit by bit: one quick step must not undo the caution.
    this.stepMs = ms > this.stepMs ? ms : 0.5 * (this.stepMs + ms);
  }
}
