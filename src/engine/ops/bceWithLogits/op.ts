import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix } from '../check.ts';
import { bceKernels } from './kernel.ts';
import { bceOnnx } from './onnx.ts';

/**
 * Multi-label loss, `scale · sum over rows and labels of max(z, 0) - z y + log(1 + exp(-|z|))`, with `scale` the feed's
 * `lossScale` (1 / (rows × labels) of the step makes it PyTorch's mean). Second output: its gradient,
 * `scale · (sigmoid(z) - y)`.
 */
export function bceWithLogits(): Operation {
  const name = 'bceWithLogits';
  return {
    name,
    infer(inputs) {
      const logits = inputAt(name, inputs, 0);
      matrix(name, logits);
      expectShape(name, inputAt(name, inputs, 1), logits.shape);
      return [
        { shape: [1], dtype: 'f32', kind: 'result' },
        { shape: logits.shape, dtype: 'f32', suffix: 'gradient' },
      ];
    },
    gradient: ({ node }) => [inputAt(name, node.outputs, 1), null],
    kernels: bceKernels,
    onnx: bceOnnx,
  };
}
