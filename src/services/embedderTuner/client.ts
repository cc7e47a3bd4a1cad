import { connect, type Remote } from '../rpc.ts';
import type { EmbedderTunerService } from './contract.ts';

/** Starts a tuner worker. */
export function connectEmbedderTuner(): Remote<EmbedderTunerService> {
  return connect<EmbedderTunerService>(
    new Worker(new URL('../../../workers/embedderTuner.ts', import.meta.url), {
      type: 'module',
      name: 'embedder tuner',
    }),
  );
}
