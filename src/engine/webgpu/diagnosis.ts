import { elementCount, type Dims, type Graph, type Tensor } from '../graph/types.ts';
import { trafficSeconds } from '../plan/estimate.ts';
import { rowParts } from '../plan/parts.ts';
import type { Feed } from '../session.ts';
import type { Arenas } from './arenas.ts';
import { folded, type KernelCall } from './kernel.ts';
import type { Pacer } from './pacing.ts';
import { prepare, type Dispatch, type PipelineCache, type Program, type SlotOf } from './program.ts';
import { Recorder } from './recorder.ts';
import { stepUniforms } from './uniforms.ts';

/** Where a step went wrong: the first tensor, in order of computation, that holds a NaN or an infinity. */
export interface NonFinite {
  readonly tensor: string;
  /** From 0; null for a parameter or an input, which was wrong before the step began. */
  readonly microBatch: number | null;
}

interface DiagnosisOptions {
  readonly device: GPUDevice;
  readonly cache: PipelineCache;
  readonly pacer: Pacer;
  readonly arenas: Arenas;
  readonly graph: Graph;
  readonly program: Program;
  readonly capacity: Dims;
  readonly maxBindingBytes: number;
}

/**
 * Runs the micro-batches of a failed step again, as long as the parameters are still those it began with, and looks at every tensor
 * before its room is given to another. Costs about two steps, cut into submissions as they are; null where everything is finite this
 * time.
 */
export async function findNonFinite(
  options: DiagnosisOptions,
  feeds: readonly Feed[],
): Promise<NonFinite | null> {
  const { device, arenas, graph, program, capacity, maxBindingBytes, cache, pacer } = options;
  const nodes = graph.nodes.map((node) => node.outputs.filter((tensor) => tensor.dtype === 'f32'));
  const before = [...graph.parameters.map(({ tensor }) => tensor), ...graph.inputs].filter(
    (tensor) => tensor.dtype === 'f32',
  );
  const watched = [...before, ...nodes.flat()];
  const flags: Tensor = {
    id: -1e6,
    name: 'flags',
    shape: [watched.length],
    dtype: 'u32',
    kind: 'activation',
  };
  const buffer = device.createBuffer({
    label: 'non-finite flags',
    size: Math.max(256, watched.length * 4),
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const resolve = arenas.resolver(graph, arenas.plan.training);
  const slotOf: SlotOf = (tensor, part) =>
    tensor === flags ? { buffer, offset: 0, byteLength: buffer.size } : resolve(tensor, part);
  try {
    for (const [microBatch, feed] of feeds.entries()) {
      const check = (tensor: Tensor, at: number): Promise<Dispatch[]> =>
        Promise.all(
          partsOf(tensor, feed.dims, maxBindingBytes).map(({ count, part }) => {
            const call = finiteCheck(tensor, count, flags, at, part);
            return prepare(call, slotOf, capacity, arenas.inputs, device, cache, trafficSeconds(4 * count));
          }),
        );
      const checks = await Promise.all(watched.map(check));
      const recorder = new Recorder(device, 'diagnosis', pacer);
      recorder.encoder.clearBuffer(buffer);
      arenas.beginUploads(() => recorder.encoder, [feed])(feed, stepUniforms(feed, microBatch > 0, null));
      let next = before.length;
      recorder.run(checks.slice(0, next).flat(), feed.dims);
      program.ranges.forEach(([from, to], i) => {
        if (microBatch === 0)
          for (const { buffer: zeroed, offset, byteLength } of program.zeroed.get(i) ?? [])
            recorder.encoder.clearBuffer(zeroed, offset, byteLength);
        recorder.run(program.dispatches.slice(from, to), feed.dims, feed.dims.T / capacity.T);
        const count = nodes[i]?.length ?? 0;
        recorder.run(checks.slice(next, next + count).flat(), feed.dims);
        next += count;
      });
      const slot = { buffer, offset: 0, byteLength: watched.length * 4 };
      const [bits] = await arenas.submitAndRead(recorder.finish(), [slot], () => null);
      const found = bits ? new Uint32Array(bits.buffer).findIndex((flag) => flag !== 0) : -1;
      const tensor = watched[found];
      if (tensor) return { tensor: tensor.name, microBatch: found < before.length ? null : microBatch };
    }
    return null;
  } finally {
    buffer.destroy();
  }
}

/** Elements to look at in a batch, and where a parameter lies in parts, in which of them. */
function partsOf(tensor: Tensor, dims: Dims, maxBindingBytes: number | undefined) {
  const parts =
    tensor.kind === 'parameter' || tensor.kind === 'gradient'
      ? (rowParts(tensor.shape, maxBindingBytes) ?? [])
      : [];
  return parts.length > 1
    ? parts.map(({ byteLength }, part) => ({ count: byteLength / 4, part }))
    : [{ count: elementCount(tensor.shape, dims), part: null }];
}

/** Sets flag `at` where one of the first `count` elements is not finite; exponent bits, since compilers may assume that no float is NaN. */
function finiteCheck(
  tensor: Tensor,
  count: number,
  flags: Tensor,
  at: number,
  part: number | null,
): KernelCall {
  const piece = part === null ? {} : { part };
  return {
    label: 'finite?',
    bindings: [
      { name: 'values', tensors: [tensor], access: 'read', element: 'u32', ...piece },
      { name: 'flags', tensors: [flags], access: 'write', element: 'u32' },
    ],
    constants: [count, at],
    code: `
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i < constants[0].x && (values[i] & 0x7f800000u) == 0x7f800000u) { flags[constants[0].y] = 1u; }
}`,
    workgroups: () => folded(Math.ceil(count / 256)),
  };
}
