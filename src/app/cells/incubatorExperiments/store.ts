import { incubatorTemplate } from '../../../notebook/incubatorExperiments/templates.ts';
import {
  incubatorExperimentIds,
  type IncubatorDone,
  type IncubatorExperiment,
  type IncubatorExperimentId,
  type IncubatorVariant,
} from '../../../notebook/incubatorExperiments/types.ts';
import type { CellOutcome, RunContext } from '../../../notebook/runner.ts';
import { connectIncubatorLab } from '../../../services/incubatorLab/client.ts';
import { createKeptQueue } from '../../keptExperiments/queue.ts';
import { notebook, runner } from '../../runtime.ts';
import { once } from '../../services.ts';
import { fetchTexts } from '../../texts.ts';
import { nameOfSet } from '../classifiers/store.ts';
import { currentGeneratedSets, incubatorStore, loadSets, type PublishedSet } from '../incubator/store.ts';
import {
  chosenGeneratedSet,
  factsOf,
  IncubatorExperimentsError,
  isSameJudge,
  judgedByNow,
  keyOfSet,
  realRowsOf,
} from './material.ts';
import { generateFrom } from './paraphrased.ts';

/** Its own worker: experiments run for long, and must not hold up formulas. */
const lab = once(connectIncubatorLab);

const waiting = { kind: 'waiting' } as const;

/** A fresh list of an experiment's variants, with the set and settings of now. Throws `no-generated-set`. */
function begun(id: IncubatorExperimentId): IncubatorExperiment {
  const published = chosenGeneratedSet();
  if (!published)
    throw new IncubatorExperimentsError(
      'no-generated-set',
      'There is no generated set to experiment on.',
      'Generate, paste or open one in the Incubator cell.',
    );
  const { seeds } = notebook.store.getState().parameters.incubatorExperiments;
  return {
    id,
    startedAt: new Date().toISOString(),
    setId: published.id,
    setKey: keyOfSet(published),
    setName: nameOfSet(published),
    objects: published.set.samples.length,
    judgedBy: judgedByNow(published),
    seeds,
    variants: incubatorTemplate(id)
      .variants(factsOf(published))
      .map((spec) => Object.assign(spec, { state: waiting })),
  };
}

export const incubatorQueue = createKeptQueue<IncubatorExperiment>({
  cell: 'incubatorExperiments',
  ids: incubatorExperimentIds,
  begun,
  run: () => runner.run('incubatorExperiments'),
  outcome: (experiments) => ({
    seed: 1,
    model: 'TF-IDF + linear',
    // Judged on held-out objects, nothing but the set was read.
    dataHash:
      experiments.findLast(({ judgedBy }) => judgedBy.dataHash !== undefined)?.judgedBy.dataHash ?? '',
  }),
});

/** The cell's task. */
export async function runIncubatorExperiments(context: RunContext): Promise<CellOutcome> {
  if (incubatorStore.getState().notebookId === null) await loadSets();
  let opened = '';
  return incubatorQueue.work(context, async (variant, experiment, told) => {
    const published = setOf(experiment);
    const key = JSON.stringify([experiment.setKey, experiment.judgedBy]);
    if (opened !== key) await open(published, told);
    opened = key;
    return runVariant(experiment, variant, published, told);
  });
}

/** The set as it was when the experiment began. Throws `experiment-set-changed`. */
function setOf({ setId, setKey, setName, judgedBy }: IncubatorExperiment): PublishedSet {
  const published = currentGeneratedSets().find(({ id }) => id === setId);
  const judge = published && judgedByNow(published);
  if (judge && keyOfSet(published) === setKey && isSameJudge(judgedBy, judge)) return published;
  throw new IncubatorExperimentsError(
    'experiment-set-changed',
    published
      ? `“${setName}”, or the rows that judge it, are not what they were when this experiment began.`
      : `The set “${setName}” is gone.`,
    'Run the experiment anew: variants of other data would not compare.',
  );
}

async function open(published: PublishedSet, { signal, onProgress }: RunContext): Promise<void> {
  const real = realRowsOf(published);
  const texts = real ? await fetchTexts(real.rows, { signal, onProgress }) : [];
  await lab().open({ set: published.set, real: real && { texts, classOf: real.classOf } });
}

async function runVariant(
  { seeds: count }: IncubatorExperiment,
  { test }: IncubatorVariant,
  { set }: PublishedSet,
  { signal, onProgress }: RunContext,
): Promise<IncubatorDone> {
  const startedAt = performance.now();
  const seeds = Array.from({ length: count }, (_, at) => at + 1);
  const asked =
    test.kind === 'paraphrase'
      ? {
          kind: 'other' as const,
          set: await generateFrom(test.instruction, set.labels, test.objects, { signal, onProgress }),
          objects: test.objects,
        }
      : test;
  const { values, judges } = await lab().measure(asked, seeds, onProgress, signal);
  return { kind: 'done', values, judges, elapsedMs: performance.now() - startedAt };
}
