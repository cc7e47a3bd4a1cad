import { elementCount, type Graph, type Tensor } from '../graph/types.ts';
import { stepBytes, type KernelEnvironment } from './kernel.ts';
import { lowerToWebGpu } from './lower.ts';
import { PipelineCache, prepare, type Dispatch, type Slot } from './program.ts';

/** A graph that runs by itself at the environment's capacity. */
export interface LooseGraph {
  encode(pass: GPUComputePassEncoder): void;
  buffer(tensor: Tensor): GPUBuffer;
  destroy(): void;
}

/** Compiles a small graph, each tensor in a buffer of its own, zero to begin with. Throws `kernel-invalid`. */
export async function looseGraph(
  device: GPUDevice,
  compilesInParallel: boolean,
  graph: Graph,
  environment: KernelEnvironment,
): Promise<LooseGraph> {
  const { capacity } = environment;
  const cache = new PipelineCache(device, compilesInParallel);
  const buffers = new Map<number, GPUBuffer>();
  const uniform = device.createBuffer({
    size: stepBytes,
    usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
  });
  device.queue.writeBuffer(uniform, 0, Uint32Array.of(capacity.T, capacity.B, capacity.R, capacity.K));
  const buffer = ({ id, name, shape }: Tensor): GPUBuffer => {
    const known = buffers.get(id);
    if (known) return known;
    const size = Math.ceil((elementCount(shape, capacity) * 4) / 16) * 16;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const made = device.createBuffer({ size, usage, label: name });
    buffers.set(id, made);
    return made;
  };
  const slotOf = (tensor: Tensor): Slot => {
    const own = buffer(tensor);
    return { buffer: own, offset: 0, byteLength: own.size };
  };
  const destroy = () => {
    for (const made of [...buffers.values(), uniform]) made.destroy();
    cache.destroy();
  };
  try {
    const lowered = lowerToWebGpu(graph, environment);
    const calls = lowered.nodes.flatMap((node) => node.operation.kernels(node, environment));
    const dispatches: Dispatch[] = [];
    for (const call of calls) dispatches.push(await prepare(call, slotOf, capacity, uniform, device, cache));
    return {
      encode(pass) {
        for (const { pipeline, bindGroup, workgroups } of dispatches) {
          pass.setPipeline(pipeline);
          pass.setBindGroup(0, bindGroup);
          pass.dispatchWorkgroups(...workgroups(capacity));
        }
      },
      buffer,
      destroy,
    };
  } catch (error) {
    destroy();
    throw error;
  }
}
