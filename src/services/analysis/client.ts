import { connect, type Remote } from '../rpc.ts';
import type { AnalysisService } from './contract.ts';

/** Starts an analysis worker. */
export function connectAnalysis(): Remote<AnalysisService> {
  return connect<AnalysisService>(
    new Worker(new URL('../../../workers/analysis.ts', import.meta.url), {
      type: 'module',
      name: 'analysis',
    }),
  );
}
