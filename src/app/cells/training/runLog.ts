import type { ErrorWire } from '../../../base/errors.ts';
import { evaluationWarningCodes } from '../../../core/metrics/warnings.ts';
import type {
  DeviceReport,
  EvaluationPoint,
  Hyperparameters,
  KernelReport,
  MemoryReport,
  RunState,
  RunSummary,
  StepPoint,
  TrainingEvent,
} from '../../../services/trainer/contract.ts';

/** Everything the training cell shows of one run: grown from events while it runs, or read whole from the run's store. */
export interface RunLog {
  readonly runId: string;
  /** What training minimises; absent: binary cross-entropy. */
  readonly loss?: Hyperparameters['loss'] | undefined;
  readonly state: RunState;
  /** What the trainer says it is doing. */
  readonly detail: string;
  readonly totalSteps: number;
  readonly etaMs: number | null;
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly checkpoints: readonly { readonly step: number; readonly bytes: number }[];
  readonly warnings: readonly RunWarning[];
  readonly device: DeviceReport | null;
  readonly memory: MemoryReport | null;
  readonly kernels: KernelReport | null;
  readonly error: ErrorWire | null;
}

export interface RunWarning {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export function emptyLog(runId: string, loss?: RunLog['loss']): RunLog {
  return {
    runId,
    loss,
    state: 'preparing',
    detail: '',
    totalSteps: 0,
    etaMs: null,
    steps: [],
    evaluations: [],
    checkpoints: [],
    warnings: [],
    device: null,
    memory: null,
    kernels: null,
    error: null,
  };
}

/** The steps are made or were stopped, and the run is scored at its end. */
export function isClosing({ state, detail }: RunLog): boolean {
  return state === 'running' && detail.startsWith('Evaluating');
}

/** The log of a run that was read from storage. */
export function logOf(run: RunSummary): RunLog {
  return {
    ...emptyLog(run.runId, run.hyperparameters.loss),
    state: run.state,
    totalSteps: run.totalSteps,
    steps: run.steps,
    evaluations: run.evaluations,
    device: run.device,
    kernels: run.kernels ?? null,
    error: run.error,
  };
}

/**
 * The log after one more event. Steps and evaluations that come again after a resume replace what stood from there on:
 * a run goes back to its checkpoint, and the curve must not show a step twice.
 */
export function withEvent(log: RunLog, event: TrainingEvent): RunLog {
  switch (event.kind) {
    case 'state':
      return {
        ...log,
        state: event.state,
        detail: event.detail,
        error: event.state === 'running' || event.state === 'preparing' ? null : log.error,
      };
    case 'steps': {
      const [first] = event.points;
      const last = log.steps.at(-1);
      const goesBack = first !== undefined && last !== undefined && first.step <= last.step;
      const kept = goesBack ? before(log.steps, first.step) : log.steps;
      return {
        ...log,
        steps: first ? [...kept, ...event.points] : log.steps,
        evaluations: goesBack ? before(log.evaluations, first.step) : log.evaluations,
        totalSteps: event.totalSteps,
        etaMs: event.etaMs,
      };
    }
    case 'evaluation':
      return {
        ...log,
        // The trainer says after each validation what holds now; what it said before is about older weights.
        warnings:
          event.point.split === 'validation'
            ? log.warnings.filter(({ code }) => !evaluationWarningCodes.has(code))
            : log.warnings,
        evaluations: [
          ...log.evaluations.filter(
            ({ step, split }) => step !== event.point.step || split !== event.point.split,
          ),
          event.point,
        ],
      };
    case 'checkpoint':
      return { ...log, checkpoints: [...before(log.checkpoints, event.step), event] };
    case 'warning': {
      const { code, message, remedy } = event;
      return {
        ...log,
        warnings: [...log.warnings.filter((w) => w.code !== code), { code, message, remedy }],
      };
    }
    case 'device':
      return { ...log, device: event.device, memory: event.memory };
    case 'kernels':
      return { ...log, kernels: event.kernels };
    case 'failed':
      return { ...log, state: 'failed', error: event.error };
  }
}

/** The head of a list that ascends by step, up to a step; the list itself where nothing is cut. */
function before<T extends { readonly step: number }>(list: readonly T[], step: number): readonly T[] {
  let end = list.length;
  while (end > 0 && (list[end - 1] as T).step >= step) end--;
  return end === list.length ? list : list.slice(0, end);
}

/** States in which the trainer works on the run or waits in it. */
export function isLive(state: RunState): boolean {
  return state === 'preparing' || state === 'running' || state === 'paused';
}

/** States from which `resume` goes on. */
export function isResumable(state: RunState): boolean {
  return state === 'interrupted' || state === 'stopped' || state === 'failed';
}
