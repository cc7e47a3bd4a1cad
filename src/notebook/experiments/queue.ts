import { createStore } from 'zustand/vanilla';
import { isAbort, toWire } from '../../base/errors.ts';
import { formatCount } from '../../base/counts.ts';
import { throwIfAborted, type Progress } from '../../base/progress.ts';
import type { Notebook } from '../store.ts';
import { trainingShare, variantShare, wholeProgress } from '../variantProgress.ts';
import { countVariants, isOpen, nextVariant, variantAt, withState, type VariantPlace } from './list.ts';
import { assertData, ExperimentError, runVariant, type ExperimentServices } from './run.ts';
import type { Experiment, Variant } from './types.ts';

/** The variant under way. */
export interface LiveVariant extends VariantPlace {
  readonly runId: string;
  /** `3` of `8`: its line in the experiment's table. */
  readonly number: number;
  readonly of: number;
  /** Of the experiment, all of its variants. */
  readonly progress: Progress | null;
  /** Of the experiment; null while nothing tells. */
  readonly etaMs: number | null;
}

export interface QueueState {
  /** Experiments a person has asked to run, in order. Never saved: nothing goes on by itself after a reload. */
  readonly wanted: readonly string[];
  readonly live: LiveVariant | null;
}

export interface QueueOptions {
  readonly newRunId: () => string;
  readonly now?: () => Date;
  /** Milliseconds a variant will take, as far as is known. */
  readonly estimateMs?: (experiment: Experiment, variant: Variant) => number | null;
  /** Told after each variant that has ended. */
  readonly onVariant?: () => void;
}

/**
 * Runs variants one after another, at a person's wish only. Each state goes into the notebook's document at once, so that a
 * reload finds what was done, and can resume what was under way. A failed variant is noted with its error and passed over.
 */
