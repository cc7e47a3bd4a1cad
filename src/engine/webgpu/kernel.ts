import { elementCount, type Dim, type Dims, type Tensor } from '../graph/types.ts';
import type { SubgroupMatrix } from '../ops/matmul/subgroupMatrix.ts';
import type { MatmulPrecision, MatmulTable } from '../ops/matmul/tiles.ts';
import type { SubgroupSizes } from './subgroups.ts';

/** One storage binding of a kernel. */
export interface Binding {
  /** The WGSL variable. */
  readonly name: string;
  /**
   * One tensor, or several of one arena bound as a single range: then `NAME_0`, `NAME_1`, ... are their element offsets in it.
   */
  readonly tensors: readonly Tensor[];
  /** `update`: reads and writes. */
  readonly access: 'read' | 'write' | 'update';
  /** Of a single parameter or gradient that no binding holds: the number of the run of rows that is bound (`rowParts`). */
  readonly part?: number;
  /** WGSL element type of the array. */
  readonly element: 'f32' | 'u32' | 'i32' | 'vec4f';
}

/** One dispatch. Sizes that change from batch to batch come from the uniform `step`; everything else is baked in. */
export interface KernelCall {
  readonly label: string;
  readonly bindings: readonly Binding[];
  /** WGSL below the generated declarations: workgroup variables, helpers, `@compute fn main`. */
  readonly code: string;
  readonly workgroups: (dims: Dims) => readonly [number, number, number];
  /** u32 numbers the code reads as `constants[i / 4][i % 4]`: what differs between kernels that should share a pipeline. */
  readonly constants?: readonly number[];
  /** WGSL extensions of the code. */
  readonly enables?: readonly (
    | 'f16'
    | 'subgroups'
    | 'subgroup_size_control'
    | 'chromium_experimental_subgroup_matrix'
  )[];
  /** Gradients that must be zero before a step's first micro-batch, because the kernel adds to a part of them. */
  readonly zeroed?: readonly Tensor[];
}

/** What a lowering may know of the device and the plan's room. */
export interface KernelEnvironment {
  readonly capacity: Dims;
  /** The largest range that a kernel may bind; absent: no limit. */
  readonly maxBindingBytes?: number;
  /** A workgroup barrier costs more than the memory reads it saves: software adapters. */
  readonly avoidsBarriers: boolean;
  /** Threads of a subgroup; null or absent: subgroups are not to be used. */
  readonly subgroups?: SubgroupSizes | null;
  /** What the tuner found on this adapter; absent: the fallback choices. */
  readonly matmul?: MatmulTable;
  /** Of matrix products' operands in workgroup memory; `f16` needs the feature `shader-f16`. Default f32. */
  readonly precision?: MatmulPrecision;
  /** With f16: operands are rounded to half precision but held as f32, which every device can. For tests. */
  readonly emulatesHalf?: boolean;
  /** Matrix instructions for f16 products; absent: not to be used. */
  readonly subgroupMatrix?: SubgroupMatrix;
}

/** The uniform every kernel sees as `step`; `stepUniforms` in session.ts writes it in this order. */
export const stepStruct = `
struct Step {
  T: u32, B: u32, R: u32, K: u32,
  seed: u32, accumulate: u32, decayAll: u32, lossScale: f32,
  learningRate: f32, beta1: f32, beta2: f32, oneMinusBeta1: f32,
  oneMinusBeta2: f32, epsilon: f32, decayFactor: f32, clipNorm: f32,
  correction1: f32, correction2: f32, M: u32, N: u32,
  gradientScale: f32,
}`;

/** Bytes of that uniform. */
export const stepBytes = 96;

/** A size as a WGSL expression. */
export function size(dim: Dim): string {
  return typeof dim === 'number' ? `${dim}u` : `step.${dim}`;
}

export { sizeIn } from '../graph/types.ts';

/** Element count as a WGSL expression. */
export function count(tensor: Tensor): string {
  return tensor.shape.map(size).join(' * ');
}

/** Whether a tensor is summed over the micro-batches of a step instead of being overwritten. */
export function accumulates(tensor: Tensor): boolean {
  return tensor.kind === 'gradient' || tensor.kind === 'result';
}

/** The statement that puts `value` into element `index` of an output, adding where the tensor accumulates. */
export function store(tensor: Tensor, array: string, index: string, value: string): string {
  return accumulates(tensor)
    ? `{ let slot_ = ${index}; let sum_ = ${value}; if (step.accumulate != 0u) { ${array}[slot_] = ${array}[slot_] + sum_; } else { ${array}[slot_] = sum_; } }`
    : `${array}[${index}] = ${value};`;
}

/** Binding of an output. */
export function output(name: string, tensor: Tensor, element: Binding['element'] = 'f32'): Binding {
  return { name, tensors: [tensor], access: accumulates(tensor) ? 'update' : 'write', element };
}

/** Binding of a single input. */
export function input(name: string, tensor: Tensor, element: Binding['element'] = 'f32'): Binding {
  return { name, tensors: [tensor], access: 'read', element };
}

/** Workgroups of one dimension folded into two, since a dimension holds at most 65,535. */
export function folded(groups: number): readonly [number, number, number] {
  const x = Math.min(groups, 32768);
  return [x, x === 0 ? 0 : Math.ceil(groups / x), 1];
}

const elementThreads = 256;

/** WGSL that begins a kernel with a thread for each of `total` elements: `i` is the thread's own. */
export function eachElement(total: string): string {
  return `
@compute @workgroup_size(${elementThreads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = (group.y * groups.x + group.x) * ${elementThreads}u + lane;
  if (i >= ${total}) { return; }`;
}

/** Workgroups of such a kernel over a tensor, of which a thread has `perThread` elements. */
export function groupsOver({ shape }: Tensor, perThread = 1): KernelCall['workgroups'] {
  return (dims) => folded(Math.ceil(elementCount(shape, dims) / perThread / elementThreads));
}

/** A float literal: WGSL reads a bare whole number as an integer. */
export const literal = (value: number): string => `f32(${value.toPrecision(9)})`;
