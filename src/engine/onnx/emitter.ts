import type { Dims, Tensor } from '../graph/types.ts';
import type { Feed } from '../session.ts';

export type OnnxDType = 'f32' | 'i32' | 'i64';
export type OnnxAttribute = number | string | readonly number[] | { readonly float: number };

export interface HostValue {
  readonly data: Float32Array | Int32Array | BigInt64Array;
  readonly shape: readonly number[];
}

/** How an op writes itself down as standard ONNX operators. Values are named strings, as in the format. */
export interface OnnxEmitter {
  /** The value that holds a tensor: a graph input for parameters and inputs (u32 inputs as i32), else what an earlier op bound. */
  value(tensor: Tensor): string;
  /** Appends an operator with one output and returns that value's name. An empty string leaves an optional input out. */
  emit(
    opType: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string;
  emitMany(
    opType: string,
    inputs: readonly string[],
    outputCount: number,
    attributes?: Readonly<Record<string, OnnxAttribute>>,
  ): string[];
  constant(data: readonly number[], shape: readonly number[], dtype: OnnxDType): string;
  /**
   * A value the host computes from the micro-batch before each run (masks, gather indices, sizes); strings in `shape` name sizes
   * that vary. Same name, same value. `elementsAt` tells the memory plan how large it gets; leave it out for small ones.
   */
  host(
    name: string,
    dtype: OnnxDType,
    shape: readonly (number | string)[],
    compute: (feed: Feed) => HostValue,
    elementsAt?: (capacity: Dims) => number,
  ): string;
  /** The value made under this key before, else makes it: how a backward op finds what its forward op computed on the way. */
  memo(key: string, make: () => string): string;
  /** Declares that `value` is the tensor. Operators that lead to no output are dropped, so binding what nobody may read is free. */
  bind(tensor: Tensor, value: string): void;
  /** Declares a parameter gradient given by rows: `rows[i]` is added to row `ids[i]` of the gradient by the host. */
  bindRowGradient(tensor: Tensor, ids: Tensor, rows: string): void;
  /** The rows in use (the first N) of a parameter that serves as a cache, `[N, width]`. */
  cacheRows(tensor: Tensor): string;
  /** Declares that after a run row `i` of the value belongs into row `slots[i]` of the cache. Only inference graphs write caches. */
  bindCacheRows(tensor: Tensor, slots: Tensor, rows: string): void;
}

/** A value in another shape; -1 for the axis that follows from the others. */
export function reshaped(emit: OnnxEmitter, value: string, shape: readonly number[]): string {
  return emit.emit('Reshape', [value, emit.constant(shape, [shape.length], 'i64')]);
}
