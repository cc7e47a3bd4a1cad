import { RunControl } from '../../training/control.ts';
import { TrainerError } from './errors.ts';
import type { RunLocks } from './locks.ts';

/** Who may do what with a run: one run at a time a worker, one tab a run. */
export interface Ownership {
  /** The buttons of the run that this worker is making. Throws `run-not-active`. */
  control(runId: string): RunControl;
  /** Takes the run's lock and this worker for the time of `work`. Throws `trainer-busy`, `run-owned-elsewhere`. */
  whileOwning<T>(runId: string, work: (control: RunControl) => Promise<T>): Promise<T>;
  /** Runs `work` while nobody trains the run. Throws `run-active`, `run-owned-elsewhere`. */
  whileIdle(runId: string, work: () => Promise<void>): Promise<void>;
}

export function createOwnership(locks: RunLocks): Ownership {
  // Set before anything is awaited, so that two starts cannot both find the worker free.
  let busy: { readonly runId: string; readonly control: RunControl } | null = null;

  return {
    control(runId) {
      if (busy?.runId === runId) return busy.control;
      throw new TrainerError('run-not-active', `Run ${runId} is not running here.`, 'Resume it first.', {
        runId,
      });
    },

    async whileOwning(runId, work) {
      if (busy)
        throw new TrainerError(
          'trainer-busy',
          `Run ${busy.runId} is still going on.`,
          'Stop it or wait until it ends, then start the next.',
          { runId: busy.runId },
        );
      const control = new RunControl();
      busy = { runId, control };
      let release: (() => void) | null = null;
      try {
        release = await locks.take(runId);
        if (!release) throw ownedElsewhere(runId, 'Go on in that tab, or close it and resume here.');
        return await work(control);
      } finally {
        control.end();
        busy = null;
        release?.();
      }
    },

    async whileIdle(runId, work) {
      if (busy?.runId === runId)
        throw new TrainerError('run-active', 'This run is still going on.', 'Stop it first.', { runId });
      const release = await locks.take(runId);
      if (!release) throw ownedElsewhere(runId, 'Stop it there first.');
      try {
        await work();
      } finally {
        release();
      }
    },
  };
}

function ownedElsewhere(runId: string, remedy: string): TrainerError {
  return new TrainerError('run-owned-elsewhere', 'This run is open in another tab.', remedy, { runId });
}
