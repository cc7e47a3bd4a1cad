import type { Dim, Operation } from '../../graph/types.ts';
import { inputAt, matrix, noGradient } from '../check.ts';
import { putRowsKernels, takeRowsKernels } from './kernel.ts';
import { putRowsOnnx, takeRowsOnnx } from './onnx.ts';

/** `y[b] = x[rows[b]]`: the token that stands for its sequence. Inputs: x `[T, d]`, rows `[B]` (u32, all different). */
export function takeRows(): Operation {
  const name = 'takeRows';
  return {
    name,
    infer(inputs) {
      const [, width] = matrix(name, inputAt(name, inputs, 0));
      const [count] = inputAt(name, inputs, 1).shape;
      return [{ shape: [count ?? 1, width], dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      const [x, rows] = node.inputs;
      if (!dy || !x || !rows) return [null, null];
      return [graph.one(putRows(x.shape[0] ?? 1), [dy, rows], `grad.${x.name}`), null];
    },
    kernels: takeRowsKernels,
    onnx: takeRowsOnnx,
  };
}

/** `x[rows[b]] = y[b]`, zero elsewhere. */
function putRows(total: Dim): Operation {
  const name = 'putRows';
  return {
    name,
    infer(inputs) {
      const [, width] = matrix(name, inputAt(name, inputs, 0));
      return [{ shape: [total, width], dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: putRowsKernels,
    onnx: putRowsOnnx,
  };
}
