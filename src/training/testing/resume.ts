import type { StateTensor, TrainableModel } from '../../models/trainable.ts';
import type { FileStore } from '../checkpoints/fileStore.ts';
import { RunControl } from '../control.ts';
import { trainRun, type TrainingOutcome } from '../loop.ts';
import type { Hyperparameters, LoopEvent, TrainingRows } from '../types.ts';

export interface ResumeSubject {
  readonly createModel: () => Promise<TrainableModel>;
  readonly data: TrainingRows;
  readonly hyperparameters: Hyperparameters;
  readonly seed: number;
}

export interface RunPart {
  readonly outcome: TrainingOutcome;
  readonly state: readonly StateTensor[];
  readonly events: readonly LoopEvent[];
}

/**
 * Trains in `files` with a fresh model until `untilStep` steps are made (then stops as a user would) or to the end, and reads
 * the state after the last step. Give the second part a new model, and the same files, as a new process would.
 */
export async function trainPart(
  subject: ResumeSubject,
  files: FileStore,
  untilStep: number = Number.POSITIVE_INFINITY,
): Promise<RunPart> {
  const { createModel, data, hyperparameters, seed } = subject;
  const inner = await createModel();
  const control = new RunControl();
  const events: LoopEvent[] = [];
  let made = 0;
  // The closing evaluation may load the best weights, so the state is taken after the last step rather than at the end.
  let state: StateTensor[] = [];
  const model: TrainableModel = new Proxy(inner, {
    get(target, key) {
      // The state is read between any two steps.
      if (key === 'stepsInFlight') return 1;
      const value: unknown = Reflect.get(target, key, target);
      if (key !== 'trainStep') return typeof value === 'function' ? value.bind(target) : value;
      return async (...args: Parameters<TrainableModel['trainStep']>) => {
        const result = await target.trainStep(...args);
        made = args[1].step;
        state = [];
        for await (const tensor of target.readState(['parameter', 'firstMoment', 'secondMoment']))
          state.push({ ...tensor, data: tensor.data.slice() });
        if (made >= untilStep) {
          control.stop();
          control.stop();
        }
        return result;
      };
    },
  });
  try {
    const outcome = await trainRun({
      model,
      data,
      hyperparameters,
      seed,
      files,
      control,
      onEvent: (event) => events.push(event),
    });
    return { outcome, state, events };
  } finally {
    inner.dispose();
  }
}

/** The first difference between two states in bits, as a sentence; null where every bit agrees. */
export function firstDifference(a: readonly StateTensor[], b: readonly StateTensor[]): string | null {
  if (a.length !== b.length) return `${a.length} tensors against ${b.length}`;
  const other = new Map(b.map((tensor) => [`${tensor.kind} ${tensor.name}`, tensor]));
  for (const { kind, name, data } of a) {
    const twin = other.get(`${kind} ${name}`);
    if (twin?.data.length !== data.length) return `${kind} ${name} has another size`;
    const left = new Uint32Array(data.buffer, data.byteOffset, data.length);
    const right = new Uint32Array(twin.data.buffer, twin.data.byteOffset, data.length);
    const at = left.findIndex((bits, i) => bits !== right[i]);
    if (at >= 0) return `${kind} ${name}[${at}]: ${data[at]} against ${twin.data[at]}`;
  }
  return null;
}
