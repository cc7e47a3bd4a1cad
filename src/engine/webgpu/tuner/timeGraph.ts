import { EngineError } from '../../errors.ts';
import type { Graph } from '../../graph/types.ts';
import type { GpuDevice } from '../device.ts';
import type { KernelEnvironment } from '../kernel.ts';
import { looseGraph, type LooseGraph } from '../looseGraph.ts';
import type { Stopwatch } from './stopwatch.ts';

/** A measurement repeats the graph until it should take this long, above the clock's grain (100 µs in browsers). */
const measuredMs = 2;
const mostRepeats = 64;

/** Milliseconds that a small graph takes at the environment's capacity, over zeros; infinite where the device refuses a kernel. */
export async function timeGraph(
  { device, compilesInParallel }: GpuDevice,
  clock: Stopwatch,
  graph: Graph,
  environment: KernelEnvironment,
): Promise<number> {
  let ready: LooseGraph | null = null;
  try {
    ready = await looseGraph(device, compilesInParallel, graph, environment);
    const { encode } = ready;
    // The first run pays for clearing the buffers and says how many repeats a measurement needs.
    await clock.time(encode, 1);
    const once = await clock.time(encode, 1);
    const repeats = Math.min(mostRepeats, Math.ceil(measuredMs / Math.max(once, 0.01)));
    return repeats > 1 ? (await clock.time(encode, repeats)) / repeats : once;
  } catch (cause) {
    if (cause instanceof EngineError && cause.code === 'kernel-invalid') return Number.POSITIVE_INFINITY;
    throw cause;
  } finally {
    ready?.destroy();
  }
}
