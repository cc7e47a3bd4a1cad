import { connect, type Remote } from '../rpc.ts';
import type { ClustererService } from './contract.ts';

/** Starts a clusterer worker. */
export function connectClusterer(): Remote<ClustererService> {
  return connect<ClustererService>(
    new Worker(new URL('../../../workers/clusterer.ts', import.meta.url), {
      type: 'module',
      name: 'clusterer',
    }),
  );
}
