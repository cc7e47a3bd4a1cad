import { connect, type Remote } from '../rpc.ts';
import type { IncubatorLabService } from './contract.ts';

/** Starts a lab worker. */
export function connectIncubatorLab(): Remote<IncubatorLabService> {
  return connect<IncubatorLabService>(
    new Worker(new URL('../../../workers/incubatorLab.ts', import.meta.url), {
      type: 'module',
      name: 'incubatorLab',
    }),
  );
}
