import type { GradientLife, GradientLives } from '../plan/byLayer.ts';
import type { MemoryPlan } from '../plan/plan.ts';
import type { Arenas } from './arenas.ts';
import type { KernelCall } from './kernel.ts';
import {
  adamwKernel,
  groupCheckKernel,
  normKernel,
  normPartialsKernel,
  type GroupTensors,
  type PartialRange,
} from './optimizer.ts';
import { normChunk } from '../plan/parts.ts';
import type { Dispatch, Program, Slot } from './program.ts';

/** Dispatches of a step that follow one another, behind what has to be zero before them. */
export interface Stage {
  /** Cleared before a step's first micro-batch. */
  readonly zeroed: readonly Slot[];
  readonly dispatches: readonly Dispatch[];
}

/** What a training step runs. */
export interface Schedule {
  /** For each micro-batch; where the plan updates by layer, with the updates among them. */
  readonly pass: readonly Stage[];
  /** After the last one: the gradient's norm. */
  readonly norm: readonly Dispatch[];
  /** After that: AdamW, unless the passes have updated. */
  readonly update: readonly Dispatch[];
}

/** Makes a kernel of the optimizer ready; `bytes`: what it reads and writes. */
type Prepare = (call: KernelCall, bytes: number) => Promise<Dispatch>;

/** Lays out a step: the program of the training graph with the optimizer behind it, or where the plan updates by layer, within it. */
export async function scheduleStep(
  program: Program,
  arenas: Arenas,
  plan: MemoryPlan,
  prepare: Prepare,
): Promise<Schedule> {
  const kernels = optimizerKernels(arenas, prepare);
  if (plan.byLayer) return scheduleByLayer(program, arenas, plan, plan.byLayer, kernels);
  const { groupTensors } = arenas;
  const [norm, update] = await Promise.all([
    Promise.all([...groupTensors.map(kernels.partialNorm), kernels.norm()]),
    Promise.all(groupTensors.map(kernels.adamw)),
  ]);
  return { pass: stagesOf(program, program.zeroed, new Map()), norm, update };
}

/** The optimizer's kernels of each group, by its number; partial sums of the norm lie one group behind the other. */
function optimizerKernels({ groupTensors, partials, results }: Arenas, prepare: Prepare) {
  let count = 0;
  const ranges = groupTensors.map(({ plan }): PartialRange => {
    const begin = count;
    count += Math.ceil(plan.trainedBytes / 4 / normChunk);
    return { begin, end: count };
  });
  const rangeOf = (i: number) => ranges[i] ?? { begin: 0, end: 0 };
  return {
    partialNorm: (group: GroupTensors, i: number) =>
      prepare(normPartialsKernel(group, partials, rangeOf(i).begin), group.plan.trainedBytes),
    norm: () => prepare(normKernel(partials, count, results), 4 * count),
    check: (i: number) => prepare(groupCheckKernel(partials, rangeOf(i), results, i), 4),
    // Four tensors are read, three written.
    adamw: (group: GroupTensors) => prepare(adamwKernel(group, results), 7 * group.plan.trainedBytes),
  };
}

/** Behind the last node that a group's gradient needs: its share of the norm, or its update; see `updateByLayer` for the two forms. */
async function scheduleByLayer(
  program: Program,
  { groupTensors, measuredTensors, slotOfArena }: Arenas,
  plan: MemoryPlan,
  { measured, updating }: GradientLives,
  { partialNorm, norm, check, adamw }: ReturnType<typeof optimizerKernels>,
): Promise<Schedule> {
  const zeroed = new Map(program.zeroed);
  const after = new Map<number, Promise<Dispatch>[]>();
  const add = (node: number, ...dispatches: Promise<Dispatch>[]) =>
    after.set(node, [...(after.get(node) ?? []), ...dispatches]);
  const inTurn = (
    groups: readonly GroupTensors[],
    lives: ReadonlyMap<string, GradientLife>,
    then: (group: GroupTensors, i: number) => readonly Promise<Dispatch>[],
  ) =>
    groups.forEach((group, i) => {
      const life = lives.get(group.plan.name);
      if (!life) return;
      // Nothing writes the gaps between gradients, and something else lay there.
      const gaps = gapsOf(plan, group, slotOfArena(group.gradients));
      zeroed.set(life.first, [...gaps, ...(zeroed.get(life.first) ?? [])]);
      add(life.last, ...then(group, i));
    });

  const isMeasured = measuredTensors.length > 0;
  if (isMeasured) {
    inTurn(measuredTensors, measured, (group, i) => [partialNorm(group, i)]);
    add(Math.max(...[...measured.values()].map(({ last }) => last)), norm());
    inTurn(groupTensors, updating, (group) => [adamw(group)]);
  } else {
    inTurn(groupTensors, updating, (group, i) => [partialNorm(group, i), check(i), adamw(group)]);
  }
  const entries = [...after].map(
    async ([node, dispatches]) => [node, await Promise.all(dispatches)] as const,
  );
  const ready = new Map(await Promise.all(entries));
  return { pass: stagesOf(program, zeroed, ready), norm: isMeasured ? [] : [await norm()], update: [] };
}

/** The program's dispatches in order, those of `after` behind the nodes of their numbers; a new stage wherever something is cleared. */
function stagesOf(
  program: Program,
  zeroed: Program['zeroed'],
  after: ReadonlyMap<number, readonly Dispatch[]>,
): Stage[] {
  const stages: { zeroed: readonly Slot[]; dispatches: Dispatch[] }[] = [{ zeroed: [], dispatches: [] }];
  program.ranges.forEach(([begin, end], node) => {
    const slots = zeroed.get(node);
    if (slots?.length) stages.push({ zeroed: slots, dispatches: [] });
    stages.at(-1)?.dispatches.push(...program.dispatches.slice(begin, end), ...(after.get(node) ?? []));
  });
  return stages;
}

/** Bytes of an arena's gradient that belong to no parameter. */
function gapsOf(plan: MemoryPlan, group: GroupTensors, { buffer, offset }: Slot): Slot[] {
  const { name, trainedBytes } = group.plan;
  const taken = [...plan.parameters.values()]
    .flat()
    .filter((place) => place.group === name && place.offset < trainedBytes)
    .sort((a, b) => a.offset - b.offset);
  const ends = taken.map((place) => place.offset + place.byteLength);
  return ends.flatMap((end, i) => {
    const next = taken[i + 1]?.offset ?? trainedBytes;
    return next > end ? [{ buffer, offset: offset + end, byteLength: next - end }] : [];
  });
}
