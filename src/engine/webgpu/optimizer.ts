import { normChunk } from '../plan/parts.ts';
import type { GroupPlan } from '../plan/plan.ts';
import { eachElement, folded, type KernelCall } from './kernel.ts';
import type { Tensor } from '../graph/types.ts';

/** Arenas of one parameter group as tensors, so that the optimizer's kernels are prepared like any other. */
export interface GroupTensors {
  readonly plan: GroupPlan;
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly first: Tensor;
  readonly second: Tensor;
}

/**
 * Floats in the result buffer: loss, gradient norm, clip factor, and whether updates stand still: not 0 after a step that is not finite, so
 * that the steps asked for behind it change nothing (`haltedAt`); cleared by the session.
 */
export const resultAt = { loss: 0, norm: 1, clip: 2, halted: 3 } as const;

/**
 * Sum of squares of each 16,384 trained parameters of a group, four a thread and turn, into `partials` from `base` on. Alignment gaps
 * between parameters are never written and stay zero.
 */
export function normPartialsKernel(group: GroupTensors, partials: Tensor, base: number): KernelCall {
  const elements = group.plan.trainedBytes / 4;
  const chunk = normChunk / 4;
  return {
    label: 'gradient norm, partial',
    bindings: [
      { name: 'gradients', tensors: [group.gradients], access: 'read', element: 'vec4f' },
      { name: 'partials', tensors: [partials], access: 'write', element: 'f32' },
    ],
    code: `
var<workgroup> sums: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let piece = group.y * groups.x + group.x;
  let end = min((piece + 1u) * ${chunk}u, ${elements / 4}u);
  var sum = vec4f(0.0);
  for (var i = piece * ${chunk}u + lane; i < end; i += 256u) { let g = gradients[i]; sum = fma(g, g, sum); }
  sums[lane] = (sum.x + sum.y) + (sum.z + sum.w);
  workgroupBarrier();
  // By sixteens: two barriers, where halving would take eight, each of them dear on software adapters.
  if (lane < 16u) {
    var own = 0.0;
    for (var k = 0u; k < 16u; k++) { own += sums[k * 16u + lane]; }
    sums[lane] = own;
  }
  workgroupBarrier();
  if (lane == 0u && piece < ${Math.ceil(elements / normChunk)}u) {
    var total = 0.0;
    for (var k = 0u; k < 16u; k++) { total += sums[k]; }
    partials[${base}u + piece] = total;
  }
}`,
    workgroups: () => folded(Math.ceil(elements / normChunk)),
  };
}

/** Adds the partial sums in order; norm and clip factor `min(1, clip / (norm + 1e-6))`, as `clip_grad_norm_`. */
export function normKernel(partials: Tensor, count: number, results: Tensor): KernelCall {
  return overPartials('gradient norm', partials, { begin: 0, end: count }, results, [
    'let norm = sqrt(total);',
    `results[${resultAt.norm}] = norm;`,
    'var factor = 1.0;',
    'if (step.clipNorm > 0.0) { factor = min(1.0, step.clipNorm / (norm + 1e-6)); }',
    `results[${resultAt.clip}] = factor;`,
    `if (!finite(results[${resultAt.loss}]) || !finite(norm)) { results[${resultAt.halted}] = max(1.0, results[${resultAt.halted}]); }`,
  ]);
}

/**
 * Before a group is updated from a gradient whose norm is not known yet: stands still from here on where the loss or the group's own
 * gradient is not finite, and says so by the group's number, from 0, and 2.
 */
export function groupCheckKernel(
  partials: Tensor,
  range: PartialRange,
  results: Tensor,
  group: number,
): KernelCall {
  return overPartials('gradient of a group finite?', partials, range, results, [
    `results[${resultAt.clip}] = 1.0;`,
    `let isHalted = results[${resultAt.halted}] != 0.0;`,
    `if (!isHalted && !finite(results[${resultAt.loss}])) { results[${resultAt.halted}] = 1.0; }`,
    `else if (!isHalted && !finite(total)) { results[${resultAt.halted}] = ${haltedAt(group)}.0; }`,
  ]);
}

/** What `halted` says where the gradient of this group, from 0, is the first that is not finite. */
export function haltedAt(group: number): number {
  return 2 + group;
}

/** Partial sums `[begin, end)`. */
export interface PartialRange {
  readonly begin: number;
  readonly end: number;
}

/** One workgroup adds partial sums in order, then one thread does something with their `total`. */
function overPartials(
  label: string,
  partials: Tensor,
  { begin, end }: PartialRange,
  results: Tensor,
  then: readonly string[],
): KernelCall {
  return {
    label,
    bindings: [
      { name: 'partials', tensors: [partials], access: 'read', element: 'f32' },
      { name: 'results', tensors: [results], access: 'update', element: 'f32' },
    ],
    code: `
var<workgroup> sums: array<f32, 256>;
// Exponent bits are tested because compilers may assume that no float is NaN.
fn finite(value: f32) -> bool { return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u; }
@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = ${begin}u + lane; i < ${end}u; i += 256u) { sum += partials[i]; }
  sums[lane] = sum;
  workgroupBarrier();
  if (lane == 0u) {
    var total = 0.0;
    for (var k = 0u; k < 256u; k++) { total += sums[k]; }
    ${then.join('\n    ')}
  }
}`,
    workgroups: () => [1, 1, 1],
  };
}

/**
 * AdamW over a group's arena: `p (1 - lr decay) - lr / (1 - b1^t) · m / (sqrt(v) / sqrt(1 - b2^t) + eps)`. Nothing moves where
 * loss or norm is not finite, so that the last good parameters survive.
 */
export function adamwKernel(group: GroupTensors, results: Tensor): KernelCall {
  // Places in an arena are aligned to more than a vector.
  const vectors = group.plan.trainedBytes / 16;
  return {
    label: 'AdamW',
    bindings: [
      { name: 'parameters', tensors: [group.parameters], access: 'update', element: 'vec4f' },
      { name: 'gradients', tensors: [group.gradients], access: 'read', element: 'vec4f' },
      { name: 'first', tensors: [group.first], access: 'update', element: 'vec4f' },
      { name: 'second', tensors: [group.second], access: 'update', element: 'vec4f' },
      { name: 'results', tensors: [results], access: 'read', element: 'u32' },
    ],
    code: `${eachElement(`${vectors}u`)}
  if (results[${resultAt.halted}] != 0u) { return; }
  let g = gradients[i] * bitcast<f32>(results[${resultAt.clip}]);
  let m = step.beta1 * first[i] + step.oneMinusBeta1 * g;
  let v = step.beta2 * second[i] + step.oneMinusBeta2 * g * g;
  first[i] = m;
  second[i] = v;
  let decayed = step.decayAll != 0u || i < ${group.plan.decayedBytes / 16}u;
  let p = parameters[i] * select(1.0, step.decayFactor, decayed);
  parameters[i] = p - step.learningRate * step.correction1 * m / (sqrt(v) * step.correction2 + step.epsilon);
}`,
    workgroups: () => folded(Math.ceil(vectors / 256)),
  };
}
