import { throwIfAborted } from '../../../base/progress.ts';
import { countVariants } from '../../../notebook/experiments/list.ts';
import { createExperimentQueue } from '../../../notebook/experiments/queue.ts';
import type { ExperimentServices } from '../../../notebook/experiments/run.ts';
import type { Experiment, Variant } from '../../../notebook/experiments/types.ts';
import { referenceOutputsKey } from '../../../notebook/keys.ts';
import type { CellOutcome, CellTask } from '../../../notebook/runner.ts';
import { connectAnalysis } from '../../../services/analysis/client.ts';
import { connectBaseline } from '../../../services/baseline/client.ts';
import { defaultBaselineSpec } from '../../../services/baseline/defaults.ts';
import type { EvaluationLogits } from '../../../services/trainer/contract.ts';
import { openedModel } from '../../modelFiles.ts';
import { notebook, runner, storage, version } from '../../runtime.ts';
import { corpusService, once, textService } from '../../services.ts';
import { session } from '../../session.ts';
import { toastError } from '../../toasts.ts';
import { loadTokenizer } from '../text/tokenizers.ts';
import { newRunId } from '../training/task.ts';
import { trainerService, trainingSession } from '../training/trainer.ts';
import { variantEstimateMs } from './estimate.ts';

/** Kept outputs of a TF-IDF reference; null where they are gone. */
export async function referenceOutputs(key: string): Promise<EvaluationLogits | null> {
  return ((await storage.get(referenceOutputsKey(key))) as EvaluationLogits | undefined) ?? null;
}

/** Forgets the outputs of these variants' references; returns how to bring them back. */
export function forgetReferences(variants: readonly Variant[]): () => void {
  const keys = variants.flatMap(({ kind, state }) =>
    kind === 'reference' && state.kind === 'done' ? [referenceOutputsKey(state.result.runId)] : [],
  );
  const taken = Promise.all(
    keys.map(async (key) => {
      const outputs = await storage.get(key);
      await storage.delete(key);
      return [key, outputs] as const;
    }),
  );
  taken.catch(toastError);
  return () => {
    taken
      .then((all) => Promise.all(all.map(([key, outputs]) => storage.set(key, outputs))))
      .catch(() => undefined);
  };
}

/** What variants run through in the page: the same workers as the cells above. */
export const experimentServices: ExperimentServices = {
  dataHash: () => session.getState().corpus?.dataHash ?? null,
  corpus: {
    labelTable: async () => session.getState().labelTable ?? corpusService().labelTable(),
    texts: (rowIds) => corpusService().texts(rowIds),
    textGroups: (rowIds) => corpusService().textGroups(rowIds),
    articleGroups: (rowIds) => corpusService().articleGroups(rowIds),
  },
  text: {
    tokenizeRows: (...all) => textService().tokenizeRows(...all),
    clean: (...all) => textService().clean(...all),
  },
  async split(request) {
    const worker = connectAnalysis();
    try {
      return (await worker.split(request)).split;
    } finally {
      worker.terminate();
    }
  },
  tokenizer: loadTokenizer,
  modelSource: openedModel,
  training: {
    start: (...all) => trainingSession().start(...all),
    resume: (...all) => trainingSession().resume(...all),
  },
  trainer: {
    runs: () => trainerService().runs(),
    logits: (...all) => trainerService().logits(...all),
    labelPriors: (runId) => trainerService().labelPriors(runId),
    cost: (runId) => trainerService().cost(runId),
  },
  async reference(data, { signal, onProgress }, how = {}) {
    const worker = connectBaseline();
    try {
      return await worker.run(
        { ...defaultBaselineSpec, ...how },
        data,
        onProgress ?? (() => undefined),
        signal ?? new AbortController().signal,
      );
    } finally {
      worker.terminate();
    }
  },
  keepReference: (key, outputs) => storage.set(referenceOutputsKey(key), outputs),
  device: 'this CPU',
  version,
};

/** One queue a tab. */
export const experimentQueue = once(() =>
  createExperimentQueue(notebook, experimentServices, { newRunId, estimateMs: variantEstimateMs }),
);

/** The cell's task: works off what was asked for. */
export const runExperiments: CellTask = async ({ signal, onProgress }) => {
  const queue = experimentQueue();
  throwIfAborted(signal);
  if (queue.store.getState().wanted.length === 0) wantEverythingOpen();
  await queue.run({ signal, onProgress });
  return outcome();
};

function outcome(): CellOutcome {
  const variants = notebook.store.getState().experiments.flatMap((experiment) => experiment.variants);
  const { done, total, skipped } = countVariants(variants);
  return { headline: `${done} of ${total - skipped} runs`, summary: { done, total } };
}

function wantEverythingOpen(): void {
  for (const { id, variants } of notebook.store.getState().experiments)
    if (countVariants(variants).open > 0) experimentQueue().want(id);
}

/** Runs an experiment's open variants, behind whatever runs already. */
export function continueExperiment(id: string): void {
  if (!notebook.mayRun()) return;
  experimentQueue().want(id);
  if (notebook.store.getState().activities.experiments?.kind !== 'running')
    runner.run('experiments').catch(toastError);
}

/** Goes on with every variant that waits. */
export function continueAll(): void {
  if (!notebook.mayRun()) return;
  wantEverythingOpen();
  runner.run('experiments').catch(toastError);
}

/** Puts an experiment into the document and starts it. */
export function startExperiment(experiment: Experiment): void {
  if (notebook.editExperiments((list) => [...list, experiment])) continueExperiment(experiment.id);
}
