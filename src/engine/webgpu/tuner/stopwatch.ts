import type { GpuDevice } from '../device.ts';

/** Runs a dispatch some times in one pass and says how long the GPU took, in milliseconds. */
export interface Stopwatch {
  time(encode: (pass: GPUComputePassEncoder) => void, times: number): Promise<number>;
  destroy(): void;
}

/** By the GPU's own clock where it has `timestamp-query`, else from submit to the end of the queue. */
export function stopwatch(gpu: GpuDevice): Stopwatch {
  return gpu.features.includes('timestamp-query') ? byTimestamps(gpu.device) : byWallClock(gpu.device);
}

function byTimestamps(device: GPUDevice): Stopwatch {
  const queries = device.createQuerySet({ type: 'timestamp', count: 2 });
  const resolved = device.createBuffer({
    size: 16,
    usage: GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC,
  });
  const readable = device.createBuffer({
    size: 16,
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  return {
    async time(encode, times) {
      const encoder = device.createCommandEncoder({ label: 'tuner' });
      const timestampWrites = {
        querySet: queries,
        beginningOfPassWriteIndex: 0,
        endOfPassWriteIndex: 1,
      };
      const pass = encoder.beginComputePass({ timestampWrites });
      for (let i = 0; i < times; i++) encode(pass);
      pass.end();
      encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readable, 0, 16);
      device.queue.submit([encoder.finish()]);
      await readable.mapAsync(GPUMapMode.READ);
      const [begin = 0n, end = 0n] = new BigUint64Array(readable.getMappedRange().slice(0));
      readable.unmap();
      return Number(end - begin) / 1e6;
    },
    destroy() {
      queries.destroy();
      resolved.destroy();
      readable.destroy();
    },
  };
}

function byWallClock(device: GPUDevice): Stopwatch {
  return {
    async time(encode, times) {
      const encoder = device.createCommandEncoder({ label: 'tuner' });
      const pass = encoder.beginComputePass();
      for (let i = 0; i < times; i++) encode(pass);
      pass.end();
      const begin = performance.now();
      device.queue.submit([encoder.finish()]);
      await device.queue.onSubmittedWorkDone();
      return performance.now() - begin;
    },
    destroy() {},
  };
}
