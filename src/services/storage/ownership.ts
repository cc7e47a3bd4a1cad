import type { VerbenaError } from '../../base/errors.ts';
import { RunControl } from '../../training/control.ts';
import type { RunLocks } from './locks.ts';

/** What is said to who may not. */
export interface Refusals {
  /** Its buttons are pressed, but it is not made here. */
  notActive(runId: string): VerbenaError;
  /** Another is to begin while this one is made here. */
  busy(runId: string): VerbenaError;
  /** It is to be removed while it is made here. */
  active(runId: string): VerbenaError;
  /** Another tab has it. */
  elsewhere(runId: string, remedy: string): VerbenaError;
}

/** Who may do what with a run: one run at a time a worker, one tab a run. Throws its refusals. */
export interface Ownership {
  /** The buttons of the run that this worker is making. Throws `notActive`. */
  control(runId: string): RunControl;
  /** Whether somebody makes the run now, here or in another tab. */
  isOwned(runId: string): Promise<boolean>;
  /** Takes the run's lock and this worker for the time of `work`. Throws `busy`, `elsewhere`. */
  whileOwning<T>(runId: string, work: (control: RunControl) => Promise<T>): Promise<T>;
  /** Runs `work` while nobody makes the run. Throws `active`, `elsewhere`. */
  whileIdle(runId: string, work: () => Promise<void>): Promise<void>;
}

export function createOwnership(locks: RunLocks, refusals: Refusals): Ownership {
  // Set before anything is awaited, so that two starts cannot both find the worker free.
  let busy: { readonly runId: string; readonly control: RunControl } | null = null;

  return {
    control(runId) {
      if (busy?.runId === runId) return busy.control;
      throw refusals.notActive(runId);
    },

    async isOwned(runId) {
      if (busy?.runId === runId) return true;
      const release = await locks.take(runId);
      release?.();
      return !release;
    },

    async whileOwning(runId, work) {
      if (busy) throw refusals.busy(busy.runId);
      const control = new RunControl();
      busy = { runId, control };
      let release: (() => void) | null = null;
      try {
        release = await locks.take(runId);
        if (!release) throw refusals.elsewhere(runId, 'Go on in that tab, or close it and continue here.');
        return await work(control);
      } finally {
        control.end();
        busy = null;
        release?.();
      }
    },

    async whileIdle(runId, work) {
      if (busy?.runId === runId) throw refusals.active(runId);
      const release = await locks.take(runId);
      if (!release) throw refusals.elsewhere(runId, 'Stop it there first.');
      try {
        await work();
      } finally {
        release();
      }
    },
  };
}
