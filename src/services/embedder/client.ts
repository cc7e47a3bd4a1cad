import { connect, type Remote } from '../rpc.ts';
import type { EmbedderService } from './contract.ts';

/** Starts an embedder worker. */
export function connectEmbedder(): Remote<EmbedderService> {
  return connect<EmbedderService>(
    new Worker(new URL('../../../workers/embedder.ts', import.meta.url), {
      type: 'module',
      name: 'embedder',
    }),
  );
}
