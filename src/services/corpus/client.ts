import { connect, type Remote } from '../rpc.ts';
import type { CorpusService } from './contract.ts';

/** Starts a corpus worker and gives its typed protocol. */
export function connectCorpus(): Remote<CorpusService> {
  return connect<CorpusService>(
    new Worker(new URL('../../../workers/corpus.ts', import.meta.url), { type: 'module', name: 'corpus' }),
  );
}
