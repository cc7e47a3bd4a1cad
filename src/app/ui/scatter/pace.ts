/** A frame of a moving map should take no longer than `slowMs`; below `quickMs` there is room for more points. */
const slowMs = 34;
const quickMs = 20;
/** Beyond this one frame says nothing of the next: the tab slept, or the page was busy. */
const strayMs = 1500;
const leastPoints = 5000;

/**
 * How large a share of the points the next frame draws while the map moves, so that it follows the hand on slow devices too; at rest all are
 * drawn. It goes by the time between frames: what a graphics process takes is not seen in the page's own time.
 */
export class MotionPace {
  #share = 1;
  #last: number | null = null;

  /** A frame of a motion begins at `now`, in milliseconds, with this many points to draw. */
  frame(now: number, count: number): number {
    const passed = this.#last === null ? null : now - this.#last;
    this.#last = now;
    if (passed === null || passed > strayMs) return this.#share;
    const least = Math.min(1, leastPoints / Math.max(1, count));
    if (passed > slowMs) this.#share = Math.max(least, this.#share * Math.max(0.4, slowMs / passed));
    else if (passed < quickMs) this.#share = Math.min(1, this.#share * 1.15);
    return this.#share;
  }

  /** The motion is over; the next one begins with what this one could draw. */
  rest(): void {
    this.#last = null;
  }
}
