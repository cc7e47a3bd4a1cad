import { connect, type Remote } from '../rpc.ts';
import type { BaselineService } from './contract.ts';

/** Starts the baseline worker. `terminate` it when the result is there: it keeps nothing. */
export function connectBaseline(): Remote<BaselineService> {
  return connect<BaselineService>(
    () =>
      new Worker(new URL('../../../workers/baseline.ts', import.meta.url), {
        type: 'module',
        name: 'baseline',
      }),
    {
      work: 'The TF-IDF reference',
      lost: 'What it had learnt is lost; nothing else is.',
      remedy: 'Start it again. If it happens again, close other tabs, or keep fewer rows or labels.',
    },
  );
}
