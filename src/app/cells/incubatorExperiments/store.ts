import { createStore } from 'zustand/vanilla';
import { isAbort, toWire } from '../../../base/errors.ts';
import { throwIfAborted } from '../../../base/progress.ts';
import { plural } from '../../../notebook/format.ts';
import { incubatorTemplate } from '../../../notebook/incubatorExperiments/templates.ts';
import {
  isWaiting,
  readIncubatorExperiments,
  withIncubatorExperiment,
  withVariantState,
  type IncubatorExperiment,
  type IncubatorExperimentId,
  type IncubatorVariant,
  type IncubatorVariantState,
} from '../../../notebook/incubatorExperiments/types.ts';
import { record, type CellOutcome, type RunContext } from '../../../notebook/runner.ts';
import { connectIncubatorLab } from '../../../services/incubatorLab/client.ts';
import { notebook, runner, version } from '../../runtime.ts';
import { once } from '../../services.ts';
import { fetchTexts } from '../../texts.ts';
import { toastError } from '../../toasts.ts';
import { nameOfSet } from '../classifiers/store.ts';
import { currentGeneratedSets, incubatorStore, loadSets, type PublishedSet } from '../incubator/store.ts';
import {
  chosenGeneratedSet,
  factsOf,
  IncubatorExperimentsError,
  judgedByNow,
  keyOfSet,
  realRowsOf,
} from './material.ts';
import { generateFrom } from './paraphrased.ts';

interface IncubatorQueue {
  /** Experiments that were asked for and have not begun, or wait to go on. */
  readonly wanted: readonly IncubatorExperimentId[];
  readonly active: { readonly experiment: IncubatorExperimentId; readonly variant: string } | null;
}

export const incubatorQueue = createStore<IncubatorQueue>(() => ({ wanted: [], active: null }));

/** Its own worker: experiments run for long, and must not hold up formulas. */
const lab = once(connectIncubatorLab);

/** Kept experiments of the document. */
export const keptExperiments = (): readonly IncubatorExperiment[] =>
  readIncubatorExperiments(notebook.store.getState().results.incubatorExperiments?.summary);

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

/** Starts an experiment anew, behind whatever runs. */
export function startIncubatorExperiment(id: IncubatorExperimentId): void {
  if (!notebook.mayRun()) return;
  try {
    keep(begun(id));
    goOn(id);
  } catch (error) {
    toastError(error);
  }
}

/** Goes on with what waits: after a stop, a reload, or with failed variants tried again. */
export function goOn(id: IncubatorExperimentId): void {
  if (!notebook.mayRun()) return;
  incubatorQueue.setState(({ wanted }) => ({ wanted: [...wanted.filter((one) => one !== id), id] }));
  // The task reads the list again after each variant: one that runs takes this in.
  if (notebook.store.getState().activities.incubatorExperiments?.kind !== 'running')
    runner.run('incubatorExperiments').catch(toastError);
}

/** Lets failed variants wait again, and goes on. */
export function tryAgain(id: IncubatorExperimentId): void {
  const experiment = keptExperiments().find((one) => one.id === id);
  if (!experiment) return;
  keep(
    experiment.variants.reduce(
      (now, variant) => (variant.state.kind === 'failed' ? withVariantState(now, variant.id, waiting) : now),
      experiment,
    ),
  );
  goOn(id);
}

/** Takes an experiment's results away; returns how to bring them back. */
export function forgetIncubatorExperiment(id: IncubatorExperimentId): () => void {
  const before = keptExperiments().find((one) => one.id === id);
  write(keptExperiments().filter((one) => one.id !== id));
  return () => {
    if (before) keep(before);
  };
}

const keep = (experiment: IncubatorExperiment) =>
  write(withIncubatorExperiment(keptExperiments(), experiment));

