import { throwIfAborted } from '../../../base/progress.ts';
import type { SplitReport } from '../../../core/split/report.ts';
import type { SplitFractions } from '../../../core/split/split.ts';
import { formatCount } from '../../../notebook/format.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { splitRequest } from '../../../notebook/trainingData.ts';
import { connectAnalysis } from '../../../services/analysis/client.ts';
import type { SplitRequest } from '../../../services/analysis/contract.ts';
import { DatasetError } from '../dataset/actions.ts';
import { notebook } from '../../runtime.ts';
import { currentSelection } from '../../selection.ts';
import { corpusService } from '../../services.ts';
import { session } from '../../session.ts';

/** The report as plain data: one line a label, and the totals. */
export interface SplitSummary {
  readonly rows: SplitReport['rows'];
  readonly fractions: SplitFractions;
  readonly meanDeviation: number;
  readonly worst: { readonly label: string; readonly part: string; readonly deviation: number } | null;
  readonly missing: number;
  readonly labels: readonly {
    readonly label: string;
    readonly train: number;
    readonly validation: number;
    readonly test: number;
  }[];
}

/** Deals the kept rows into training, validation and test. */
export async function runSplit({ signal }: RunContext): Promise<CellOutcome> {
  const selection = currentSelection();
  const { corpus } = session.getState();
  if (!selection || !corpus)
    throw new DatasetError(
      'no-data',
      'There is nothing to split without data.',
      'Drop a file onto the page, or try the sample.',
    );
  const parameters = notebook.store.getState().parameters.split;
  const request = await splitRequest(corpusService(), selection, parameters);
  const { split, report } = await splitInWorker(request, signal);
  session.setState({ split, splitReport: report });
  const summary: SplitSummary = {
    rows: report.rows,
    fractions: request.fractions,
    meanDeviation: report.meanDeviation,
    worst: report.worst && {
      label: selection.labels[report.worst.labelId] ?? '',
      part: report.worst.part,
      deviation: report.worst.deviation,
    },
    missing: report.missing.length,
    labels: selection.labels.map((label, id) => ({
      label,
      train: report.counts.train[id] ?? 0,
      validation: report.counts.validation[id] ?? 0,
      test: report.counts.test[id] ?? 0,
    })),
  };
  return {
    headline: `${formatCount(report.rows.train)} train`,
    summary: summary as unknown as Plain,
    seed: parameters.seed,
  };
}

/** A worker of its own: the split does not pause, so stopping it means ending the worker. Throws `aborted`. */
async function splitInWorker(request: SplitRequest, signal: AbortSignal) {
  throwIfAborted(signal);
  const service = connectAnalysis();
  const stopped = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([service.split(request), stopped]);
  } catch (error) {
    throwIfAborted(signal);
    throw error;
  } finally {
    service.terminate();
  }
}
