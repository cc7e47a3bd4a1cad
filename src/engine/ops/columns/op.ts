import { shapeError } from '../../errors.ts';
import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import { addColumnsKernels, takeColumnsKernels } from './kernel.ts';
import { addColumnsOnnx, takeColumnsOnnx } from './onnx.ts';
import type { Columns } from './options.ts';

/** y, the result and a binding for each part: eight in all. */
const mostParts = 6;

/**
 * `out = y`, and in the columns of each part `out += scale · z_i`. Inputs: y `[M, N]`, then z_i `[M, length_i]`. Parts ascend and do
 * not overlap. Adds low-rank updates to some of the matrices that share a product.
 */
export function addColumns(parts: readonly Columns[], scale: number): Operation {
  const name = 'addColumns';
  return {
    name,
    infer(inputs) {
      const y = inputAt(name, inputs, 0);
      const [rows, columns] = matrix(name, y);
      if (parts.length === 0 || parts.length > mostParts)
        throw shapeError(name, `takes 1 to ${mostParts} parts, not ${parts.length}`);
      parts.forEach(({ start, length }, i) => {
        const before = parts[i - 1];
        if (start < (before ? before.start + before.length : 0) || start + length > columns)
          throw shapeError(name, `part ${i} (${start} to ${start + length}) does not lie in ${y.name}`);
        expectShape(name, inputAt(name, inputs, i + 1), [rows, length]);
      });
      return [{ shape: y.shape, dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      if (!dy) return node.inputs.map(() => null);
      const taken = parts.map((part, i) =>
        graph.one(takeColumns(part, scale), [dy], `grad.${inputAt(name, node.inputs, i + 1).name}`),
      );
      return [dy, ...taken];
    },
    kernels: (node) => addColumnsKernels(node, parts, scale),
    onnx: (node, emit) => addColumnsOnnx(node, emit, parts, scale),
  };
}

/** `out = scale · x[:, start .. start + length)`. */
export function takeColumns(part: Columns, scale: number): Operation {
  const name = 'takeColumns';
  return {
    name,
    infer(inputs) {
      const [rows, columns] = matrix(name, inputAt(name, inputs, 0));
      if (part.start + part.length > columns)
        throw shapeError(name, `columns up to ${part.start + part.length} of ${columns}`);
      return [{ shape: [rows, part.length], dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: (node) => takeColumnsKernels(node, part, scale),
    onnx: (node, emit) => takeColumnsOnnx(node, emit, part, scale),
  };
}
