import { shapeError } from '../../errors.ts';
import type { Operation } from '../../graph/types.ts';
import { pointwiseKernels } from '../../webgpu/fusion/chain.ts';
import { inputAt } from '../check.ts';
import { dropoutPointwise } from './kernel.ts';
import { dropoutOnnx } from './onnx.ts';
import type { DropoutOptions } from './options.ts';

/** `y = x · mask / keep`, the mask a function of (step seed, salt, element): see mask.ts. Its own gradient, replayed. */
export function dropout(options: DropoutOptions): Operation {
  const name = 'dropout';
  if (!(options.rate > 0 && options.rate < 1))
    throw shapeError(name, `rate ${options.rate} is not between 0 and 1`);
  return {
    name,
    infer: (inputs) => [{ shape: inputAt(name, inputs, 0).shape, dtype: 'f32' }],
    gradient({ graph, node, outputGradients: [dy] }) {
      return [dy ? graph.one(dropout(options), [dy], `grad.${inputAt(name, node.inputs, 0).name}`) : null];
    },
    isCheap: true,
    kernels: pointwiseKernels,
    pointwise: dropoutPointwise(options),
    onnx: (node, emit) => dropoutOnnx(node, emit, options),
  };
}
