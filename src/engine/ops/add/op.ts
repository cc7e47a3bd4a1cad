import type { Operation } from '../../graph/types.ts';
import { pointwiseKernels } from '../../webgpu/fusion/chain.ts';
import { expectShape, inputAt } from '../check.ts';
import { addPointwise } from './kernel.ts';
import { addOnnx } from './onnx.ts';

/** `y = a + b`, same shape. */
export function add(): Operation {
  const name = 'add';
  return {
    name,
    infer(inputs) {
      const a = inputAt(name, inputs, 0);
      expectShape(name, inputAt(name, inputs, 1), a.shape);
      return [{ shape: a.shape, dtype: 'f32' }];
    },
    gradient: ({ outputGradients: [dy] }) => [dy ?? null, dy ?? null],
    kernels: pointwiseKernels,
    pointwise: addPointwise,
    onnx: addOnnx,
  };
}
