import {
  elementCount,
  type Dims,
  type Graph,
  type Operation,
  type Parameter,
  type Tensor,
} from '../graph/types.ts';
import { EngineError } from '../errors.ts';
import { planArenas, type ArenaPlan } from './arenas.ts';
import { gradientLifetimes, placed, type GradientLives } from './byLayer.ts';
import { aligned, lifetimes } from './liveness.ts';
import { normChunk, rowParts, wholeRoom } from './parts.ts';

/** Where a parameter, or some of its rows, lies in an arena; the same in the arenas of gradients and of both moments. */
export interface ParameterPlace {
  readonly group: string;
  readonly offset: number;
  readonly byteLength: number;
}

/**
 * An arena of parameters that live and are updated together: decayed ones first, then the others, then those without a gradient. A group
 * of the graph that no binding holds has several.
 */
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
  /** One place each, or one for each of `rowParts` where the parameter is larger than a binding. */
  readonly parameters: ReadonlyMap<string, readonly ParameterPlace[]>;
  readonly inputs: ReadonlyMap<string, { readonly offset: number; readonly byteLength: number }>;
  readonly inputBytes: number;
  readonly training: ArenaPlan;
  readonly inference: ArenaPlan;
  /** Where gradients lie among the activations, and when; null: they are kept in arenas of their own. */
  readonly byLayer: GradientLives | null;
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

/**
 * Lays out everything a session will allocate, before it allocates anything.
 * Throws `limit-too-small` naming the op and its tensor that does not fit a binding, `graph-invalid` where the capacity is none.
 */
export function planMemory({ training, inference, capacity, maxBindingBytes }: PlanOptions): MemoryPlan {
  const trained = new Set(training.gradients.keys());
  checkCapacity(capacity);
  for (const graph of [training, inference]) checkBindings(graph, capacity, maxBindingBytes);
  const { groups, places } = planParameters(training.parameters, trained, maxBindingBytes);
  const { inputs, inputBytes } = planInputs([...training.inputs, ...inference.inputs], capacity);
  const lives = lifetimes(training, capacity);
  const gradientLives = training.updates && gradientLifetimes(training, training.updates, groups, places);
  const trainingArenas = planArenas(
    gradientLives
      ? [...lives, ...gradientLives.measured.values(), ...gradientLives.updating.values()]
      : lives,
    maxBindingBytes,
  );
  const inferenceArenas = planArenas(lifetimes(inference, capacity), maxBindingBytes);
  const activationBytes = largerOf(trainingArenas, inferenceArenas);
  const normPartials = groups.reduce((sum, group) => sum + Math.ceil(group.trainedBytes / 4 / normChunk), 0);
  const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
  // What gradients among the activations take is what the plan would save without them.
  const withoutGradients = gradientLives
    ? sum(largerOf(planArenas(lives, maxBindingBytes), inferenceArenas))
    : sum(activationBytes);
  const amongActivations = Math.max(0, sum(activationBytes) - withoutGradients);
  const trainedBytes = sum(groups.map((group) => group.trainedBytes));
  const byCategory = {
    parameters: sum(groups.map((group) => group.byteLength)),
    gradients: gradientLives ? amongActivations : trainedBytes,
    moments: 2 * trainedBytes,
    activations: sum(activationBytes) - amongActivations,
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
    byLayer: gradientLives ? placed(gradientLives, trainingArenas) : null,
    activationBytes,
    normPartials,
    byCategory,
    totalBytes: sum(Object.values(byCategory)),
  };
}

/** Loss, gradient norm and clip factor, and the copy that the host reads. */
export const resultBytes = 256;

function largerOf(a: ArenaPlan, b: ArenaPlan): number[] {
  const length = Math.max(a.bufferBytes.length, b.bufferBytes.length);
  return Array.from({ length }, (_, i) => Math.max(a.bufferBytes[i] ?? 0, b.bufferBytes[i] ?? 0));
}

/** Throws `graph-invalid` naming a size that is no number of rows. */
function checkCapacity(capacity: Dims): void {
  for (const [axis, most] of Object.entries(capacity))
    if (!(Number.isInteger(most) && most >= 1))
      throw new EngineError(
        'graph-invalid',
        `A plan cannot hold ${axis} = ${most}: it has to be a whole number of at least 1.`,
        'Check the token budget, the number of sequences and the maximum length.',
        { axis, most },
      );
}

/**
 * Throws `limit-too-small` where a node would have to bind more than the device can: a parameter, unless it may lie in parts and they fit,
 * else the tensor that is most beyond it, with the size of batch at which it would not be.
 */
