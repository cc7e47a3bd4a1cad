import { serialQueue } from '../../base/serialQueue.ts';
import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import type { ActiveRun } from './registry.ts';
import { writeRecord, type RunRecord } from './runRecord.ts';

/** Keeps the stored record of a run in the making up to date, with the time it has been running. */
export interface RecordKeeper {
  /** After what is being saved already. Throws what the store throws. */
  save(change: Partial<RunRecord>): Promise<void>;
  /** The same; a failure is let go, since the run has its own checkpoints. */
  saveSoon(change: Partial<RunRecord>): void;
  /** Everything asked for is stored, or has failed. */
  settled(): Promise<void>;
  readonly watch: Stopwatch;
}

export interface Stopwatch {
  start(): void;
  stop(): void;
  elapsedMs(): number;
}

export function keepRecord(files: FileStore, run: ActiveRun): RecordKeeper {
  const watch = stopwatch(run.record.elapsedMs);
  // An older record must not land on a newer one.
  const inOrder = serialQueue();
  const save = (change: Partial<RunRecord>): Promise<void> => {
    const step = run.history.steps.at(-1)?.step ?? run.record.step;
    run.record = { ...run.record, step, elapsedMs: watch.elapsedMs(), ...change };
    return inOrder(() => writeRecord(files, run.record));
  };
  return {
    save,
    saveSoon: (change) => void save(change).catch(() => undefined),
    settled: () => inOrder(() => undefined),
    watch,
  };
}

/** Time spent running, pauses left out. */
function stopwatch(elapsedBefore: number): Stopwatch {
  let total = elapsedBefore;
  let since: number | null = null;
  const elapsedMs = () => total + (since === null ? 0 : performance.now() - since);
  return {
    elapsedMs,
    start: () => void (since ??= performance.now()),
    stop() {
      total = elapsedMs();
      since = null;
    },
  };
}
