import { createStore, type StoreApi } from 'zustand/vanilla';
import { fromWire, isAbort, toWire, type ErrorWire } from '../../../base/errors.ts';
import type { Progress, TaskOptions } from '../../../base/progress.ts';
import type {
  DeviceReport,
  LoweringName,
  MemoryReport,
  RunSummary,
  TrainerService,
  TrainingData,
  TrainingEvent,
  TrainingSpec,
} from '../../../services/trainer/contract.ts';
import { emptyLog, logOf, withEvent, type RunLog } from './runLog.ts';

/** What the page knows of the trainer: its runs, the one under way, the device and the memory plan. */
export interface TrainingState {
  /** Null until they were read. */
  readonly runs: readonly RunSummary[] | null;
  /** The run this tab works on, or worked on last. */
  readonly live: RunLog | null;
  /** The run the cell shows; null: the live one, else the latest. */
  readonly shownRunId: string | null;
  readonly device: DeviceReport | null;
  readonly deviceError: ErrorWire | null;
  readonly preflight: Preflight;
  /** Set while a pause, step or stop is on its way, so that buttons do not fire twice. */
  readonly asking: 'pause' | 'play' | 'step' | 'stop' | null;
}

export type Preflight =
  | { readonly kind: 'none' }
  | { readonly kind: 'planning'; readonly last: MemoryReport | null }
  | { readonly kind: 'planned'; readonly memory: MemoryReport }
  | { readonly kind: 'failed'; readonly error: ErrorWire };

/** The page's side of the trainer: one store, and the verbs that move it. No React. */
export interface TrainingSession {
  readonly store: StoreApi<TrainingState>;
  /** Reads the runs kept in this browser. */
  refresh(): Promise<void>;
  /** Asks which device would train. */
  readDevice(lowering: LoweringName | 'auto'): Promise<void>;
  /** Plans memory for a spec; a later call makes an earlier answer void. `stepTokens`: of the longest step, null while there are no tokens. */
  plan(spec: TrainingSpec, labelCount: number, stepTokens: number | null): Promise<void>;
  show(runId: string | null): void;
  /** Trains from the start. An abort stops after the step in flight, with a checkpoint, and resolves. Throws failures. */
  start(spec: TrainingSpec, data: TrainingData, options: TaskOptions): Promise<RunSummary>;
  /** Goes on from a run's last checkpoint. Throws failures. */
  resume(runId: string, options: TaskOptions): Promise<RunSummary>;
  pause(): Promise<void>;
  play(): Promise<void>;
  step(): Promise<void>;
  /** After a stop: ends the run without its closing evaluation. */
  hurry(): Promise<void>;
  /** Puts a run into the bin. */
  remove(runId: string): Promise<void>;
  restore(runId: string): Promise<void>;
}

