import type { FileStore } from '../../training/checkpoints/fileStore.ts';
import { readHistory, type RunHistory } from '../../training/checkpoints/history.ts';
import type { RunSummary } from './contract.ts';
import { TrainerError } from './errors.ts';
import type { RunLocks } from '../storage/locks.ts';
import { hasRecord, readRecord, summarise, writeRecord, type RunRecord } from './runRecord.ts';
import type { RunStorage } from './runStorage.ts';

/** A run as this worker is making it: newer than what its files say. */
export interface ActiveRun {
  record: RunRecord;
  history: RunHistory;
}

/** All stored runs, and the one in the making. */
export interface RunRegistry {
  /** Sets the run whose record and history are answered from memory until `end` is called. */
  begin(run: ActiveRun): void;
  end(): void;
  /** The record as it is now; a run that claims to be going on but has no living owner was interrupted. */
  record(runId: string): Promise<RunRecord>;
  history(runId: string): Promise<RunHistory>;
  /** Newest first; what a start that was cut off left behind is cleared on the way. */
  summaries(): Promise<RunSummary[]>;
}

const isUnderWay = ({ state }: RunRecord) => ['preparing', 'running', 'paused'].includes(state);

export function createRegistry(storage: RunStorage, locks: RunLocks): RunRegistry {
  let active: ActiveRun | null = null;
  const activeRun = (runId: string) => (active?.record.runId === runId ? active : null);

  const record = async (runId: string): Promise<RunRecord> => {
    const running = activeRun(runId);
    if (running) return running.record;
    const files = storage.files(runId);
    const stored = await readRecord(files, runId);
    return isUnderWay(stored) ? interrupted(files, stored) : stored;
  };

  /** Marks a run without an owner; as it was stored where it has one. */
  const interrupted = async (files: FileStore, stored: RunRecord): Promise<RunRecord> => {
    const release = await locks.take(stored.runId);
    if (!release) return stored;
    try {
      // Its owner may have ended it, and let go, since it was read.
      const now = await readRecord(files, stored.runId);
      if (!isUnderWay(now)) return now;
      const marked = { ...now, state: 'interrupted' } as const;
      await writeRecord(files, marked);
      return marked;
    } finally {
      release();
    }
  };

  const history = async (runId: string): Promise<RunHistory> =>
    activeRun(runId)?.history ?? readHistory(storage.files(runId));

  /** A folder without a record is of a start that a crash cut off, unless somebody is starting it right now. */
  const discardOrphan = async (runId: string) => {
    const release = await locks.take(runId);
    if (!release) return;
    try {
      // It may have been brought back from the bin since it was looked at.
      if (!(await hasRecord(storage.files(runId)))) await storage.discard(runId);
    } finally {
      release();
    }
  };

  return {
    begin: (run) => void (active = run),
    end: () => void (active = null),
    record,
    history,

    async summaries() {
      const found: RunSummary[] = [];
      for (const runId of await storage.runIds()) {
        try {
          found.push(summarise(await record(runId), await history(runId)));
        } catch (error) {
          if (!(error instanceof TrainerError)) throw error;
          if (error.code === 'run-not-found') await discardOrphan(runId);
        }
      }
      return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
    },
  };
}
