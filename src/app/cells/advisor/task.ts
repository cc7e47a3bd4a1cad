import { createAdvisor } from '../../../core/advisor/advisor.ts';
import type { Advice } from '../../../core/advisor/types.ts';
import { measureLearning, resultsIn, type Learning } from '../../../notebook/advisor.ts';
import { formatCount } from '../../../notebook/format.ts';
import type { Plain } from '../../../notebook/plain.ts';
import type { CellTask } from '../../../notebook/runner.ts';
import { DatasetError } from '../dataset/actions.ts';
import { experimentServices } from '../experiments/store.ts';
import { notebook } from '../../runtime.ts';
import { exploreInWorker } from '../../selection.ts';
import { session } from '../../session.ts';

/** What the notebook keeps: the measured labels, and the advice to show while no data is open. */
export interface AdvisorSummary extends Learning {
  readonly advice: Pick<Advice, 'low' | 'high' | 'recommended' | 'sentences'>;
}

/** Measures how the words-only reference learns, on a sample of labels and rows. */
export const runAdvisor: CellTask = async ({ signal, onProgress }) => {
  const { corpus, labelTable } = session.getState();
  if (!corpus || !labelTable)
    throw new DatasetError(
      'no-data',
      'There are no labels to weigh without data.',
      'Drop a file onto the page, or try the sample.',
    );
  const { parameters } = notebook.store.getState();
  const options = { signal, onProgress };
  const learning = await measureLearning(
    experimentServices,
    labelTable,
    corpus.dataHash,
    parameters,
    options,
  );
  const { table } = await exploreInWorker(labelTable, parameters.labels);
  const { low, high, recommended, sentences } = createAdvisor({
    table,
    ...learning,
    results: resultsIn(table, learning.results),
  }).advise();
  const summary: AdvisorSummary = { ...learning, advice: { low, high, recommended, sentences } };
  return {
    headline:
      // Fits beside the cell's name in the outline: a second line would move all below it.
      low === high ? formatCount(low) : `${formatCount(low)}–${formatCount(high)}`,
    summary: summary as unknown as Plain,
    seed: parameters.split.seed,
    model: 'TF-IDF + LR',
  };
};