export function createTrainingSession(trainer: TrainerService): TrainingSession {
  const store = createStore<TrainingState>(() => ({
    runs: null,
    live: null,
    shownRunId: null,
    device: null,
    deviceError: null,
    preflight: { kind: 'none' },
    asking: null,
  }));
  let planNumber = 0;
  let deviceNumber = 0;

  const refresh = async () => {
    const runs = await trainer.runs();
    const latestFirst = [...runs].sort((a, b) => b.createdAt.localeCompare(a.createdAt));
    store.setState({ runs: latestFirst });
  };

  /** Follows a run from its first event to its end. */
  async function follow(
    runId: string,
    log: RunLog,
    begin: (onEvent: (event: TrainingEvent) => void) => Promise<RunSummary>,
    { signal, onProgress }: TaskOptions,
  ): Promise<RunSummary> {
    store.setState({ live: log, shownRunId: null, asking: null });
    const onEvent = (event: TrainingEvent) => {
      const { live } = store.getState();
      // Events of a run that was left behind may still be on their way.
      if (live?.runId !== runId) return;
      const next = withEvent(live, event);
      store.setState({ live: next, ...(event.kind === 'device' ? { device: event.device } : {}) });
      const progress = progressOf(event, next);
      if (progress) onProgress?.(progress);
    };
    // A stop is a wish, not a failure: the run ends with a checkpoint and its promise resolves.
    const onAbort = () => {
      store.setState({ asking: 'stop' });
      void trainer.stop(runId).catch(() => undefined);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const running = begin(onEvent);
      if (signal?.aborted) onAbort();
      const summary = await running;
      // The summary is read from storage: it holds every step, also those whose events were thinned out.
      const { live } = store.getState();
      if (live?.runId === runId)
        store.setState({
          live: {
            ...logOf(summary),
            checkpoints: live.checkpoints,
            warnings: live.warnings,
            memory: live.memory,
          },
        });
      if (summary.state === 'failed' && summary.error) throw fromWire(summary.error);
      return summary;
    } catch (error) {
      const { live } = store.getState();
      if (live?.runId === runId && !isAbort(error))
        store.setState({ live: { ...live, state: 'failed', error: toWire(error) } });
      throw error;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      store.setState({ asking: null });
      await refresh().catch(() => undefined);
    }
  }

  async function ask(
    asking: NonNullable<TrainingState['asking']>,
    verb: (runId: string) => Promise<void>,
  ): Promise<void> {
    const runId = store.getState().live?.runId;
    if (!runId || store.getState().asking !== null) return;
    store.setState({ asking });
    try {
      await verb(runId);
    } finally {
      store.setState({ asking: null });
    }
  }

  return {
    store,
    refresh,

    async readDevice(lowering) {
      const number = ++deviceNumber;
      try {
        const device = await trainer.device(lowering);
        if (number === deviceNumber) store.setState({ device, deviceError: null });
      } catch (error) {
        if (number === deviceNumber) store.setState({ device: null, deviceError: toWire(error) });
      }
    },

    async plan(spec, labelCount, stepTokens) {
      const number = ++planNumber;
      const { preflight } = store.getState();
      const last =
        preflight.kind === 'planned'
          ? preflight.memory
          : preflight.kind === 'planning'
            ? preflight.last
            : null;
      store.setState({ preflight: { kind: 'planning', last } });
      try {
        const memory = await trainer.preflight(spec, labelCount, stepTokens);
        if (number === planNumber) store.setState({ preflight: { kind: 'planned', memory } });
      } catch (error) {
        if (number === planNumber) store.setState({ preflight: { kind: 'failed', error: toWire(error) } });
      }
    },

    show(runId) {
      store.setState({ shownRunId: runId });
    },

    start: (spec, data, options) =>
      follow(
        spec.runId,
        emptyLog(spec.runId, spec.hyperparameters.loss),
        (onEvent) => trainer.start(spec, data, onEvent),
        options,
      ),

    resume(runId, options) {
      const run = store.getState().runs?.find((candidate) => candidate.runId === runId);
      const log: RunLog = { ...(run ? logOf(run) : emptyLog(runId)), state: 'preparing', error: null };
      return follow(runId, log, (onEvent) => trainer.resume(runId, onEvent), options);
    },

    pause: () => ask('pause', (runId) => trainer.pause(runId)),
    play: () => ask('play', (runId) => trainer.unpause(runId)),
    step: () => ask('step', (runId) => trainer.stepOnce(runId)),
    async hurry() {
      const { live, asking } = store.getState();
      // The trainer takes a second stop so.
      if (live && asking === 'stop') await trainer.stop(live.runId);
    },

    async remove(runId) {
      await trainer.removeRun(runId);
      const { live, shownRunId } = store.getState();
      store.setState({
        live: live?.runId === runId ? null : live,
        shownRunId: shownRunId === runId ? null : shownRunId,
      });
      await refresh();
    },

    async restore(runId) {
      await trainer.restoreRun(runId);
      await refresh();
    },
  };
}

/** What an event says about how far the run is; null where it says nothing. */
function progressOf(event: TrainingEvent, log: RunLog): Progress | null {
  const done = log.steps.at(-1)?.step ?? 0;
  if (event.kind === 'steps') return { phase: '', done, total: event.totalSteps, unit: 'steps' };
  if (event.kind !== 'state') return null;
  const total = log.totalSteps === 0 ? null : log.totalSteps;
  const words = event.detail.replace(/\.$/, '');
  if (event.state === 'preparing') return { phase: words || 'Preparing', done, total, unit: 'steps' };
  if (event.state === 'paused') return { phase: 'Paused', done, total, unit: 'steps' };
  const isEvaluating = event.state === 'running' && words.startsWith('Evaluating');
  return isEvaluating ? { phase: 'Evaluating', done, total, unit: 'steps' } : null;
}

/** The run the cell shows: the chosen one, else the live one, else the latest. */
export function shownLog({ live, runs, shownRunId }: TrainingState): RunLog | null {
  if (shownRunId !== null && shownRunId !== live?.runId) {
    const run = runs?.find((candidate) => candidate.runId === shownRunId);
    if (run) return logOf(run);
  }
  if (live) return live;
  const [latest] = runs ?? [];
  return latest ? logOf(latest) : null;
}
