import { connect, type Remote } from '../rpc.ts';
import type { CorpusService } from './contract.ts';
import { reopening } from './reopening.ts';

/** Starts a corpus worker and gives its typed protocol. What was open is opened again where the worker is lost. */
export function connectCorpus(): Remote<CorpusService> {
  return reopening(
    connect<CorpusService>(
      () =>
        new Worker(new URL('../../../workers/corpus.ts', import.meta.url), {
          type: 'module',
          name: 'corpus',
        }),
      {
        work: 'Reading the data',
        lost: 'What was being read is lost; your files and kept copies are untouched.',
        remedy: 'Try again: the data is opened anew. If it happens again, close other tabs to free memory.',
      },
    ),
  );
}