/** Every state goes into the document before the next step: a reload finds what was finished. */
function write(experiments: readonly IncubatorExperiment[]): void {
  const outcome = outcomeOf(experiments);
  record(notebook, 'incubatorExperiments', outcome, {
    inputs: notebook.inputs('incubatorExperiments'),
    version,
    device: 'this CPU',
    startedAtMs: Date.now(),
    durationMs: outcome.durationMs ?? 0,
  });
}

function outcomeOf(experiments: readonly IncubatorExperiment[]): CellOutcome {
  const states = experiments.flatMap(({ variants }) => variants.map(({ state }) => state));
  const done = states.filter(({ kind }) => kind === 'done').length;
  return {
    headline: `${done} of ${plural(states.length, 'variant')}`,
    summary: { experiments } as unknown as CellOutcome['summary'],
    seed: 1,
    model: 'TF-IDF + linear',
    durationMs: states.reduce((sum, state) => sum + (state.kind === 'done' ? state.elapsedMs : 0), 0),
  };
}

/** The cell's task: works off what was asked for, variant by variant; a failure is noted and passed over. */
export async function runIncubatorExperiments(context: RunContext): Promise<CellOutcome> {
  const { signal } = context;
  if (incubatorStore.getState().notebookId === null) await loadSets();
  if (incubatorQueue.getState().wanted.length === 0)
    incubatorQueue.setState({
      wanted: keptExperiments()
        .filter(isWaiting)
        .map(({ id }) => id),
    });
  let opened = '';
  try {
    for (let next = nextVariant(); next; next = nextVariant()) {
      throwIfAborted(signal);
      const { experiment, variant } = next;
      incubatorQueue.setState({ active: { experiment: experiment.id, variant: variant.id } });
      const done = experiment.variants.filter(({ state }) => state.kind !== 'waiting').length;
      const total = experiment.variants.length;
      const title = incubatorTemplate(experiment.id).title;
      // The bar is of the experiment: variants take about as long as each other, and one alone is over too soon to read.
      const report = (phase: string, share = 0) =>
        context.onProgress({ phase, done: done + share, total, unit: 'steps' });
      report(title);
      const told: RunContext = {
        signal,
        onProgress: (progress) =>
          report(
            variant.test.kind === 'paraphrase' ? `${title}, ${variant.x}: ${progress.phase}` : title,
            progress.total ? Math.min(0.99, progress.done / progress.total) : 0,
          ),
      };
      try {
        const published = setOf(experiment);
        const key = JSON.stringify([experiment.setKey, experiment.judgedBy]);
        if (opened !== key) await open(published, told);
        opened = key;
        settle(experiment, variant, await runVariant(experiment, variant, published, told));
      } catch (error) {
        if (isAbort(error) || signal.aborted) throw error;
        settle(experiment, variant, { kind: 'failed', error: toWire(error) });
      }
    }
  } finally {
    incubatorQueue.setState({ wanted: [], active: null });
  }
  return outcomeOf(keptExperiments());
}

/** Removed meanwhile: its variant has no place to go to. */
function settle({ id }: IncubatorExperiment, variant: IncubatorVariant, state: IncubatorVariantState): void {
  const current = keptExperiments().find((one) => one.id === id);
  if (current) keep(withVariantState(current, variant.id, state));
}

/** The set as it was when the experiment began. Throws `experiment-set-changed`. */
function setOf({ setId, setKey, setName, judgedBy }: IncubatorExperiment): PublishedSet {
  const published = currentGeneratedSets().find(({ id }) => id === setId);
  const judge = published && judgedByNow(published);
  if (published && keyOfSet(published) === setKey && judge?.rows === judgedBy.rows) return published;
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
): Promise<IncubatorVariantState> {
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

function nextVariant() {
  for (const id of incubatorQueue.getState().wanted) {
    const experiment = keptExperiments().find((one) => one.id === id);
    const variant = experiment?.variants.find(({ state }) => state.kind === 'waiting');
    if (experiment && variant) return { experiment, variant };
  }
  return null;
}
