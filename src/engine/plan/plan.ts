import { elementCount, type Dims, type Graph, type Parameter, type Tensor } from '../graph/types.ts';
import { EngineError } from '../errors.ts';
import { planArenas, type ArenaPlan, type Placement } from './arenas.ts';
import { aligned, lifetimes } from './liveness.ts';

/** A parameter's place in its group's arena; the same in the arenas of gradients and of both moments. */
export interface ParameterPlace {
  readonly group: string;
  readonly offset: number;
  readonly byteLength: number;
}

/** Parameters that live and are updated together: decayed ones first, then the others, then those without a gradient. */
export interface GroupPlan {
  readonly name: string;
  readonly byteLength: number;
  /** Bytes from 0 on that have gradients and moments. */
  readonly trainedBytes: number;
  /** Bytes from 0 on to which decay applies under Hugging Face's groups. */
  readonly decayedBytes: number;
}

export interface MemoryPlan {
  readonly capacity: Dims;
  readonly groups: readonly GroupPlan[];
  readonly parameters: ReadonlyMap<string, ParameterPlace>;
  readonly inputs: ReadonlyMap<string, { readonly offset: number; readonly byteLength: number }>;
  readonly inputBytes: number;
  readonly training: ArenaPlan;
  readonly inference: ArenaPlan;
  /** Activation buffers, large enough for either graph: they never run at once. */
  readonly activationBytes: readonly number[];
  /** Partial sums of squares, one float per 16,384 trained parameters of a group. */
  readonly normPartials: number;
  readonly byCategory: Readonly<Record<string, number>>;
  readonly totalBytes: number;
}

export interface PlanOptions {
  readonly training: Graph;
  readonly inference: Graph;
  readonly capacity: Dims;
  /** The device's largest binding, which also bounds our buffers. */
  readonly maxBindingBytes: number;
}

/** The largest range that a kernel may bind of the largest buffer, from a device's limits; what every device grants where it is silent. */
export function grantedBindingBytes(limits: Readonly<Record<string, number>>): number {
  const { maxStorageBufferBindingSize = 128 * 2 ** 20, maxBufferSize = 256 * 2 ** 20 } = limits;
  return Math.min(maxStorageBufferBindingSize, maxBufferSize);
}

/** Bytes of the uniform at the head of the input arena. */
export const uniformBytes = 256;
/** Parameters whose squares one workgroup sums. */
export const normChunk = 16384;

/**
 * Lays out everything a session will allocate, before it allocates anything.
 * Throws `limit-too-small` naming the tensor or group that does not fit a binding.
 */
export function planMemory({ training, inference, capacity, maxBindingBytes }: PlanOptions): MemoryPlan {
  const trained = new Set(training.gradients.keys());
  const { groups, places } = planParameters(training.parameters, trained);
  for (const group of groups) {
    if (group.byteLength > maxBindingBytes) {
      throw new EngineError(
        'limit-too-small',
        `The parameters of ${group.name} take ${group.byteLength} bytes; this device binds at most ${maxBindingBytes}.`,
        'Choose a smaller model, or a device with a larger maxStorageBufferBindingSize.',
        { group: group.name, needed: group.byteLength, granted: maxBindingBytes },
      );
    }
  }
  const { inputs, inputBytes } = planInputs([...training.inputs, ...inference.inputs], capacity);
  const trainingArenas = planArenas(lifetimes(training, capacity), maxBindingBytes);
  const inferenceArenas = planArenas(lifetimes(inference, capacity), maxBindingBytes);
  const buffers = Math.max(trainingArenas.bufferBytes.length, inferenceArenas.bufferBytes.length);
  const activationBytes = Array.from({ length: buffers }, (_, i) =>
    Math.max(trainingArenas.bufferBytes[i] ?? 0, inferenceArenas.bufferBytes[i] ?? 0),
  );
  const normPartials = groups.reduce((sum, group) => sum + Math.ceil(group.trainedBytes / 4 / normChunk), 0);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  const trainedBytes = sum(groups.map((group) => group.trainedBytes));
  const byCategory = {
    parameters: sum(groups.map((group) => group.byteLength)),
    gradients: trainedBytes,
    moments: 2 * trainedBytes,
    activations: sum(activationBytes),
    inputs: inputBytes,
    scratch: aligned(normPartials * 4) + 2 * resultBytes,
  };
  return {
    capacity,
    groups,
    parameters: places,
    inputs,
    inputBytes,
    training: trainingArenas,
    inference: inferenceArenas,
    activationBytes,
    normPartials,
    byCategory,
    totalBytes: sum(Object.values(byCategory)),
  };
}

/** Loss, gradient norm and clip factor, and the copy that the host reads. */
export const resultBytes = 256;

function planParameters(parameters: readonly Parameter[], trained: ReadonlySet<string>) {
  const names = [...new Set(parameters.map((parameter) => parameter.group))];
  const places = new Map<string, ParameterPlace>();
  const groups = names.map((name): GroupPlan => {
    const members = parameters.filter((parameter) => parameter.group === name);
    const rank = (parameter: Parameter) =>
      !trained.has(parameter.tensor.name) ? 2 : parameter.role === 'weight' ? 0 : 1;
    const ends = [0, 0, 0];
    let offset = 0;
    for (const level of [0, 1, 2]) {
      for (const parameter of members.filter((member) => rank(member) === level)) {
        const byteLength = parameter.shape.reduce((a, b) => a * b, 4);
        places.set(parameter.tensor.name, { group: name, offset, byteLength });
        offset = aligned(offset + byteLength);
      }
      ends[level] = offset;
    }
    return { name, byteLength: offset, trainedBytes: ends[1] ?? 0, decayedBytes: ends[0] ?? 0 };
  });
  return { groups, places };
}

function planInputs(tensors: readonly Tensor[], capacity: Dims) {
  const inputs = new Map<string, { offset: number; byteLength: number }>();
  let offset = uniformBytes;
  for (const tensor of tensors) {
    if (inputs.has(tensor.name)) continue;
    const byteLength = elementCount(tensor.shape, capacity) * 4;
    inputs.set(tensor.name, { offset, byteLength });
    offset = aligned(offset + byteLength);
  }
  return { inputs, inputBytes: offset };
}

export type { Placement };
