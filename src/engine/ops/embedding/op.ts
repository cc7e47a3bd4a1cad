import type { Operation } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import { embeddingGradientKernels, embeddingKernels } from './kernel.ts';
import { embeddingGradientOnnx, embeddingOnnx } from './onnx.ts';

/**
 * `y[t] = table[ids[t]]`. Inputs: table `[V, d]`, ids `[T]` (i32), order `[T]` (u32): the token positions sorted by id, ties
 * by position, so that the backward pass sums each id's rows in a fixed order without atomics.
 */
export function embedding(): Operation {
  const name = 'embedding';
  return {
    name,
    infer(inputs) {
      const [, width] = matrix(name, inputAt(name, inputs, 0));
      const ids = inputAt(name, inputs, 1);
      expectShape(name, inputAt(name, inputs, 2), ids.shape);
      return [{ shape: [...ids.shape, width], dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      const [table, ids, order] = node.inputs;
      if (!dy || !table || !ids || !order) return [null, null, null];
      return [
        graph.one(
          embeddingGradient(table.shape as readonly [number, number]),
          [ids, order, dy],
          `grad.${table.name}`,
        ),
        null,
        null,
      ];
    },
    takesParts: true,
    kernels: embeddingKernels,
    chainKernels: embeddingKernels,
    onnx: embeddingOnnx,
  };
}

/** `dTable[id] = sum of dy[t] over the t with ids[t] = id`; rows of absent ids are zero. Written straight into a gradient arena. */
function embeddingGradient(tableShape: readonly [number, number]): Operation {
  const name = 'embeddingGradient';
  return {
    name,
    infer: () => [{ shape: tableShape, dtype: 'f32' }],
    gradient: noGradient(name),
    takesParts: true,
    kernels: embeddingGradientKernels,
    onnx: embeddingGradientOnnx,
  };
}