function checkBindings(graph: Graph, capacity: Dims, maxBindingBytes: number): void {
  const bound = graph.nodes.flatMap(({ operation, inputs, outputs }) =>
    [...inputs, ...outputs].map((tensor): Bound => {
      const isParameter = tensor.kind === 'parameter' || tensor.kind === 'gradient';
      return { tensor, operation, isParameter, needed: elementCount(tensor.shape, capacity) * 4 };
    }),
  );
  const refusal = (
    { tensor, operation, needed }: Bound,
    how: string,
    remedy = 'Choose a smaller model, a device with a larger maxStorageBufferBindingSize, or the CPU path.',
    more: Readonly<Record<string, unknown>> = {},
  ) =>
    new EngineError(
      'limit-too-small',
      `${tensor.name} takes ${needed} bytes ${how} (${operation.name}); this device binds at most ${maxBindingBytes} (maxStorageBufferBindingSize).`,
      remedy,
      { tensor: tensor.name, operation: operation.name, needed, granted: maxBindingBytes, ...more },
    );
  for (const one of bound.filter(({ isParameter }) => isParameter)) {
    const parts = rowParts(one.tensor.shape, maxBindingBytes);
    if (parts?.length !== 1 && !(parts && one.operation.takesParts))
      throw refusal(one, 'and is read or written whole');
  }
  const [worst] = bound
    .filter(({ isParameter, needed }) => !isParameter && aligned(needed) > maxBindingBytes)
    .sort((a, b) => b.needed - a.needed);
  if (!worst) return;
  const axis = worst.tensor.shape.find((dim) => typeof dim === 'string');
  const most = axis && capacity[axis];
  if (!axis || !most) throw refusal(worst, 'whatever the batch');
  const fits = Math.floor((wholeRoom(maxBindingBytes) * most) / worst.needed);
  const remedy = `${axis} = ${fits} would fit: lower the token budget or the maximum length.`;
  throw refusal(worst, `at ${axis} = ${most}`, remedy, { axis, most, fits });
}

/** A tensor as an op needs it bound, in bytes at the plan's capacity. */
interface Bound {
  readonly tensor: Tensor;
  readonly operation: Operation;
  readonly isParameter: boolean;
  readonly needed: number;
}

/** What is laid into an arena in one piece: a parameter, or a run of its rows. */
interface Item {
  readonly name: string;
  readonly byteLength: number;
  /** 0: decayed, 1: trained without decay, 2: not trained. */
  readonly rank: number;
  /** A run of rows begins where a chunk of the gradient's norm would. */
  readonly isPart: boolean;
}

function planParameters(
  parameters: readonly Parameter[],
  trained: ReadonlySet<string>,
  maxBindingBytes: number,
) {
  const places = new Map<string, ParameterPlace[]>();
  const groups = [...new Set(parameters.map(({ group }) => group))].flatMap((name) => {
    const items = parameters.filter(({ group }) => group === name).flatMap((parameter) => itemsOf(parameter));
    return layOut(name, items);
  });
  return { groups, places };

  function itemsOf({ tensor, shape, role }: Parameter): Item[] {
    const parts = rowParts(shape, maxBindingBytes) ?? [];
    const rank = !trained.has(tensor.name) ? 2 : role === 'weight' ? 0 : 1;
    return parts.map(({ byteLength }) => ({
      name: tensor.name,
      byteLength,
      rank,
      isPart: parts.length > 1,
    }));
  }

  /** One arena where the group fits, else as many as it takes. */
  function layOut(group: string, items: readonly Item[]): GroupPlan[] {
    const arenas: GroupPlan[] = [];
    let ends = [0, 0, 0];
    let offset = 0;
    const nameOf = (arena: number) => (arena === 0 ? group : `${group}, ${arena + 1}`);
    const close = () => {
      const [decayedBytes = 0, trainedBytes = 0] = ends;
      arenas.push({ name: nameOf(arenas.length), byteLength: offset, trainedBytes, decayedBytes });
      ends = [0, 0, 0];
      offset = 0;
    };
    for (const rank of [0, 1, 2]) {
      for (const item of items.filter((other) => other.rank === rank)) {
        const chunk = item.isPart ? normChunk * 4 : 1;
        const next = Math.ceil(offset / chunk) * chunk;
        if (offset > 0 && next + item.byteLength > wholeRoom(maxBindingBytes)) close();
        else offset = next;
        const place = { group: nameOf(arenas.length), offset, byteLength: item.byteLength };
        places.set(item.name, [...(places.get(item.name) ?? []), place]);
        offset = aligned(offset + item.byteLength);
        for (let level = rank; level < 3; level++) ends[level] = offset;
      }
    }
    close();
    return arenas;
  }
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
