import { connect, type Remote } from '../rpc.ts';
import type { EmbedderTunerService } from './contract.ts';

/** Starts a tuner worker. */
export function connectEmbedderTuner(): Remote<EmbedderTunerService> {
  return connect<EmbedderTunerService>(
    () =>
      new Worker(new URL('../../../workers/embedderTuner.ts', import.meta.url), {
        type: 'module',
        name: 'embedder tuner',
      }),
    {
      work: 'Tuning',
      lost: 'Steps since the last checkpoint are lost; what was learnt before is kept.',
      remedy:
        'Continue it from the list of tuned encoders. If it happens again, close other tabs, or use smaller batches.',
    },
  );
}
