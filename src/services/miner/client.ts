import { connect, type Remote } from '../rpc.ts';
import type { MinerService } from './contract.ts';

/** Starts a miner worker. */
export function connectMiner(): Remote<MinerService> {
  return connect<MinerService>(
    () =>
      new Worker(new URL('../../../workers/miner.ts', import.meta.url), {
        type: 'module',
        name: 'miner',
      }),
    {
      work: 'The classifier’s work',
      lost: 'What was not finished is lost; classifiers and scores that were made are kept.',
      remedy: 'Run it again. If it happens again, close other tabs to free memory.',
    },
  );
}
