/** Threads of a subgroup, powers of two: the driver gives each kernel a size from `least` to `most`, which only the kernel itself sees. */
export interface SubgroupSizes {
  readonly least: number;
  readonly most: number;
}

/** The size of subgroups that all have the same; null: it varies, or there are none. */
export function oneSize(subgroups: SubgroupSizes | null | undefined): number | null {
  return subgroups && subgroups.least === subgroups.most ? subgroups.least : null;
}

const threads = 64;

/** Each thread writes its place in its subgroup, and how many threads that has. */
const census = `enable subgroups;
@group(0) @binding(0) var<storage, read_write> found: array<vec2u>;
@compute @workgroup_size(${threads})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(subgroup_invocation_id) place: u32) {
  let present = countOneBits(subgroupBallot(true));
  found[lane] = vec2u(place, present.x + present.y + present.z + present.w);
}`;

/**
 * What an adapter says of its subgroups, if that is what it does: drivers have been seen to run a kernel in subgroups of 16 and to report
 * 32. Null where they are not of a size between, or no runs of neighbouring threads, on which our kernels rely.
 */
export async function provenSubgroups(
  device: GPUDevice,
  { subgroupMinSize: least, subgroupMaxSize: most }: GPUAdapterInfo,
): Promise<SubgroupSizes | null> {
  if (!(least > 0 && most >= least)) return null;
  const size = threads * 8;
  const found = device.createBuffer({ size, usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC });
  const readable = device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  try {
    const module = device.createShaderModule({ label: 'subgroups', code: census });
    const pipeline = device.createComputePipeline({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
    const entries = [{ binding: 0, resource: { buffer: found } }];
    const bindGroup = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
    const encoder = device.createCommandEncoder({ label: 'subgroups' });
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, bindGroup);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(found, 0, readable, 0, size);
    device.queue.submit([encoder.finish()]);
    await readable.mapAsync(GPUMapMode.READ);
    return areAsSaid(new Uint32Array(readable.getMappedRange()), { least, most }) ? { least, most } : null;
  } catch {
    // A device that is lost by now says so at its first step.
    return null;
  } finally {
    found.destroy();
    readable.destroy();
  }
}

/** Whether a census, two numbers a thread, is of runs of neighbouring threads and of a size from `least` to `most`. */
export function areAsSaid(census: Uint32Array, { least, most }: SubgroupSizes): boolean {
  const [, size = 0] = census;
  if (Math.min(least, threads) > size || size > most || threads % size !== 0) return false;
  return census.every((value, i) => value === (i % 2 === 1 ? size : (i / 2) % size));
}
