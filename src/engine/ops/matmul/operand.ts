import { EngineError } from '../../errors.ts';
import type { Tensor } from '../../graph/types.ts';
import { size } from '../../webgpu/kernel.ts';

/** `inner`: the stored rows are the product's inner dimension; `outer`: the stored columns are. */
export type StoredRows = 'inner' | 'outer';

/** A matrix operand as a kernel reads it. */
export interface Operand {
  readonly rowsAre: StoredRows;
  /** Bound as vec4f: possible where a row is a whole number of vectors. */
  readonly vector: boolean;
  /**
   * WGSL `readX(row, column) -> vec4f`: four stored columns from `column` on. Beyond the inner dimension it gives zeros; beyond the outer
   * one whatever lies there, which reaches only elements of C that nobody stores.
   */
  readonly read: string;
}

export interface OperandOptions {
  /** The tensor is a layer norm's input and the operand its output, formed anew from `moments`, `gamma` and `beta`. */
  readonly isNormed?: boolean;
  /** The inner dimension is walked four at a time up to its end, not in larger pieces: less lies outside. */
  readonly byQuads?: boolean;
}

/**
 * Reads without branches where a row is a whole number of vectors: places outside are moved to the border, and only what lies
 * beyond the inner dimension, and would enter sums, is made zero. By quads, only a last quad of stored rows can reach beyond it, and
 * nothing is moved: WebGPU keeps every read inside the binding.
 */
export function operand(
  name: 'A' | 'B',
  tensor: Tensor,
  rowsAre: StoredRows,
  { isNormed = false, byQuads = false }: OperandOptions = {},
): Operand {
  const [rows, columns] = tensor.shape;
  if (rows === undefined || typeof columns !== 'number') {
    throw new EngineError(
      'graph-invalid',
      `matmul: ${tensor.name} has no fixed number of columns.`,
      'Store it the other way.',
    );
  }
  const vector = columns % 4 === 0;
  const isInside = rowsAre === 'inner' ? `row < ${size(rows)}` : `column < ${columns}u`;
  const isAlwaysInside = byQuads && (rowsAre === 'outer' || (typeof rows === 'number' && rows % 4 === 0));
  const normed = (value: string, row: string, column: string) =>
    isNormed
      ? `(${value} - moments[2u * ${row}]) * moments[2u * ${row} + 1u] * gamma[${column}] + beta[${column}]`
      : value;
  const read = vector
    ? `fn read${name}(row: u32, column: u32) -> vec4f {
  let r = ${byQuads ? 'row' : `min(row, ${size(rows)} - 1u)`};
  let c = ${byQuads ? 'column' : `min(column, ${columns - 4}u)`} / 4u;
  let value = ${normed(`${name}[r * ${columns / 4}u + c]`, 'r', 'c')};
  return ${isAlwaysInside ? 'value' : `select(vec4f(0.0), value, ${isInside})`};
}`
    : `fn read${name}(row: u32, column: u32) -> vec4f {
  var v = vec4f(0.0);
  if (row >= ${size(rows)}) { return v; }
  for (var j = 0u; j < 4u; j++) { if (column + j < ${columns}u) { v[j] = ${normed(`${name}[row * ${columns}u + column + j]`, 'row', '(column + j)')}; } }
  return v;
}`;
  return { rowsAre, vector, read };
}
