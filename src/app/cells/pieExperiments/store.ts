import { createStore } from 'zustand/vanilla';
import { isAbort, toWire } from '../../../base/errors.ts';
import { throwIfAborted } from '../../../base/progress.ts';
import { plural } from '../../../notebook/format.ts';
import { pieTemplate, type PieFacts } from '../../../notebook/pieExperiments/templates.ts';
import {
  isWaiting,
  readPieExperiments,
  withPieExperiment,
  withPieState,
  type PieExperiment,
  type PieExperimentId,
} from '../../../notebook/pieExperiments/types.ts';
import { record, type CellOutcome, type RunContext } from '../../../notebook/runner.ts';
import { notebook, runner, version } from '../../runtime.ts';
import { session } from '../../session.ts';
import { toastError } from '../../toasts.ts';
import { goldLabels } from '../instructions/store.ts';
import { refreshEncoders, tuningStore } from '../tuning/store.ts';
import { usesStore } from '../uses/store.ts';
import { readPieData, runPieVariant } from './run.ts';

interface PieQueue {
  /** Experiments that were asked for and have not begun, or wait to go on. */
  readonly wanted: readonly PieExperimentId[];
  readonly active: { readonly experiment: PieExperimentId; readonly variant: string } | null;
}

export const pieQueue = createStore<PieQueue>(() => ({ wanted: [], active: null }));

/** What is there to experiment with. */
export function pieFacts(): PieFacts {
  const { labelTable } = session.getState();
  return {
    base: notebook.store.getState().parameters.embedding,
    hasLabels: labelTable !== null && goldLabels(labelTable).gold.some((label) => label !== null),
    sets: usesStore
      .getState()
      .sets.filter(({ labels }) => labels.some((label) => label !== null))
      .map(({ name }) => name),
    tuned: (tuningStore.getState().encoders ?? [])
      .filter(({ step }) => step > 0)
      .map(({ id, name, template, maxLength, settings }) => ({
        id,
        name,
        template,
        maxLength,
        hardNegatives: settings.hardNegatives,
        pooling: settings.pooling,
      })),
  };
}

/** Kept experiments of the document. */
export const keptExperiments = (): readonly PieExperiment[] =>
  readPieExperiments(notebook.store.getState().results.pieExperiments?.summary);

/** A fresh list of an experiment's variants, with the settings of now. */
function begun(id: PieExperimentId): PieExperiment {
  const { pieExperiments } = notebook.store.getState().parameters;
  const waiting = { kind: 'waiting' } as const;
  return {
    id,
    startedAt: new Date().toISOString(),
    dataHash: session.getState().corpus?.dataHash ?? '',
    seeds: pieExperiments.seeds,
    rows: pieExperiments.rows,
    variants: pieTemplate(id)
      .variants(pieFacts())
      .map((spec) => Object.assign(spec, { state: waiting })),
  };
}

/** Starts an experiment anew, behind whatever runs. */
export function startPieExperiment(id: PieExperimentId): void {
  if (!notebook.mayRun()) return;
  keep(begun(id));
  goOn(id);
}

/** Goes on with what waits: after a stop, a reload, or with failed variants tried again. */
export function goOn(id: PieExperimentId): void {
  if (!notebook.mayRun()) return;
  pieQueue.setState(({ wanted }) => ({ wanted: [...wanted.filter((one) => one !== id), id] }));
  // The task reads the list again after each variant: one that runs takes this in.
  if (notebook.store.getState().activities.pieExperiments?.kind !== 'running')
    runner.runThrough('pieExperiments').catch(toastError);
}

/** Lets failed variants wait again, and goes on. */
export function tryAgain(id: PieExperimentId): void {
  const experiment = keptExperiments().find((one) => one.id === id);
  if (!experiment) return;
  const waiting = { kind: 'waiting' } as const;
  keep(
    experiment.variants.reduce(
      (now, variant) => (variant.state.kind === 'failed' ? withPieState(now, variant.id, waiting) : now),
      experiment,
    ),
  );
  goOn(id);
}

