/** What the loop may do next: go on, make one step and pause again, or end. */
export type Permission = 'run' | 'step' | 'stop';

interface Waiter {
  readonly resolve: () => void;
}

/**
 * The play, pause, step and stop buttons of one run. The page's side asks; the loop's side obeys between steps and between
 * the batches of an evaluation.
 */
export class RunControl {
  #paused = false;
  #stops = 0;
  #parked = false;
  #ended = false;
  #grants = 0;
  #wake: (() => void) | null = null;
  #parkedWaiters: Waiter[] = [];
  #stepWaiters: Waiter[] = [];
  readonly #abort = new AbortController();

  /** Aborted by `stop`: what prepares a run (downloads, model building) listens to it. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get stopping(): boolean {
    return this.#stops > 0;
  }

  /** True after a second `stop`: even the closing evaluation is not wanted. */
  get hurried(): boolean {
    return this.#stops > 1;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** Pauses after the step in flight; resolves once the loop stands still with its checkpoint written. */
  pause(): Promise<void> {
    if (this.#ended || this.stopping) return Promise.resolve();
    this.#paused = true;
    if (this.#parked && this.#grants === 0) return Promise.resolve();
    return new Promise((resolve) => this.#parkedWaiters.push({ resolve }));
  }

  /** Goes on; whoever waits for the run to stand still waits no more. A step that was asked for is made, and told, first. */
  unpause(): void {
    this.#paused = false;
    this.#release(this.#parkedWaiters);
    this.#rouse();
  }

  /** While paused: lets exactly one step through; resolves when it is done, or when the run ends first. */
  stepOnce(): Promise<void> {
    if (!this.#paused || this.#ended || this.stopping) return Promise.resolve();
    this.#grants++;
    const done = new Promise<void>((resolve) => this.#stepWaiters.push({ resolve }));
    this.#rouse();
    return done;
  }

  /** Ends the run after the step in flight; asked a second time, without its closing evaluation. */
  stop(): void {
    this.#stops++;
    this.#abort.abort();
    this.#rouse();
  }

  /**
   * The loop's side: answers at once while running; while paused, calls `onPark` once and waits for a button. 'step' means
   * that `stepDone` must follow.
   */
  async permission(onPark: () => Promise<void>, onWake: () => void): Promise<Permission> {
    if (this.#paused && !this.stopping && this.#grants === 0) {
      await onPark();
      while (this.#paused && !this.stopping && this.#grants === 0) {
        const woken = new Promise<void>((resolve) => (this.#wake = resolve));
        this.#parked = true;
        this.#release(this.#parkedWaiters);
        await woken;
        this.#parked = false;
      }
      if (!this.#paused || this.stopping) onWake();
    }
    if (this.stopping) return 'stop';
    return this.#paused || this.#grants > 0 ? 'step' : 'run';
  }

  /** The loop's side: one granted step has been made. */
  stepDone(): void {
    this.#grants = Math.max(0, this.#grants - 1);
    this.#stepWaiters.shift()?.resolve();
  }

  /** The loop's side: nothing more will happen; everyone who waits is released. */
  end(): void {
    this.#ended = true;
    this.#release(this.#parkedWaiters);
    this.#release(this.#stepWaiters);
  }

  #release(waiters: Waiter[]): void {
    for (const { resolve } of waiters.splice(0)) resolve();
  }

  #rouse(): void {
    this.#wake?.();
    this.#wake = null;
  }
}
