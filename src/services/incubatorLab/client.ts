import { connect, type Remote } from '../rpc.ts';
import type { IncubatorLabService } from './contract.ts';

/** Starts a lab worker. */
export function connectIncubatorLab(): Remote<IncubatorLabService> {
  return connect<IncubatorLabService>(
    () =>
      new Worker(new URL('../../../workers/incubatorLab.ts', import.meta.url), {
        type: 'module',
        name: 'incubatorLab',
      }),
    {
      work: 'The experiment',
      lost: 'The measurement under way is lost; finished ones are kept.',
      remedy: 'Start the experiment again. If it happens again, close other tabs to free memory.',
    },
  );
}
