// Runs before the page's own code: counts what an engine asks of WebGPU by wrapping the calls themselves.
(() => {
  const counts = { dispatches: 0, submits: 0, pipelines: 0, buffers: 0, liveBytes: 0, peakBytes: 0 };
  const wrap = (prototype, name, before) => {
    const original = prototype?.[name];
    if (typeof original !== 'function') return;
    prototype[name] = function wrapped(...args) {
      const result = original.apply(this, args);
      before.call(this, args, result);
      return result;
    };
  };
  const { GPUComputePassEncoder: Pass, GPUQueue: Queue, GPUDevice: Device, GPUBuffer: Buffer } = globalThis;
  wrap(Pass?.prototype, 'dispatchWorkgroups', () => counts.dispatches++);
  wrap(Pass?.prototype, 'dispatchWorkgroupsIndirect', () => counts.dispatches++);
  wrap(Queue?.prototype, 'submit', () => counts.submits++);
  wrap(Device?.prototype, 'createComputePipeline', () => counts.pipelines++);
  wrap(Device?.prototype, 'createComputePipelineAsync', () => counts.pipelines++);
  const live = new WeakMap();
  wrap(Device?.prototype, 'createBuffer', ([{ size }], buffer) => {
    live.set(buffer, size);
    counts.buffers++;
    counts.liveBytes += size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.liveBytes);
  });
  wrap(Buffer?.prototype, 'destroy', function destroyed() {
    counts.liveBytes -= live.get(this) ?? 0;
    live.delete(this);
  });
  globalThis.gpuCounts = counts;
})();
