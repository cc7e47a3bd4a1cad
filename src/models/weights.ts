import type { Parameter, ParameterPart } from '../engine/graph/types.ts';
import type { TensorInfo } from './trainable.ts';

/** Published tensors by name, read one at a time. */
export interface WeightSource {
  readonly tensors: readonly TensorInfo[];
  read(name: string): Promise<Float32Array>;
}

/** Copies a published tensor between its own array and its slice of an engine parameter. */
export function copyPart(
  parameter: Parameter,
  part: ParameterPart,
  packed: Float32Array,
  own: Float32Array,
  direction: 'pack' | 'unpack',
): void {
  const [rows = 1, columns = 1] = parameter.shape.length === 1 ? [1, parameter.shape[0]] : parameter.shape;
  if (part.axis === 'rows') {
    const width = parameter.shape.slice(1).reduce((a, b) => a * b, 1);
    const from = part.start * width;
    if (direction === 'pack') packed.set(own, from);
    else own.set(packed.subarray(from, from + part.length * width));
    return;
  }
  for (let row = 0; row < rows; row++) {
    const at = row * columns + part.start;
    if (direction === 'pack') packed.set(own.subarray(row * part.length, (row + 1) * part.length), at);
    else own.set(packed.subarray(at, at + part.length), row * part.length);
  }
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}
