import { connect, type Remote } from '../rpc.ts';
import type { MinerService } from './contract.ts';

/** Starts a miner worker. */
export function connectMiner(): Remote<MinerService> {
  return connect<MinerService>(
    new Worker(new URL('../../../workers/miner.ts', import.meta.url), { type: 'module', name: 'miner' }),
  );
}
