/** Says which runs have a living owner, in this tab or another. A lock dies with the tab that holds it. */
export interface RunLocks {
  /** Takes a run's lock and returns what releases it; null where somebody else holds it. */
  take(runId: string): Promise<(() => void) | null>;
}

/** Web Locks: shared by all tabs and workers of the origin. `kind`: what runs they are, so that ids of others may be the same. */
function webRunLocks(locks: LockManager, kind: 'run' | 'tuning'): RunLocks {
  return {
    take: (runId) =>
      new Promise((resolve, reject) => {
        locks
          .request(`verbena-${kind}-${runId}`, { ifAvailable: true }, (lock) => {
            if (!lock) {
              resolve(null);
              return undefined;
            }
            // The lock is held until this promise settles.
            return new Promise<void>((release) => resolve(release));
          })
          .catch(reject);
      }),
  };
}

/** What a browser's worker holds runs by. */
export const browserRunLocks = (kind: 'run' | 'tuning'): RunLocks =>
  typeof navigator === 'object' && 'locks' in navigator
    ? webRunLocks(navigator.locks, kind)
    : processRunLocks();

/** Locks of this process alone: where there are no Web Locks, there is no second tab to fear either. */
export function processRunLocks(held = new Set<string>()): RunLocks {
  return {
    async take(runId) {
      if (held.has(runId)) return null;
      held.add(runId);
      return () => void held.delete(runId);
    },
  };
}
