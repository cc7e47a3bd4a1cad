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
import type { SubgroupSizes } from '../webgpu/subgroups.ts';

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
  const subgroups = subgroupsOf(lanes, environment);
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
    ...(subgroups ? { enables: ['subgroups'] } : {}),
    code: `${finish.code}${reduceWgsl(lanes, subgroups)}
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

/** Subgroups that a row's sum can be begun in. */
function subgroupsOf(lanes: number, { subgroups }: KernelEnvironment): SubgroupSizes | null {
  return lanes > 1 && subgroups && subgroups.least >= 4 && subgroups.least <= lanes ? subgroups : null;
}

/**
 * Sum over the lanes of a row, known to all of them. Always the same tree: neighbours are added, then neighbouring pairs, and so on, so
 * that the bits do not depend on where it is computed.
 */
function reduceWgsl(lanes: number, subgroups: SubgroupSizes | null): string {
  if (lanes === 1) return `\nfn reduced(value: f32, lane: u32) -> f32 { return value; }`;
  if (subgroups) return inSubgroups(lanes, subgroups);
  return `
var<workgroup> scratch: array<f32, ${lanes}>;
fn reduced(value: f32, lane: u32) -> f32 {
  scratch[lane] = value;
  workgroupBarrier();
  for (var apart = 1u; apart < ${lanes}u; apart <<= 1u) {
    if (lane % (2u * apart) == 0u) { scratch[lane] += scratch[lane + apart]; }
    workgroupBarrier();
  }
  let total = scratch[0];
  workgroupBarrier();
  return total;
}`;
}

/**
 * The lower levels of the tree by shuffles, the upper ones over sums of subgroups that meet in workgroup memory: two barriers instead of
 * eight. Subgroups are runs of neighbouring lanes. Where their size varies the kernel counts its own: a level that is beyond it is left
 * out below and done above.
 */
function inSubgroups(lanes: number, { least, most }: SubgroupSizes): string {
  const varies = least !== most;
  const levels = (from: number, to: number) =>
    Array.from({ length: Math.max(0, Math.log2(to / from)) }, (_, i) => from * 2 ** i);
  const shuffled = levels(1, Math.min(most, lanes)).map((step) =>
    step < least
      ? `sum += subgroupShuffleXor(sum, ${step}u);`
      : `let other${step} = subgroupShuffleXor(sum, ${step}u); sum = select(sum, sum + other${step}, size > ${step}u);`,
  );
  const starts = Array.from({ length: Math.max(1, lanes / least) }, (_, i) => i * least);
  const added = levels(least, lanes).map((step) =>
    starts
      .filter((start) => start % (2 * step) === 0)
      .map((start) =>
        step < most && varies
          ? `s${start} = select(s${start}, s${start} + s${start + step}, size <= ${step}u);`
          : `s${start} += s${start + step};`,
      )
      .join(' '),
  );
  // Counted, as drivers may report another size than they run.
  const count = `let present = countOneBits(subgroupBallot(true));
  let size = present.x + present.y + present.z + present.w;`;
  return `
var<workgroup> scratch: array<f32, ${starts.length}>;
fn reduced(value: f32, lane: u32) -> f32 {
  ${varies ? count : ''}
  var sum = value;
  ${shuffled.join('\n  ')}
  if (lane % ${least}u == 0u) { scratch[lane / ${least}u] = sum; }
  workgroupBarrier();
  ${starts.map((start, i) => `var s${start} = scratch[${i}];`).join(' ')}
  ${added.join('\n  ')}
  workgroupBarrier();
  return s0;
}`;
}
