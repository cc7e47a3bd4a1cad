import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix } from '../check.ts';
import type { LossShape } from './cell.ts';
import { bceKernels } from './kernel.ts';
import { bceOnnx, shapedOnnx } from './onnx.ts';

/**
 * Multi-label loss, `scale · sum over rows and labels of max(z, 0) - z y + log(1 + exp(-|z|))`, with `scale` the feed's
 * `lossScale` (1 / (rows × labels) of the step makes it PyTorch's mean). Second output: its gradient,
 * `scale · (sigmoid(z) - y)`.
 *
 * `shape` bends it for rare labels (see `LossShape`), and an optional third input `[L]` multiplies the loss of true cells, PyTorch's
 * `pos_weight`.
 */
export function bceWithLogits(shape: LossShape = { kind: 'bce' }): Operation {
  const name = 'bceWithLogits';
  return {
    name,
    infer(inputs) {
      const logits = inputAt(name, inputs, 0);
      const [, labels] = matrix(name, logits);
      expectShape(name, inputAt(name, inputs, 1), logits.shape);
      if (inputs[2]) expectShape(name, inputs[2], [labels]);
      return [
        { shape: [1], dtype: 'f32', kind: 'result' },
        { shape: logits.shape, dtype: 'f32', suffix: 'gradient' },
      ];
    },
    gradient: ({ node }) => [inputAt(name, node.outputs, 1), ...node.inputs.slice(1).map(() => null)],
    kernels: (node) => bceKernels(node, shape),
    onnx(node, emit) {
      if (shape.kind === 'bce' && !node.inputs[2]) bceOnnx(node, emit);
      else shapedOnnx(node, emit, shape);
    },
  };
}
