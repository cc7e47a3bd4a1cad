import { connect, type Remote } from '../rpc.ts';
import type { AnalysisService } from './contract.ts';

/** Starts an analysis worker. */
export function connectAnalysis(): Remote<AnalysisService> {
  return connect<AnalysisService>(
    () =>
      new Worker(new URL('../../../workers/analysis.ts', import.meta.url), {
        type: 'module',
        name: 'analysis',
      }),
    {
      work: 'Counting and splitting',
      lost: 'The data and what was made before are as they were.',
      remedy: 'Run the cell again. If it happens again, close other tabs to free memory.',
    },
  );
}
