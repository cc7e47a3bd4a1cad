import type { GradientLife } from '../plan/byLayer.ts';
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

/** `seconds`: of the pass over memory that a kernel is. */
type Prepare = (call: KernelCall, bytes: number) => Promise<Dispatch>;

/** Lays out a step: the program of the training graph with the optimizer behind it, or where the plan updates by layer, within it. */
export async function scheduleStep(
  program: Program,
  arenas: Arenas,
  plan: MemoryPlan,
  prepare: Prepare,
): Promise<Schedule> {
  const { groupTensors, measuredTensors, partials, results } = arenas;
  const { ranges, count } = partialRanges(groupTensors);
  const partialOf = (groups: readonly GroupTensors[], i: number) => {
    const group = groups[i] as GroupTensors;
    return prepare(normPartialsKernel(group, partials, ranges[i]?.begin ?? 0), group.plan.trainedBytes);
  };
  const total = () => prepare(normKernel(partials, count, results), 4 * count);
  // Four tensors are read, three written.
  const adamw = (group: GroupTensors) => prepare(adamwKernel(group, results), 7 * group.plan.trainedBytes);

  const { byLayer } = plan;
  if (!byLayer) {
    const [norm, update] = await Promise.all([
      Promise.all([...groupTensors.map((_, i) => partialOf(groupTensors, i)), total()]),
      Promise.all(groupTensors.map(adamw)),
    ]);
    return { pass: stagesOf(program, program.zeroed, new Map()), norm, update };
  }

  const zeroed = new Map(program.zeroed);
  const after = new Map<number, Promise<Dispatch>[]>();
  const add = (at: number, dispatches: readonly Promise<Dispatch>[]) =>
    after.set(at, [...(after.get(at) ?? []), ...dispatches]);
  const lifeOf = (lives: ReadonlyMap<string, GradientLife>, { plan: { name } }: GroupTensors) =>
    lives.get(name);
  const eachOf = (
    groups: readonly GroupTensors[],
    lives: ReadonlyMap<string, GradientLife>,
    then: (group: GroupTensors, i: number) => readonly Promise<Dispatch>[],
  ) =>
    groups.forEach((group, i) => {
      const life = lifeOf(lives, group);
      if (!life) return;
      // Nothing writes the gaps between gradients, and something else lay there.
      zeroed.set(life.first, [...gapsOf(plan, group, arenas), ...(zeroed.get(life.first) ?? [])]);
      add(life.last, then(group, i));
    });

  const measures = measuredTensors.length > 0;
  eachOf(measuredTensors, byLayer.measured, (_, i) => [partialOf(measuredTensors, i)]);
  if (measures) add(Math.max(...[...byLayer.measured.values()].map(({ last }) => last)), [total()]);
  eachOf(groupTensors, byLayer.updating, (group, i) =>
    measures
      ? [adamw(group)]
      : [
          partialOf(groupTensors, i),
          prepare(groupCheckKernel(partials, ranges[i] ?? { begin: 0, end: 0 }, results, i), 4),
          adamw(group),
        ],
  );
  const ready = new Map(
    await Promise.all(
      [...after].map(async ([at, dispatches]) => [at, await Promise.all(dispatches)] as const),
    ),
  );
  return { pass: stagesOf(program, zeroed, ready), norm: measures ? [] : [await total()], update: [] };
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

/** Where the partial sums of each group lie, and how many there are. */
function partialRanges(groups: readonly GroupTensors[]): { ranges: PartialRange[]; count: number } {
  let count = 0;
  const ranges = groups.map(({ plan }) => {
    const begin = count;
    count += Math.ceil(plan.trainedBytes / 4 / normChunk);
    return { begin, end: count };
  });
  return { ranges, count };
}

/** Bytes of an arena's gradient that belong to no parameter. */
function gapsOf(plan: MemoryPlan, group: GroupTensors, arenas: Arenas): Slot[] {
  const { name, trainedBytes } = group.plan;
  const { buffer, offset } = arenas.slotOfArena(group.gradients);
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
