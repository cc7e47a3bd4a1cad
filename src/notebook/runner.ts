import { isAbort, toWire, VerbenaError } from '../base/errors.ts';
import { progressEta, type Progress } from '../base/progress.ts';
import { cellIds, onDemand, upstreamOf, withoutData, type CellId, type Provenance } from './cells.ts';
import type { Plain } from './plain.ts';
import type { Notebook } from './store.ts';

/** What a cell's task is given. Parameters are read from the notebook at the start and count for the whole run. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** `etaMs`: what the task itself knows of the remaining time; else it is estimated from the phase's rate. */
  readonly onProgress: (progress: Progress, etaMs?: number | null) => void;
}

/** What a cell's task hands back; the runner adds hash, parameters, version and time. */
export interface CellOutcome {
  readonly headline: string;
  readonly summary: Plain;
  /** Of what was read, where it is not the open data: the dataset cell makes a new one, a run keeps its own, some read none (`''`). */
  readonly dataHash?: string;
  readonly seed?: number;
  readonly model?: string;
  readonly device?: string;
  /** See `Provenance`. */
  readonly probabilities?: string;
  /** Stopped before its end: what there is of it is kept, and says so. */
  readonly isStopped?: boolean;
  /** For a result that took its time elsewhere, such as a resumed training run. */
  readonly durationMs?: number;
}

export type CellTask = (context: RunContext) => Promise<CellOutcome>;

export interface RunnerOptions {
  readonly task: (cell: CellId) => CellTask | undefined;
  /** False where a result is known but its values are no longer in this tab, as after a reload. */
  readonly isLoaded: (cell: CellId) => boolean;
  readonly version: string;
  /** What computed where a task does not say: the page's own threads. */
  readonly device: string;
  readonly now?: () => number;
}

export class RunnerError extends VerbenaError<'upstream-failed' | 'nothing-to-run'> {}

/** Runs cells one after another, at a user's wish only. A failed cell keeps its last result and takes the queue behind it along. */
export function createRunner(notebook: Notebook, options: RunnerOptions) {
  const now = options.now ?? Date.now;
  const queue: CellId[] = [];
  const controllers = new Map<CellId, AbortController>();
  let draining: Promise<void> | null = null;

  async function runOne(cell: CellId): Promise<boolean> {
    const task = options.task(cell);
    if (!task) {
      const error = new RunnerError('nothing-to-run', 'This cell has nothing to run.', 'Reload the page.');
      notebook.dispatch(cell, { kind: 'fail', error: toWire(error) });
      return false;
    }
    const controller = new AbortController();
    controllers.set(cell, controller);
    const startedAtMs = now();
    const inputs = notebook.inputs(cell);
    const eta = progressEta();
    notebook.dispatch(cell, { kind: 'start', nowMs: startedAtMs });
    try {
      const outcome = await task({
        signal: controller.signal,
        onProgress(progress, known) {
          const estimated = eta(progress, now());
          const etaMs = known === undefined ? estimated : known;
          notebook.dispatch(cell, { kind: 'progress', progress, etaMs });
        },
      });
      record(notebook, cell, outcome, {
        inputs,
        version: options.version,
        device: options.device,
        startedAtMs,
        durationMs: now() - startedAtMs,
      });
      notebook.dispatch(cell, { kind: 'finish' });
      return true;
    } catch (error) {
      if (isAbort(error) || controller.signal.aborted) notebook.dispatch(cell, { kind: 'stop' });
      else notebook.dispatch(cell, { kind: 'fail', error: toWire(error) });
      return false;
    } finally {
      controllers.delete(cell);
    }
  }

  async function drain(): Promise<void> {
    for (let cell = queue.shift(); cell !== undefined; cell = queue.shift()) {
      if (!(await runOne(cell))) clearQueue();
    }
    draining = null;
  }

  function clearQueue(): void {
    for (const cell of queue.splice(0)) notebook.dispatch(cell, { kind: 'stop' });
  }

  const needsRun = (cell: CellId) => notebook.status(cell).state !== 'done' || !options.isLoaded(cell);

  function enqueue(cells: readonly CellId[]): Promise<void> {
    if (!notebook.mayRun()) return Promise.resolve();
    for (const cell of cells) {
      if (queue.includes(cell) || controllers.has(cell)) continue;
      queue.push(cell);
      notebook.dispatch(cell, { kind: 'queue' });
    }
    // Draining nothing ends before it is noted as begun, and would be taken for a queue at work ever after.
    if (queue.length > 0) draining ??= drain();
    return draining ?? Promise.resolve();
  }

  return {
    /** Runs one cell, after whatever is queued before it. Resolves when the queue is empty; failures are shown in the cell. */
    run: (cell: CellId): Promise<void> => enqueue([cell]),

    /** Runs a cell on what there is now: where it runs already, that run is stopped first. */
    async runAnew(cell: CellId): Promise<void> {
      controllers.get(cell)?.abort();
      if (controllers.has(cell)) await draining;
      await enqueue([cell]);
    },

    /** Runs a cell and, before it, every cell above that has no fresh result. The data has to be open. */
    runThrough(cell: CellId): Promise<void> {
      return enqueue([...upstreamOf(cell).filter(needsRun), cell]);
    },

    /** Runs every cell that has no fresh result, from top to bottom. */
    runAll: (): Promise<void> => enqueue(cellIds.filter((cell) => !onDemand.has(cell) && needsRun(cell))),

    /** Stops a running cell, or takes a queued one off the queue with everything behind it. */
    stop(cell: CellId): void {
      const at = queue.indexOf(cell);
      if (at >= 0) for (const id of queue.splice(at)) notebook.dispatch(id, { kind: 'stop' });
      controllers.get(cell)?.abort();
    },

    stopAll(): void {
      clearQueue();
      for (const controller of controllers.values()) controller.abort();
    },
  };
}

