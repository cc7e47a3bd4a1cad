import type { Operation } from '../../graph/types.ts';
import { inputAt, matrix, noGradient } from '../check.ts';
import { sumRowsKernels } from './kernel.ts';
import { sumRowsOnnx } from './onnx.ts';

/** `y[n] = sum over m of x[m, n]`: a bias' gradient. */
export function sumRows(): Operation {
  const name = 'sumRows';
  return {
    name,
    infer(inputs) {
      const [, columns] = matrix(name, inputAt(name, inputs, 0));
      return [{ shape: [columns], dtype: 'f32' }];
    },
    gradient: noGradient('sumRows'),
    kernels: sumRowsKernels,
    onnx: sumRowsOnnx,
  };
}
