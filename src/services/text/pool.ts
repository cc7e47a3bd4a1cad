import { throwIfAborted } from '../../base/progress.ts';
import { connect } from '../rpc.ts';
import type { TokenizeJob } from './tokenizeJob.ts';

/** One worker of the pool. Its calls reject when it dies. */
export interface PoolMember {
  readonly job: TokenizeJob;
  terminate(): void;
}

/** Starts a nested tokenize worker. */
export function startTokenizeWorker(): PoolMember {
  const job = connect<TokenizeJob>(
    () =>
      new Worker(new URL('../../../workers/tokenize.ts', import.meta.url), {
        type: 'module',
        name: 'tokenize',
      }),
    {
      work: 'Tokenising',
      lost: 'Tokens that were not finished are lost; nothing else is.',
      remedy:
        'Run the cell again. If it happens again, close other tabs: one text may be too large for the memory.',
    },
  );
  return { job, terminate: () => job.terminate() };
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
    await prepare(member.job);
    while (next < batchCount && !signal.aborted) {
      const batch = next++;
      onResult(batch, await run(member.job, batch));
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
