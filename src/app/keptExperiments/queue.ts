import { createStore } from 'zustand/vanilla';
import { isAbort, toWire } from '../../base/errors.ts';
import { throwIfAborted, type Progress } from '../../base/progress.ts';
import { formatCount } from '../../notebook/format.ts';
import { isWaiting, readKept, withExperiment, withState } from '../../notebook/keptExperiments/list.ts';
import type { KeptExperiment } from '../../notebook/keptExperiments/types.ts';
import { record, type CellOutcome, type RunContext } from '../../notebook/runner.ts';
import { variantShare, variantsLeftMs, wholeProgress } from '../../notebook/variantProgress.ts';
import { notebook, version } from '../runtime.ts';
import { toastError } from '../toasts.ts';

export interface KeptQueueState<Id extends string = string> {
  /** Experiments that were asked for and have not begun, or wait to go on. */
  readonly wanted: readonly Id[];
  readonly active: { readonly experiment: Id; readonly variant: string } | null;
}

type VariantOf<Experiment extends KeptExperiment> = Experiment['variants'][number];

/** Runs one variant and says what came of it; what it throws is noted as the variant's failure. */
export type RunVariant<Experiment extends KeptExperiment> = (
  variant: VariantOf<Experiment>,
  experiment: Experiment,
  context: RunContext,
) => Promise<VariantOf<Experiment>['state']>;

export interface KeptQueueOptions<Experiment extends KeptExperiment> {
  readonly cell: 'pieExperiments' | 'incubatorExperiments';
  readonly ids: readonly Experiment['id'][];
  /** A fresh list of an experiment's variants, with the settings of now. */
  readonly begun: (id: Experiment['id']) => Experiment;
  /** How the cell is run: with what it needs above, or alone. */
  readonly run: () => Promise<void>;
  /** What a result says besides its experiments. */
  readonly outcome: (experiments: readonly Experiment[]) => Pick<CellOutcome, 'seed' | 'model' | 'dataHash'>;
  /** Begun on other data: its variants would not compare, so it begins anew. */
  readonly isOutdated?: (experiment: Experiment) => boolean;
}

const waiting = { kind: 'waiting' } as const;

