import type { Operation } from '../../graph/types.ts';
import { pointwiseKernels } from '../../webgpu/fusion/chain.ts';
import { expectShape, inputAt, noGradient } from '../check.ts';
import { activationGradientPointwise, activationPointwise } from './kernel.ts';
import { activationGradientOnnx, activationOnnx } from './onnx.ts';
import type { ActivationKind } from './options.ts';

/** `y = f(x)`, element by element. */
export function activation(kind: ActivationKind): Operation {
  const name = `activation.${kind}`;
  return {
    name,
    infer: (inputs) => [{ shape: inputAt(name, inputs, 0).shape, dtype: 'f32' }],
    gradient({ graph, node, outputGradients }) {
      const [dy] = outputGradients;
      const x = inputAt(name, node.inputs, 0);
      return [dy ? graph.one(activationGradient(kind), [x, dy], `grad.${x.name}`) : null];
    },
    isCheap: true,
    kernels: pointwiseKernels,
    pointwise: activationPointwise(kind),
    onnx: (node, emit) => activationOnnx(node, emit, kind),
  };
}

/** `dx = f'(x) dy`. */
function activationGradient(kind: ActivationKind): Operation {
  const name = `activationGradient.${kind}`;
  return {
    name,
    infer(inputs) {
      const x = inputAt(name, inputs, 0);
      expectShape(name, inputAt(name, inputs, 1), x.shape);
      return [{ shape: x.shape, dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: pointwiseKernels,
    pointwise: activationGradientPointwise(kind),
    onnx: (node, emit) => activationGradientOnnx(node, emit, kind),
  };
}
