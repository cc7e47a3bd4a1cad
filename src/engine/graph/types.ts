import type { Chain } from '../webgpu/fusion/chain.ts';
import type { Pointwise } from '../webgpu/fusion/pointwise.ts';
import type { KernelCall, KernelEnvironment } from '../webgpu/kernel.ts';
import type { MatmulShape } from '../ops/matmul/tiles.ts';
import type { OnnxEmitter } from '../onnx/emitter.ts';
import type { GraphBuilder } from './builder.ts';

/**
 * Sizes that change from batch to batch. T: packed tokens. B: sequences. R: rows of the relative position table
 * (twice the longest sequence). K: attention row blocks (see `attentionBlocks`). Under a memory of earlier segments also M: packed rows
 * of memory, and N = T + M: the rows that attention runs over.
 */
export type SymbolicDim = 'T' | 'B' | 'R' | 'K' | MemoryDim;
type MemoryDim = 'M' | 'N';
export type Dim = number | SymbolicDim;
export type Shape = readonly Dim[];

/** A value for every symbolic size: of one batch, or the most a plan has room for. M and N only where a graph has them. */
export type Dims = Readonly<
  Record<Exclude<SymbolicDim, MemoryDim>, number> & Partial<Record<MemoryDim, number>>
>;

export type DType = 'f32' | 'i32' | 'u32';

/**
 * Where a tensor lives. `parameter`: kept, trained. `input`: written by the host each micro-batch. `activation`: planned by
 * liveness. `gradient`: of a parameter, summed over the micro-batches of a step. `result`: small, summed likewise, read back.
 */
export type TensorKind = 'parameter' | 'input' | 'activation' | 'gradient' | 'result';

export interface Tensor {
  readonly id: number;
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly kind: TensorKind;
}

/** A tensor of the published file inside an engine parameter: columns `[start, start + length)` of its last axis, or rows of its first. */
export interface ParameterPart {
  readonly name: string;
  /** As the file has it; its element count equals the slice's. */
  readonly shape: readonly number[];
  readonly axis: 'rows' | 'columns';
  readonly start: number;
  readonly length: number;
}

/** A trained tensor. Several published tensors may be packed into one, so that one kernel serves them all. */
export interface Parameter {
  readonly tensor: Tensor;
  readonly shape: readonly number[];
  /** Parameters of one group share an arena: a layer, the embeddings, the head. */
  readonly group: string;
  /** Weight decay applies to `weight` only under Hugging Face's parameter groups. */
  readonly role: 'weight' | 'bias' | 'norm';
  readonly parts: readonly ParameterPart[];
  /** Set where this is one factor of a low-rank update of a published weight. */
  readonly adapts?: Adaptation;
}

/** `W += scale · B A` (`scale · (B A)ᵀ` where W is stored inputs first), W the published tensor `weight`. */
export interface Adaptation {
  readonly weight: string;
  readonly factor: 'A' | 'B';
  readonly scale: number;
  readonly inputsFirst: boolean;
}

export interface TensorSpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Distinguishes outputs in names and errors. */
  readonly suffix?: string;
  readonly kind?: 'activation' | 'result';
}

export interface Node {
  readonly id: number;
  readonly operation: Operation;
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
}

export interface GradientContext {
  readonly graph: GraphBuilder;
  readonly node: Node;
  /** Gradient of each output; null where nothing depends on it. */
  readonly outputGradients: readonly (Tensor | null)[];
}

/**
 * One kind of computation with its options closed over: the shape rule, the gradient rule and the two lowerings.
 * An op is one folder under `ops/`.
 */
export interface Operation {
  readonly name: string;
  /** Output shapes; throws `shape-mismatch` naming the op. */
  infer(inputs: readonly Tensor[]): readonly TensorSpec[];
  /** Gradient of each input (null: none), as new nodes of the graph. */
  gradient(context: GradientContext): readonly (Tensor | null)[];
  /** WebGPU: the dispatches, in order. */
  kernels(node: Node, environment: KernelEnvironment): readonly KernelCall[];
  /** Element by element: what the op does to one, so that the fusion pass can run it inside other kernels. */
  readonly pointwise?: Pointwise;
  /** WebGPU: as `kernels`, but output 0 goes element by element through a chain instead of to memory. */
  chainKernels?(node: Node, environment: KernelEnvironment, chain: Chain): readonly KernelCall[];
  /** WebGPU: further tensors that the kernels need on this device; the lowering appends them to the node's outputs. */
  scratch?(node: Node, environment: KernelEnvironment): readonly TensorSpec[];
  /** WebGPU: parameters and their gradients may lie in several bindings, a run of rows each (`rowParts`). */
  readonly takesParts?: true;
  /** Of a matrix product: its sizes and layout under a plan, for the tuner. */
  productShape?(node: Node, capacity: Dims): MatmulShape;
  /** Of a matrix product, on WebGPU: the same over a layer norm's output that is formed anew while it is read (`normsInOperands`). */
  withNormedOperand?(operand: 'A' | 'B'): Operation;
  /** ONNX: standard operators. */
  onnx(node: Node, emit: OnnxEmitter): void;
  /** One pass over memory, element by element: a plan may compute it again rather than keep its result. */
  readonly isCheap?: true;
  /**
   * The gradient is a difference of nearly equal numbers, formed from inputs and outputs: a plan may round the inputs only where the op
   * itself reads them rounded, and never the outputs.
   */
  readonly isSensitive?: true;
}

/** How the backward pass of a graph updates parameters on its way (`plan/byLayer.ts`). */
export interface LayerUpdates {
  /** Position of the first node of the pass that updates: of the second backward pass where the first one measures. */
  readonly start: number;
  /** Gradient tensors of the pass that measures, by parameter name; empty where none does. */
  readonly measured: ReadonlyMap<string, Tensor>;
}

export interface Graph {
  readonly nodes: readonly Node[];
  /** Position of the first node of the backward pass; the number of nodes where there is none. */
  readonly backwardStart: number;
  readonly parameters: readonly Parameter[];
  readonly inputs: readonly Tensor[];
  /** Named tensors that outlive the run. */
  readonly outputs: ReadonlyMap<string, Tensor>;
  /** Gradient tensor of each parameter that has one, by parameter name. */
  readonly gradients: ReadonlyMap<string, Tensor>;
  /** Absent: parameters are updated after the backward pass, from gradients kept until then. */
  readonly updates?: LayerUpdates;
}

/** Value of a size; 0 where the batch does not have it. */
export function sizeIn(dim: Dim, dims: Dims): number {
  return typeof dim === 'number' ? dim : (dims[dim] ?? 0);
}

/** Elements of a shape under given sizes. */
export function elementCount(shape: Shape, dims: Dims): number {
  return shape.reduce<number>((product, dim) => product * sizeIn(dim, dims), 1);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