/** A cell's experiments: asked for, worked off variant by variant, kept in the cell's result. */
export function createKeptQueue<Experiment extends KeptExperiment>(options: KeptQueueOptions<Experiment>) {
  type Id = Experiment['id'];
  const { cell, ids, begun, isOutdated = () => false } = options;
  const store = createStore<KeptQueueState<Id>>(() => ({ wanted: [], active: null }));

  const kept = (): readonly Experiment[] =>
    readKept<Experiment>(ids, notebook.store.getState().results[cell]?.summary);
  const find = (id: Id) => kept().find((one) => one.id === id);
  const keep = (experiment: Experiment) => write(withExperiment(kept(), experiment));

  /** Every state goes into the document before the next step: a reload finds what was finished. */
  function write(experiments: readonly Experiment[]): void {
    const outcome = outcomeOf(experiments);
    record(notebook, cell, outcome, {
      inputs: notebook.inputs(cell),
      version,
      device: 'this CPU',
      startedAtMs: Date.now(),
      durationMs: outcome.durationMs,
    });
  }

  function outcomeOf(experiments: readonly Experiment[]) {
    const states = experiments.flatMap(({ variants }) => variants.map(({ state }) => state));
    const done = states.flatMap((state) => (state.kind === 'done' ? [state.elapsedMs] : []));
    return {
      // Fits beside the cell's name in the outline.
      headline: `${done.length} of ${states.length}`,
      summary: { experiments } as unknown as CellOutcome['summary'],
      ...options.outcome(experiments),
      durationMs: done.reduce((sum, elapsedMs) => sum + elapsedMs, 0),
    };
  }

  function next() {
    for (const id of store.getState().wanted) {
      const experiment = find(id);
      const variant = experiment?.variants.find(({ state }) => state.kind === 'waiting');
      if (experiment && variant) return { experiment, variant: variant as VariantOf<Experiment> };
    }
    return null;
  }

  /** Removed meanwhile: its variant has no place to go to. */
  function settle({ id }: Experiment, variantId: string, state: VariantOf<Experiment>['state']): void {
    const current = find(id);
    if (current) keep(withState(current, variantId, state));
  }

  /** The variant's own reports as those of everything asked for: one variant alone is over too soon to read. */
  function contextOf({ signal, onProgress }: RunContext): RunContext {
    const shareOf = variantShare();
    const begunMs = performance.now();
    const variants = () =>
      kept().flatMap((one) => (store.getState().wanted.includes(one.id) ? one.variants : []));
    const report = (share: number, words: string) => {
      const states = variants().map(({ state }) => state);
      const ended = states.filter(({ kind }) => kind !== 'waiting').length;
      const phase = `Variant ${ended + 1} of ${states.length}${words}`;
      onProgress(
        wholeProgress({ ended, total: states.length }, share, phase),
        variantsLeftMs({
          doneMs: states.flatMap((state) => (state.kind === 'done' ? [state.elapsedMs] : [])),
          waiting: states.length - ended - 1,
          elapsedMs: performance.now() - begunMs,
          share,
        }),
      );
    };
    report(0, '');
    return {
      signal,
      onProgress: (progress) => report(shareOf(progress), wordsOf(progress)),
    };
  }

  /** Goes on with what waits: after a stop, a reload, or with failed variants tried again. */
  function goOn(id: Id): void {
    if (!notebook.mayRun()) return;
    store.setState(({ wanted }) => ({ wanted: [...wanted.filter((one) => one !== id), id] }));
    // The task reads the list again after each variant: one that runs takes this in.
    if (notebook.store.getState().activities[cell]?.kind !== 'running') options.run().catch(toastError);
  }

  return {
    store,
    kept,
    goOn,

    /** Starts an experiment anew, behind whatever runs. */
    start(id: Id): void {
      if (!notebook.mayRun()) return;
      try {
        keep(begun(id));
        goOn(id);
      } catch (error) {
        toastError(error);
      }
    },

    /** Lets failed variants wait again, and goes on. */
    tryAgain(id: Id): void {
      const experiment = find(id);
      if (!experiment) return;
      keep(
        experiment.variants.reduce(
          (now, { id: variantId, state }) =>
            state.kind === 'failed' ? withState(now, variantId, waiting) : now,
          experiment,
        ),
      );
      goOn(id);
    },

    /** Takes an experiment's results away; returns how to bring them back. */
    forget(id: Id): () => void {
      const before = find(id);
      write(kept().filter((one) => one.id !== id));
      return () => {
        if (before) keep(before);
      };
    },

    /** Works off what was asked for, else all that waits, variant by variant; a failure is noted and passed over. */
    async work(context: RunContext, runVariant: RunVariant<Experiment>) {
      const { signal } = context;
      if (store.getState().wanted.length === 0)
        store.setState({
          wanted: kept()
            .filter(isWaiting)
            .map(({ id }) => id),
        });
      try {
        for (let one = next(); one; one = next()) {
          throwIfAborted(signal);
          const { experiment, variant } = one;
          if (isOutdated(experiment)) {
            keep(begun(experiment.id));
            continue;
          }
          store.setState({ active: { experiment: experiment.id, variant: variant.id } });
          try {
            const state = await runVariant(variant, experiment, contextOf(context));
            settle(experiment, variant.id, state);
          } catch (error) {
            if (isAbort(error) || signal.aborted) throw error;
            settle(experiment, variant.id, { kind: 'failed', error: toWire(error) });
          }
        }
      } finally {
        store.setState({ wanted: [], active: null });
      }
      return outcomeOf(kept());
    },
  };
}

/** `, tuning 9 / 58`: what the variant is busy with, and how many of its steps are done. */
function wordsOf({ phase, done, total, unit }: Progress): string {
  const steps = unit === 'steps' && total !== null ? ` ${formatCount(done)} / ${formatCount(total)}` : '';
  return phase === '' ? '' : `, ${phase.toLowerCase()}${steps}`;
}

export type KeptQueue<Experiment extends KeptExperiment> = ReturnType<typeof createKeptQueue<Experiment>>;
