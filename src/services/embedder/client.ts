import { connect, type Remote } from '../rpc.ts';
import type { EmbedderService } from './contract.ts';

/** Starts an embedder worker. */
export function connectEmbedder(): Remote<EmbedderService> {
  return connect<EmbedderService>(
    () =>
      new Worker(new URL('../../../workers/embedder.ts', import.meta.url), {
        type: 'module',
        name: 'embedder',
      }),
    {
      work: 'Embedding',
      lost: 'Vectors that were not finished are lost; finished ones are kept.',
      remedy:
        'Run the cell again. If it happens again, close other tabs, choose a smaller model or cut texts shorter.',
    },
  );
}
