import { createStore } from 'zustand/vanilla';
import { isAbort, toWire, type ErrorWire } from '../../../base/errors.ts';
import type { ComparisonReport } from '../../../core/statistics/compare.ts';
import { rowsFingerprint } from '../../../notebook/experiments/scores.ts';
import { plural } from '../../../notebook/format.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import { connectAnalysis } from '../../../services/analysis/client.ts';
import { notebook } from '../../runtime.ts';
import { corpusService } from '../../services.ts';
import { session } from '../../session.ts';
import { referenceOutputs } from '../experiments/store.ts';
import { trainerService, trainingSession } from '../training/trainer.ts';
import { candidatesOf, type Candidate } from './candidates.ts';
import {
  ComparisonError,
  lineUp,
  shortNames,
  thresholdOf,
  type Compared,
  type Decision,
  type ReadModel,
} from './model.ts';

/** Metrics with intervals and tests. */
export const testedMetrics = ['microF1', 'macroF1', 'subsetAccuracy', 'labelAccuracy'] as const;

export interface ShownComparison {
  readonly compared: Compared;
  readonly decision: Decision;
  readonly report: ComparisonReport;
}

export interface ComparisonState {
  /** The notebook that all of this is about. */
  readonly notebookId: string | null;
  /** Keys of candidates, in the order of ticking. */
  readonly chosen: readonly string[];
  readonly decision: Decision;
  readonly shown: ShownComparison | null;
  /** Why what a reload should show is not there; null where it is. */
  readonly problem: ErrorWire | null;
  /** Fingerprints of runs whose outputs were read. */
  readonly fingerprints: Readonly<Record<string, string>>;
}

const empty: ComparisonState = {
  notebookId: null,
  chosen: [],
  decision: 'half',
  shown: null,
  problem: null,
  fingerprints: {},
};

export const comparisonStore = createStore<ComparisonState>(() => empty);

/** What the document keeps. */
interface ComparisonSummary {
  readonly keys: readonly string[];
  readonly decision: Decision;
  readonly report: ComparisonReport;
}

async function candidatesNow(): Promise<Candidate[]> {
  const training = trainingSession();
  if (training.store.getState().runs === null) await training.refresh();
  const { experiments } = notebook.store.getState();
  const { fingerprints } = comparisonStore.getState();
  return candidatesOf(training.store.getState().runs ?? [], experiments, fingerprints);
}

/** Reads kept outputs and lines them up. Throws `comparison-outputs-missing` and what `lineUp` throws. */
async function load(keys: readonly string[]): Promise<Compared> {
  const candidates = await candidatesNow();
  const trainer = trainerService();
  const { runs } = trainingSession().store.getState();
  const read: ReadModel[] = [];
  for (const key of keys) {
    const candidate = candidates.find((one) => one.key === key);
    const isNetwork = candidate?.kind === 'network';
    const test = !candidate
      ? null
      : isNetwork
        ? ((await trainer.logits(key, 'test', 'best')) ?? (await trainer.logits(key, 'test', 'last')))
        : await referenceOutputs(key);
    if (!candidate || !test)
      throw new ComparisonError(
        'comparison-outputs-missing',
        `The outputs of ${candidate ? `“${candidate.name}”` : key} are not kept in this browser.`,
        'Bring the run back with Undo if it was just removed, or leave it out.',
        { key },
      );
    const run = runs?.find(({ runId }) => runId === key) ?? null;
    const validation = isNetwork ? await trainer.logits(key, 'validation', 'best') : null;
    read.push({ candidate, run, test, validation });
  }
  comparisonStore.setState(({ fingerprints }) => ({
    fingerprints: {
      ...fingerprints,
      ...Object.fromEntries(read.map(({ candidate, test }) => [candidate.key, rowsFingerprint(test)])),
    },
  }));
  const network = read.find(({ candidate }) => candidate.kind === 'network');
  const priors = network ? await trainer.labelPriors(network.candidate.key).catch(() => null) : null;
  return lineUp(read, priors);
}

/** The cell's task: reads the outputs of what is ticked, then resamples in a worker of its own. */
export const runComparison: CellTask = async ({ signal, onProgress }): Promise<CellOutcome> => {
  const { chosen, decision } = comparisonStore.getState();
  onProgress({ phase: 'Reading kept outputs', done: 0, total: null, unit: 'rows' });
  const compared = await load(chosen);
  const names = shortNames(compared.models);
  const [first] = compared.models;
  const worker = connectAnalysis();
  try {
    const report = await worker.compare(
      {
        labels: compared.labels.length,
        targets: compared.models[0]?.outputs.targets ?? new Uint8Array(),
        models: compared.models.map((model, at) => ({
          name: names[at] ?? '',
          decisions: model.evaluator.decide(thresholdOf(model, decision)),
        })),
      },
      { metrics: [...testedMetrics], seed: 13, groups: await groupsOf(compared) },
      ({ done, total }) => onProgress({ phase: 'Resampling', done, total, unit: 'rows' }),
      signal,
    );
    comparisonStore.setState({ shown: { compared, decision, report }, problem: null });
    const summary: ComparisonSummary = { keys: chosen, decision, report };
    return {
      headline: `${compared.models.length} models`,
      summary: summary as unknown as Plain,
      // That of the runs, whatever is open beside them.
      ...(first && { dataHash: first.candidate.dataHash }),
      seed: 13,
      model: `${names.join(', ')} on ${plural(compared.rows, 'test row')}`,
    };
  } finally {
    worker.terminate();
  }
};

/** Test rows that hang together, where the data that they are of is open; null where each stands for itself, or nobody can tell. */
async function groupsOf({ models }: Compared): Promise<Uint32Array | null> {
  const [first] = models;
  const { corpus } = session.getState();
  if (!first?.run || corpus?.dataHash !== first.run.dataHash) return null;
  const groups = await corpusService().articleGroups(first.outputs.rowIds);
  return new Set(groups).size < groups.length ? groups : null;
}

/** Shows the document's comparison again after a reload: outputs are read, nothing is resampled. */
export async function restoreComparison(): Promise<void> {
  const { id, results } = notebook.store.getState();
  if (comparisonStore.getState().notebookId !== id) comparisonStore.setState({ ...empty, notebookId: id });
  const { chosen, shown } = comparisonStore.getState();
  const summary = readSummary(results.comparison?.summary);
  if (!summary || shown || chosen.length > 0) return;
  comparisonStore.setState({ chosen: summary.keys, decision: summary.decision });
  try {
    const compared = await load(summary.keys);
    comparisonStore.setState({ shown: { compared, decision: summary.decision, report: summary.report } });
  } catch (error) {
    if (!isAbort(error)) comparisonStore.setState({ problem: toWire(error) });
  }
}

/** A summary out of a document; null where it is none, as in a file edited by hand. */
function readSummary(value: unknown): ComparisonSummary | null {
  const { keys, report } = (value ?? {}) as Partial<ComparisonSummary>;
  const isWhole =
    Array.isArray(keys) &&
    Array.isArray(report?.scores) &&
    Array.isArray(report?.pairs) &&
    report?.names.length === keys.length &&
    report.scores.length === keys.length;
  return isWhole ? (value as ComparisonSummary) : null;
}
