import { EngineError, shapeError } from '../../errors.ts';
import { formatShape, type Operation } from '../../graph/types.ts';
import { inputAt } from '../check.ts';
import { matmulKernels, matmulScratch } from './kernel.ts';
import { matmulOnnx } from './onnx.ts';
import { productOf } from './product.ts';
import { shapeOf } from './tiles.ts';
import type { MatmulOptions } from './options.ts';

/** `c[M, N] = op(a) · op(b)`, matrices only. */
export function matmul(options: MatmulOptions): Operation {
  const { transposeA, transposeB } = options;
  const name = 'matmul';
  return {
    name,
    infer(inputs) {
      const a = inputAt(name, inputs, 0);
      const b = inputAt(name, inputs, 1);
      const [a0, a1] = a.shape;
      const [b0, b1] = b.shape;
      const [m, inner] = transposeA ? [a1, a0] : [a0, a1];
      const [innerB, n] = transposeB ? [b1, b0] : [b0, b1];
      if (
        a.shape.length !== 2 ||
        b.shape.length !== 2 ||
        inner !== innerB ||
        m === undefined ||
        n === undefined
      ) {
        throw shapeError(
          name,
          `${a.name} ${formatShape(a.shape)}${transposeA ? 'ᵀ' : ''} does not fit ${b.name} ${formatShape(b.shape)}${transposeB ? 'ᵀ' : ''}`,
        );
      }
      return [{ shape: [m, n], dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients }) {
      if (options.normed) throw webGpuOnly();
      const [dc] = outputGradients;
      if (!dc) return [null, null];
      const a = inputAt(name, node.inputs, 0);
      const b = inputAt(name, node.inputs, 1);
      // With A' = op(a), B' = op(b): dA' = dC B'ᵀ and dB' = A'ᵀ dC, each written in the layout the operand is stored in.
      const da = transposeA
        ? graph.one(
            matmul({ transposeA: transposeB, transposeB: true, gradient: 'B' }),
            [b, dc],
            `grad.${a.name}`,
          )
        : graph.one(
            matmul({ transposeA: false, transposeB: !transposeB, gradient: 'A' }),
            [dc, b],
            `grad.${a.name}`,
          );
      const db = transposeB
        ? graph.one(
            matmul({ transposeA: true, transposeB: transposeA, gradient: 'A' }),
            [dc, a],
            `grad.${b.name}`,
          )
        : graph.one(
            matmul({ transposeA: !transposeA, transposeB: false, gradient: 'B' }),
            [a, dc],
            `grad.${b.name}`,
          );
      return [da, db];
    },
    kernels: (node, environment) => matmulKernels(node, environment, options),
    chainKernels: (node, environment, chain) => matmulKernels(node, environment, options, chain),
    scratch: (node, environment) => matmulScratch(node, environment, options),
    productShape: (node, capacity) => shapeOf(productOf(node, options), options, capacity),
    onnx(node, emit) {
      if (options.normed) throw webGpuOnly();
      matmulOnnx(node, emit, { transposeA, transposeB });
    },
    ...(options.normed ? {} : { withNormedOperand: (operand) => matmul({ ...options, normed: operand }) }),
  };
}

const webGpuOnly = () =>
  new EngineError(
    'graph-invalid',
    'A product over a norm that is not stored exists on WebGPU only.',
    'Use the graph before lowering.',
  );