/** Takes an experiment's results away; returns how to bring them back. */
export function forgetPieExperiment(id: PieExperimentId): () => void {
  const before = keptExperiments().find((one) => one.id === id);
  write(keptExperiments().filter((one) => one.id !== id));
  return () => {
    if (before) keep(before);
  };
}

const keep = (experiment: PieExperiment) => write(withPieExperiment(keptExperiments(), experiment));

/** Every state goes into the document before the next step: a reload finds what was finished. */
function write(experiments: readonly PieExperiment[]): void {
  record(notebook, 'pieExperiments', outcomeOf(experiments), {
    inputs: notebook.inputs('pieExperiments'),
    version,
    device: 'this CPU',
    startedAtMs: Date.now(),
    durationMs: experiments
      .flatMap(({ variants }) => variants)
      .reduce((sum, { state }) => sum + (state.kind === 'done' ? state.elapsedMs : 0), 0),
  });
}

function outcomeOf(experiments: readonly PieExperiment[]): CellOutcome {
  const variants = experiments.flatMap((experiment) => experiment.variants);
  const done = variants.filter(({ state }) => state.kind === 'done');
  const durationMs = done.reduce((sum, { state }) => sum + (state.kind === 'done' ? state.elapsedMs : 0), 0);
  return {
    headline: `${done.length} of ${plural(variants.length, 'variant')}`,
    summary: { experiments } as unknown as CellOutcome['summary'],
    seed: 13,
    durationMs,
  };
}

/** The cell's task: works off what was asked for, variant by variant; a failure is noted and passed over. */
export async function runPieExperiments(context: RunContext): Promise<CellOutcome> {
  const { signal } = context;
  if (pieQueue.getState().wanted.length === 0)
    pieQueue.setState({
      wanted: keptExperiments()
        .filter(isWaiting)
        .map(({ id }) => id),
    });
  const data = await readPieData(context);
  const { dataHash } = session.getState().corpus ?? {};
  try {
    for (let next = nextVariant(); next; next = nextVariant()) {
      throwIfAborted(signal);
      const { experiment, variant } = next;
      if (experiment.dataHash !== dataHash) {
        // Other data since: the variants would not compare.
        keep(begun(experiment.id));
        continue;
      }
      pieQueue.setState({ active: { experiment: experiment.id, variant: variant.id } });
      const done = experiment.variants.filter(({ state }) => state.kind !== 'waiting').length;
      const told: RunContext = {
        signal,
        onProgress: (progress, etaMs) =>
          context.onProgress(
            {
              ...progress,
              phase: `${variant.name} (${done + 1} of ${experiment.variants.length}): ${progress.phase}`,
            },
            etaMs,
          ),
      };
      let current = experiment;
      try {
        const state = await runPieVariant(variant, experiment, data, usesStore.getState().sets, told);
        current = latest(experiment);
        keep(withPieState(current, variant.id, state));
      } catch (error) {
        if (isAbort(error) || signal.aborted) throw error;
        current = latest(experiment);
        keep(withPieState(current, variant.id, { kind: 'failed', error: toWire(error) }));
      }
    }
  } finally {
    pieQueue.setState({ wanted: [], active: null });
  }
  return outcomeOf(keptExperiments());
}

const latest = (experiment: PieExperiment) =>
  keptExperiments().find(({ id }) => id === experiment.id) ?? experiment;

function nextVariant() {
  for (const id of pieQueue.getState().wanted) {
    const experiment = keptExperiments().find((one) => one.id === id);
    const variant = experiment?.variants.find(({ state }) => state.kind === 'waiting');
    if (experiment && variant) return { experiment, variant };
  }
  return null;
}

/** Reads which encoders were tuned here; what cannot be read is none. */
export function readTuned(): void {
  if (tuningStore.getState().encoders === null) refreshEncoders().catch(() => undefined);
}
