import { EngineError } from '../../errors.ts';
import type { Operation } from '../../graph/types.ts';
import { inputAt, matrix } from '../check.ts';
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
    gradient() {
      throw new EngineError(
        'graph-invalid',
        'sumRows has no gradient rule.',
        'It is meant for backward passes only.',
      );
    },
    kernels: sumRowsKernels,
    onnx: sumRowsOnnx,
  };
}
