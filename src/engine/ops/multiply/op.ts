import type { Operation } from '../../graph/types.ts';
import { pointwiseKernels } from '../../webgpu/fusion/chain.ts';
import { expectShape, inputAt } from '../check.ts';
import { multiplyPointwise } from './kernel.ts';
import { multiplyOnnx } from './onnx.ts';

/** `y = x · mask`, element by element, same shape. The mask is the host's and has no gradient. */
export function multiply(): Operation {
  const name = 'multiply';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      expectShape(name, inputAt(name, inputs, 1), x.shape);
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      if (!dy) return [null, null];
      const mask = inputAt(name, node.inputs, 1);
      return [graph.one(multiply(), [dy, mask], `grad.${inputAt(name, node.inputs, 0).name}`), null];
    },
    isCheap: true,
    kernels: pointwiseKernels,
    pointwise: multiplyPointwise,
    onnx: multiplyOnnx,
  };
}
