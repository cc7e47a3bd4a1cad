import type { Operation, Shape } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import { rmsNormInputGradientKernels, rmsNormKernels, rmsNormParameterGradientKernels } from './kernel.ts';
import { piecesOf, type Pieces, type RmsNormOptions } from './pieces.ts';
import { rmsNormInputGradientOnnx, rmsNormOnnx, rmsNormParameterGradientOnnx } from './onnx.ts';

export type { RmsNormOptions } from './pieces.ts';

const gammaShape = ({ heads }: RmsNormOptions, { size, parts }: Pieces): Shape =>
  heads ? [parts.length, size] : [size];

/**
 * `y = x · rstd · gamma`, `rstd = 1 / sqrt(mean(x²) + epsilon)` over each piece (Zhang and Sennrich 2019; transformers' LlamaRMSNorm).
 * Inputs: x `[rows, width]`, gamma `[width]` (or `[parts, size]`). Second output: rstd `[rows, normed pieces]`, for the backward pass.
 */
export function rmsNorm(options: RmsNormOptions): Operation {
  const name = 'rmsNorm';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      const [rows] = matrix(name, x);
      const pieces = piecesOf(x, options);
      expectShape(name, inputAt(name, inputs, 1), gammaShape(options, pieces));
      return [
        { shape: x.shape, dtype: 'f32' },
        { shape: [rows, pieces.normed], dtype: 'f32', suffix: 'rstd' },
      ];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      if (!dy) return [null, null];
      const x = inputAt(name, node.inputs, 0);
      const gamma = inputAt(name, node.inputs, 1);
      const rstd = inputAt(name, node.outputs, 1);
      return [
        graph.one(inputGradient(options), [x, gamma, rstd, dy], `grad.${x.name}`),
        graph.one(parameterGradient(options), [x, rstd, dy], `grad.${gamma.name}`),
      ];
    },
    kernels: (node, environment) => rmsNormKernels(node, environment, options),
    chainKernels: (node, environment, chain) => rmsNormKernels(node, environment, options, chain),
    onnx: (node, emit) => rmsNormOnnx(node, emit, options),
  };
}

/** With `x̂ = x rstd` and `g = dy · gamma`: `dx = rstd (g - x̂ mean(g x̂))`; dy itself in pieces that are not normed. */
function inputGradient(options: RmsNormOptions): Operation {
  const name = 'rmsNormInputGradient';
  return {
    name,
    infer: (inputs) => [{ shape: inputAt(name, inputs, 0).shape, dtype: 'f32' }],
    gradient: noGradient(name),
    kernels: (node, environment) => rmsNormInputGradientKernels(node, environment, options),
    chainKernels: (node, environment, chain) =>
      rmsNormInputGradientKernels(node, environment, options, chain),
    onnx: (node, emit) => rmsNormInputGradientOnnx(node, emit, options),
  };
}

/** `dGamma = sum of dy x̂` over rows, and over the pieces that share a row of gamma. */
function parameterGradient(options: RmsNormOptions): Operation {
  const name = 'rmsNormParameterGradient';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      return [{ shape: gammaShape(options, piecesOf(x, options)), dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: (node) => rmsNormParameterGradientKernels(node, options),
    onnx: (node, emit) => rmsNormParameterGradientOnnx(node, emit, options),
  };
}
