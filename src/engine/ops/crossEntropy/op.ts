import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import { crossEntropyGradientKernels, crossEntropyKernels } from './kernel.ts';
import { crossEntropyGradientOnnx, crossEntropyOnnx } from './onnx.ts';

/** Rows with this target do not count (PyTorch's `ignore_index`). */
export const ignoredTarget = -100;

/**
 * `loss = lossScale · sum over rows of (log sum_c exp z_c - z_target)`: with lossScale one over the counted rows of a step, the mean of
 * `torch.nn.functional.cross_entropy`. Over labels it is single-label classification, over a vocabulary language modelling.
 * Inputs: logits `[rows, C]`; targets `[rows]` i32, -100 where a row does not count. Outputs: loss `[1]`; the log-sum-exp and the loss of
 * each row before scaling, both `[rows]`. The probabilities are never stored: the gradient is formed from the logits and the log-sum-exp.
 */
export function crossEntropy(): Operation {
  const name = 'crossEntropy';
  return {
    name,
    infer(inputs) {
      const logits = inputAt(name, inputs, 0);
      const [rows] = matrix(name, logits);
      expectShape(name, inputAt(name, inputs, 1), [rows]);
      return [
        { shape: [1], dtype: 'f32', kind: 'result' },
        { shape: [rows], dtype: 'f32', suffix: 'logSumExp' },
        { shape: [rows], dtype: 'f32', suffix: 'rows' },
      ];
    },
    gradient({ graph, node }) {
      const [logits, targets] = node.inputs;
      const logSumExp = inputAt(name, node.outputs, 1);
      if (!logits || !targets) return [null, null];
      return [graph.one(crossEntropyGradient(), [logits, targets, logSumExp], `grad.${logits.name}`), null];
    },
    kernels: crossEntropyKernels,
    onnx: crossEntropyOnnx,
  };
}

/** `dz_c = lossScale · (exp(z_c - logSumExp) - [c = target])`, 0 in rows that do not count. */
function crossEntropyGradient(): Operation {
  const name = 'crossEntropyGradient';
  return {
    name,
    infer: (inputs) => [{ shape: inputAt(name, inputs, 0).shape, dtype: 'f32' }],
    gradient: noGradient(name),
    kernels: crossEntropyGradientKernels,
    onnx: crossEntropyGradientOnnx,
  };
}
