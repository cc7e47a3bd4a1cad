import { EngineError } from '../../errors.ts';
import { elementCount, type Graph, type Tensor } from '../../graph/types.ts';
import type { GpuDevice } from '../device.ts';
import { stepBytes, type KernelEnvironment } from '../kernel.ts';
import { lowerToWebGpu } from '../lower.ts';
import { PipelineCache, prepare, type Dispatch, type Slot } from '../program.ts';
import type { Stopwatch } from './stopwatch.ts';

/** A measurement repeats the graph until it should take this long, above the clock's grain (100 µs in browsers). */
const measuredMs = 2;
const mostRepeats = 64;

/**
 * Milliseconds that a small graph takes at the environment's capacity, over zeros, each tensor in a buffer of its own; infinite where the
 * device refuses a kernel.
 */
export async function timeGraph(
  { device, compilesInParallel }: GpuDevice,
  clock: Stopwatch,
  graph: Graph,
  environment: KernelEnvironment,
): Promise<number> {
  const { capacity } = environment;
  const cache = new PipelineCache(device, compilesInParallel);
  const lowered = lowerToWebGpu(graph, environment);
  const buffers = new Map<number, GPUBuffer>();
  const uniform = device.createBuffer({
    size: stepBytes,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(uniform, 0, Uint32Array.of(capacity.T, 1, 1, 1));
  const slotOf = (tensor: Tensor): Slot => {
    const size = Math.ceil((elementCount(tensor.shape, capacity) * 4) / 16) * 16;
    const buffer =
      buffers.get(tensor.id) ?? device.createBuffer({ size, usage: GPUBufferUsage.STORAGE, label: 'tuner' });
    buffers.set(tensor.id, buffer);
    return { buffer, offset: 0, byteLength: size };
  };
  try {
    const calls = lowered.nodes.flatMap((node) => node.operation.kernels(node, environment));
    const dispatches: Dispatch[] = [];
    for (const call of calls) dispatches.push(await prepare(call, slotOf, capacity, uniform, device, cache));
    const encode = (pass: GPUComputePassEncoder) => {
      for (const { pipeline, bindGroup, workgroups } of dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...workgroups(capacity));
      }
    };
    // The first run pays for clearing the buffers and says how many repeats a measurement needs.
    await clock.time(encode, 1);
    const once = await clock.time(encode, 1);
    const repeats = Math.min(mostRepeats, Math.ceil(measuredMs / Math.max(once, 0.01)));
    return repeats > 1 ? (await clock.time(encode, repeats)) / repeats : once;
  } catch (cause) {
    if (cause instanceof EngineError && cause.code === 'kernel-invalid') return Number.POSITIVE_INFINITY;
    throw cause;
  } finally {
    for (const buffer of [...buffers.values(), uniform]) buffer.destroy();
    cache.destroy();
  }
}
