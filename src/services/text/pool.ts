import { throwIfAborted } from '../../base/progress.ts';
import { connect } from '../rpc.ts';
import { TextError } from './errors.ts';
import type { TokenizeJob } from './tokenizeJob.ts';

/** One worker of the pool; `failed` rejects when the worker itself dies. */
export interface PoolMember {
  readonly job: TokenizeJob;
  readonly failed: Promise<never>;
  terminate(): void;
}

/** Starts a nested tokenize worker. */
export function startTokenizeWorker(): PoolMember {
  const worker = new Worker(new URL('../../../workers/tokenize.ts', import.meta.url), {
    type: 'module',
    name: 'tokenize',
  });
  const remote = connect<TokenizeJob>(worker);
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      reject(
        new TextError(
          'text-worker-failed',
          'A tokenizing worker stopped working.',
          'Run the cell again; if it fails again, one text may be too large for the memory of this tab.',
          { reason: event.message },
        ),
      );
    });
  });
  // Only the calls in flight care; a worker that dies idle is no unhandled rejection.
  failed.catch(() => undefined);
  return { job: remote, failed, terminate: () => remote.terminate() };
}

/**
 * Runs `batchCount` batches over up to `size` workers, each taking the next batch when it is free; results arrive in any order.
 * The workers end with the call, also when it fails or is aborted.
 */
export async function runPool<Result>(
  size: number,
  batchCount: number,
  start: () => PoolMember,
  prepare: (job: TokenizeJob) => Promise<void>,
  run: (job: TokenizeJob, batch: number) => Promise<Result>,
  onResult: (batch: number, result: Result) => void,
  signal: AbortSignal,
): Promise<void> {
  let next = 0;
  const members: PoolMember[] = [];
  const ended = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: ended.signal });
  });
  const work = async (): Promise<void> => {
    const member = start();
    members.push(member);
    await Promise.race([prepare(member.job), member.failed]);
    while (next < batchCount && !signal.aborted) {
      const batch = next++;
      onResult(batch, await Promise.race([run(member.job, batch), member.failed]));
    }
  };
  try {
    throwIfAborted(signal);
    const workers = Array.from({ length: Math.max(1, Math.min(size, batchCount)) }, work);
    // Terminating workers leaves their calls unanswered, so an abort must end the wait itself.
    await Promise.race([Promise.all(workers), aborted]);
    throwIfAborted(signal);
  } finally {
    ended.abort();
    for (const member of members) member.terminate();
  }
}
