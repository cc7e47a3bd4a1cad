import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import {
  layerNormInputGradientKernels,
  layerNormKernels,
  layerNormParameterGradientKernels,
} from './kernel.ts';
import { layerNormInputGradientOnnx, layerNormOnnx, layerNormParameterGradientOnnx } from './onnx.ts';

/**
 * `y = (x - mean) · rstd · gamma + beta` over the last axis, variance without Bessel's correction.
 * Second output: `[rows, 2]` of (mean, rstd), saved for the backward pass.
 */
export function layerNorm(epsilon: number): Operation {
  const name = 'layerNorm';
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      const [rows, columns] = matrix(name, x);
      expectShape(name, inputAt(name, inputs, 1), [columns]);
      expectShape(name, inputAt(name, inputs, 2), [columns]);
      return [
        { shape: x.shape, dtype: 'f32' },
        { shape: [rows, 2], dtype: 'f32', suffix: 'moments' },
      ];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      if (!dy) return [null, null, null];
      const x = inputAt(name, node.inputs, 0);
      const gamma = inputAt(name, node.inputs, 1);
      const beta = inputAt(name, node.inputs, 2);
      const moments = inputAt(name, node.outputs, 1);
      const dx = graph.one(inputGradient(), [x, gamma, moments, dy], `grad.${x.name}`);
      const [dGamma, dBeta] = graph.apply(
        parameterGradient(),
        [x, moments, dy],
        `grad.${gamma.name}+${beta.name}`,
      );
      return [dx, dGamma ?? null, dBeta ?? null];
    },
    kernels: (node, environment) => layerNormKernels(node, environment, epsilon),
    chainKernels: (node, environment, chain) => layerNormKernels(node, environment, epsilon, chain),
    onnx: (node, emit) => layerNormOnnx(node, emit, epsilon),
  };
}

/** With `x̂ = (x - mean) rstd` and `g = dy · gamma`: `dx = rstd (g - mean(g) - x̂ mean(g x̂))`. */
function inputGradient(): Operation {
  const name = 'layerNormInputGradient';
  return {
    name,
    infer: (inputs) => [{ shape: inputAt(name, inputs, 0).shape, dtype: 'f32' }],
    gradient: noGradient(name),
    kernels: (node, environment) => layerNormInputGradientKernels(node, environment),
    chainKernels: layerNormInputGradientKernels,
    onnx: layerNormInputGradientOnnx,
  };
}

/** `dGamma = sum over rows of dy x̂`, `dBeta = sum over rows of dy`. */
function parameterGradient(): Operation {
  const name = 'layerNormParameterGradient';
  return {
    name,
    infer(inputs) {
      const [, columns] = matrix(name, inputAt(name, inputs, 0));
      return [
        { shape: [columns], dtype: 'f32', suffix: 'gamma' },
        { shape: [columns], dtype: 'f32', suffix: 'beta' },
      ];
    },
    gradient: noGradient(name),
    kernels: layerNormParameterGradientKernels,
    onnx: layerNormParameterGradientOnnx,
  };
}
