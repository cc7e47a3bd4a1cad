import type { Dim } from '../graph/types.ts';
import type { ChainCode } from '../webgpu/fusion/chain.ts';
import {
  folded,
  size,
  sizeIn,
  type Binding,
  type KernelCall,
  type KernelEnvironment,
} from '../webgpu/kernel.ts';

/** A kernel that sums over each row of a matrix, or over each of the equal pieces of a row, and hands its elements on. */
export interface RowKernel {
  readonly label: string;
  readonly rows: Dim;
  /** Of a row; default 1. */
  readonly pieces?: number;
  readonly bindings: readonly Binding[];
  /** What elements go through; its bindings come last. */
  readonly finish: ChainCode;
  /**
   * WGSL of a thread of `row` and, where there are several, of `piece`. `reduced(x, lane)` is the sum of x over the row's lanes, known to all
   * of them; every lane must reach it. `each(body)` runs `body` over the lane's columns `c` of `width`.
   */
  readonly body: (each: (width: number, body: string) => string) => string;
}

/**
 * A row, or a piece of one, has 64 threads that meet in workgroup memory; on software adapters, where barriers are dear, it has one, and
 * a workgroup has 64 rows.
 */
export function rowKernel(kernel: RowKernel, environment: KernelEnvironment): KernelCall {
  const { label, rows, pieces = 1, bindings, finish, body } = kernel;
  const lanes = environment.avoidsBarriers ? 1 : 64;
  const subgroup = subgroupOf(lanes, environment);
  const ownRows = lanes === 1 ? 64 : 1;
  const each = (width: number, code: string) =>
    `for (var c = lane; c < ${width}u; c += ${lanes}u) { ${code} }`;
  const place =
    lanes === 1
      ? `let lane = 0u;
  let place = (group.y * groups.x + group.x) * 64u + thread;`
      : 'let lane = thread; let place = group.y * groups.x + group.x;';
  return {
    label: finish.label ? `${label}, ${finish.label}` : label,
    bindings: [...bindings, ...finish.bindings],
    constants: finish.constants,
    ...(subgroup ? { enables: ['subgroups'] } : {}),
    code: `${finish.code}${reduceWgsl(lanes, subgroup)}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) thread: u32) {
  ${place}
  if (place >= ${size(rows)} * ${pieces}u) { return; }
  ${pieces === 1 ? 'let row = place;' : `let row = place / ${pieces}u; let piece = place % ${pieces}u;`}
  ${body(each)}
}`,
    workgroups: (dims) => folded(Math.ceil((sizeIn(rows, dims) * pieces) / ownRows)),
  };
}

/** Lanes of a subgroup that a row's sum can be begun in: subgroups of one size, a whole number of them to a row. */
function subgroupOf(lanes: number, { subgroupSize }: KernelEnvironment): number | null {
  return lanes > 1 && subgroupSize && subgroupSize >= 4 && lanes % subgroupSize === 0 ? subgroupSize : null;
}

/**
 * Sum over the lanes of a row, known to all of them. Where subgroups have one size, each adds its own in a fixed tree, and only their sums
 * meet in workgroup memory: two barriers instead of eight.
 */
function reduceWgsl(lanes: number, subgroup: number | null): string {
  if (lanes === 1) return `\nfn reduced(value: f32, lane: u32) -> f32 { return value; }`;
  if (subgroup) {
    const masks = Array.from({ length: Math.log2(subgroup) }, (_, i) => 2 ** i);
    return `
var<workgroup> scratch: array<f32, ${lanes / subgroup}>;
fn reduced(value: f32, lane: u32) -> f32 {
  var sum = value;
  ${masks.map((mask) => `sum += subgroupShuffleXor(sum, ${mask}u);`).join(' ')}
  if (lane % ${subgroup}u == 0u) { scratch[lane / ${subgroup}u] = sum; }
  workgroupBarrier();
  var total = scratch[0];
  for (var k = 1u; k < ${lanes / subgroup}u; k++) { total += scratch[k]; }
  workgroupBarrier();
  return total;
}`;
  }
  return `
var<workgroup> scratch: array<f32, ${lanes}>;
fn reduced(value: f32, lane: u32) -> f32 {
  scratch[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half >>= 1u) {
    if (lane < half) { scratch[lane] += scratch[lane + half]; }
    workgroupBarrier();
  }
  let total = scratch[0];
  workgroupBarrier();
  return total;
}`;
}