export function createExperimentQueue(
  notebook: Notebook,
  services: ExperimentServices,
  options: QueueOptions,
) {
  const store = createStore<QueueState>(() => ({ wanted: [], live: null }));
  const now = options.now ?? (() => new Date());
  let current: { readonly controller: AbortController; isSkipped: boolean } | null = null;

  const list = () => notebook.store.getState().experiments;

  /** Estimates of what is open behind the variant under way; null where one has none. */
  function behindMs(live: VariantPlace, ids: readonly string[]): number | null {
    const behind = list()
      .filter(({ id }) => ids.includes(id))
      .flatMap((experiment) => experiment.variants.map((variant) => ({ experiment, variant })))
      .filter(({ variant }) => isOpen(variant) && variant.id !== live.variantId);
    let sum = 0;
    for (const { experiment, variant } of behind) {
      const ms = options.estimateMs?.(experiment, variant) ?? null;
      if (ms === null) return null;
      sum += ms;
    }
    return sum;
  }

  async function runOne(
    experiment: Experiment,
    variant: Variant,
    { signal, onProgress }: QueueTask,
  ): Promise<void> {
    const place: VariantPlace = { experimentId: experiment.id, variantId: variant.id };
    const { state } = variant;
    const runId = state.kind === 'started' ? state.runId : options.newRunId();
    const live: LiveVariant = {
      ...place,
      runId,
      number: experiment.variants.findIndex(({ id }) => id === variant.id) + 1,
      of: experiment.variants.length,
      progress: null,
      etaMs: null,
    };
    const own = { controller: new AbortController(), isSkipped: false };
    current = own;
    const abort = () => own.controller.abort();
    signal?.addEventListener('abort', abort, { once: true });
    store.setState({ live });
    const startedAt = state.kind === 'started' ? state.startedAt : now().toISOString();
    const note = (next: Variant['state']) => notebook.recordExperiments((all) => withState(all, place, next));
    const known = state.kind === 'started' ? state.trainRows : null;
    const noteStarted = (trainRows: number | null) => note({ kind: 'started', runId, startedAt, trainRows });
    noteStarted(known);
    const rate = stepRate();
    const shareOf = variant.kind === 'network' ? trainingShare() : variantShare();
    let ownMs: number | null = null;
    const report = (progress: Progress) => {
      const share = shareOf(progress);
      // While it evaluates in between, what its last steps said stands.
      if (progress.unit === 'steps' && progress.phase === '') ownMs = rate(progress);
      const tell = (ids: readonly string[]) => {
        const variants = list().flatMap((one) => (ids.includes(one.id) ? one.variants : []));
        const counts = countVariants(variants);
        const total = counts.total - counts.skipped;
        const told = wholeProgress(
          { ended: total - counts.open, total },
          share,
          variantWords(live, progress),
        );
        const behind = behindMs(live, ids);
        const etaMs = ownMs === null || behind === null ? null : ownMs + behind;
        return { progress: told, etaMs };
      };
      store.setState({ live: { ...live, ...tell([experiment.id]) } });
      const all = tell(store.getState().wanted);
      onProgress?.(all.progress, all.etaMs);
    };
    try {
      const outcome = await runVariant(services, experiment, variant, runId, {
        signal: own.controller.signal,
        onProgress: report,
        trainRows: known,
        onRows: noteStarted,
      });
      if (outcome.kind === 'done') note({ kind: 'done', result: outcome.result });
      else if (own.isSkipped) note({ kind: 'skipped', why: 'Skipped while it ran.' });
      // Ended from elsewhere with a checkpoint: a wish to stop, whoever had it.
      else throwIfAborted(AbortSignal.abort());
    } catch (error) {
      if (own.isSkipped && isAbort(error)) note({ kind: 'skipped', why: 'Skipped while it ran.' });
      else if (isAbort(error)) {
        // Nothing to resume where no step was made: the run has not come to exist.
        if (!(await hasRun(runId))) note({ kind: 'pending' });
        throw error;
      } else if (error instanceof ExperimentError && error.code === 'experiment-data-missing') {
        note(state);
        throw error;
      } else note({ kind: 'failed', error: toWire(error), runId: (await hasRun(runId)) ? runId : null });
    } finally {
      signal?.removeEventListener('abort', abort);
      current = null;
      store.setState({ live: null });
      options.onVariant?.();
    }
  }

  async function hasRun(runId: string): Promise<boolean> {
    const runs = await services.trainer.runs().catch(() => []);
    return runs.some((run) => run.runId === runId);
  }

  return {
    store,

    /** Puts an experiment behind those that wait; the task below takes it up, now or when it is run next. */
    want(experimentId: string): void {
      const { wanted } = store.getState();
      if (!wanted.includes(experimentId)) store.setState({ wanted: [...wanted, experimentId] });
    },

    /** Ends the variant under way and goes on with the next. */
    skip(): void {
      if (!current) return;
      current.isSkipped = true;
      current.controller.abort();
    },

    /**
     * Works off what is wanted. An abort ends the run under way with a checkpoint; it and what is behind it wait for the next
     * call. Throws `aborted`, and `experiment-data-missing` where nothing can go on without the data.
     */
    async run(task: QueueTask): Promise<QueueOutcome> {
      const begun = new Set<string>();
      try {
        for (;;) {
          throwIfAborted(task.signal);
          const next = nextVariant(list(), store.getState().wanted);
          if (!next) break;
          begun.add(next.experiment.id);
          const isReady = next.variant.state.kind === 'started' && next.variant.kind === 'network';
          if (!isReady) assertData(services, next.experiment);
          await runOne(next.experiment, next.variant, task);
        }
      } finally {
        store.setState({ wanted: [] });
      }
      const variants = list()
        .filter(({ id }) => begun.has(id))
        .flatMap((experiment) => experiment.variants);
      const { done, failed } = countVariants(variants);
      return { experiments: begun.size, done, failed };
    },

    /** A failed or skipped variant waits again; one whose run is kept goes on from its checkpoint. */
    retry(place: VariantPlace): boolean {
      const found = variantAt(list(), place);
      if (!found) return false;
      const { state } = found.variant;
      const runId = state.kind === 'failed' ? state.runId : null;
      return notebook.editExperiments((all) =>
        withState(
          all,
          place,
          runId === null
            ? { kind: 'pending' }
            : { kind: 'started', runId, startedAt: now().toISOString(), trainRows: null },
        ),
      );
    },
  };
}

/** `Variant 3 of 8 · 120 / 400 steps`, or what it is busy with before and after its steps. */
function variantWords({ number, of }: LiveVariant, { phase, done, total, unit }: Progress): string {
  const which = `Variant ${number} of ${of}`;
  if (phase !== '') return `${which}, ${phase.toLowerCase()}`;
  return total === null ? which : `${which} · ${formatCount(done)} / ${formatCount(total)} ${unit}`;
}

/** What `run` takes: reports are of everything asked for, with the time left of it. */
export interface QueueTask {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress, etaMs?: number | null) => void) | undefined;
}

export interface QueueOutcome {
  readonly experiments: number;
  readonly done: number;
  readonly failed: number;
}

/** Milliseconds left of a run by its mean pace so far; null before two reports. */
function stepRate(): (progress: Progress) => number | null {
  let first: { readonly done: number; readonly atMs: number } | null = null;
  return ({ done, total }) => {
    const atMs = performance.now();
    if (!first) {
      first = { done, atMs };
      return null;
    }
    if (done <= first.done || total === null) return null;
    return ((total - done) * (atMs - first.atMs)) / (done - first.done);
  };
}