export interface RecordFacts {
  readonly inputs: Plain;
  readonly version: string;
  readonly device: string;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

/** Writes a task's outcome into the notebook with its provenance. Cells that answer live call it without a runner. */
export function record(notebook: Notebook, cell: CellId, outcome: CellOutcome, facts: RecordFacts): void {
  const { parameters, results } = notebook.store.getState();
  const open = withoutData.has(cell) ? undefined : results.dataset?.provenance.dataHash;
  const dataHash = outcome.dataHash ?? open ?? '';
  // The dataset's own hash is only known once it was read.
  const inputs = cell === 'dataset' ? ({ dataHash } as Plain) : facts.inputs;
  const provenance: Provenance = {
    dataHash,
    parameters: cell === 'dataset' ? (parameters.dataset as unknown as Plain) : facts.inputs,
    seed: outcome.seed ?? null,
    model: outcome.model ?? null,
    device: outcome.device ?? facts.device,
    version: facts.version,
    ...(outcome.probabilities === undefined ? {} : { probabilities: outcome.probabilities }),
    startedAt: new Date(facts.startedAtMs).toISOString(),
    durationMs: outcome.durationMs ?? facts.durationMs,
  };
  const { headline, summary, isStopped = false } = outcome;
  notebook.record(cell, { provenance, inputs, headline, summary, ...(isStopped ? { isStopped } : {}) });
}

/** A provenance line as text to paste beside a figure. */
export function provenanceText({
  dataHash,
  seed,
  model,
  device,
  version,
  probabilities,
  startedAt,
  durationMs,
}: Provenance): string {
  return [
    `data ${dataHash === '' ? 'none' : dataHash.slice(0, 12)}`,
    seed === null ? null : `seed ${seed}`,
    model === null ? null : `model ${model}`,
    device,
    probabilities === undefined ? null : `probabilities ${probabilities}`,
    `Verbena ${version}`,
    startedAt,
    `${Math.round(durationMs)} ms`,
  ]
    .filter((part) => part !== null)
    .join(' · ');
}
