import type { GpuDevice } from '../../src/engine/webgpu/device.ts';
import { stopwatch } from '../../src/engine/webgpu/tuner/stopwatch.ts';
import { median } from './open.ts';

/** Bytes a second between the card's memory and its kernels: `c = a + b` over vectors, three times `bytes` moved a run. */
export async function measureBandwidth(gpu: GpuDevice, bytes: number, rounds = 7): Promise<number> {
  const { device } = gpu;
  const vectors = bytes / 16;
  const module = device.createShaderModule({
    label: 'triad',
    code: `
@group(0) @binding(0) var<storage, read> a: array<vec4f>;
@group(0) @binding(1) var<storage, read> b: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> c: array<vec4f>;
@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < ${vectors}u; i += groups.x * 256u) { c[i] = a[i] + b[i]; }
}`,
  });
  const pipeline = device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: 'main' } });
  const buffers = ['a', 'b', 'c'].map((label) =>
    device.createBuffer({ label, size: bytes, usage: GPUBufferUsage.STORAGE }),
  );
  const bindGroup = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: buffers.map((buffer, binding) => ({ binding, resource: { buffer } })),
  });
  const clock = stopwatch(gpu);
  const encode = (pass: GPUComputePassEncoder) => {
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(Math.min(8192, Math.ceil(vectors / 256)));
  };
  try {
    await clock.time(encode, 2);
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) times.push(await clock.time(encode, 1));
    return (3 * bytes) / (median(times) / 1000);
  } finally {
    clock.destroy();
    for (const buffer of buffers) buffer.destroy();
  }
}
