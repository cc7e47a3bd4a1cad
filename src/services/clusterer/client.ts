import { connect, type Remote } from '../rpc.ts';
import type { ClustererService } from './contract.ts';

/** Starts a clusterer worker. */
export function connectClusterer(): Remote<ClustererService> {
  return connect<ClustererService>(
    () =>
      new Worker(new URL('../../../workers/clusterer.ts', import.meta.url), {
        type: 'module',
        name: 'clusterer',
      }),
    {
      work: 'Clustering',
      lost: 'What it was working on is lost; vectors and earlier clusters are kept.',
      remedy: 'Run it again. If it happens again, close other tabs, or cluster fewer rows.',
    },
  );
}
