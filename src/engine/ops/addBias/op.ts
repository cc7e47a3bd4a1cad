import type { Operation } from '../../graph/types.ts';
import { pointwiseKernels } from '../../webgpu/fusion/chain.ts';
import { expectShape, inputAt, matrix } from '../check.ts';
import { sumRows } from '../sumRows/op.ts';
import { addBiasPointwise } from './kernel.ts';
import { addBiasOnnx } from './onnx.ts';

/** `y[m, n] = x[m, n] + bias[n]`. */
export function addBias(): Operation {
  const name = 'addBias';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      const [, columns] = matrix(name, x);
      expectShape(name, inputAt(name, inputs, 1), [columns]);
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients }) {
      const [dy] = outputGradients;
      if (!dy) return [null, null];
      return [dy, graph.one(sumRows(), [dy], `grad.${inputAt(name, node.inputs, 1).name}`)];
    },
    kernels: pointwiseKernels,
    pointwise: addBiasPointwise,
    onnx: addBiasOnnx,
  };
}
