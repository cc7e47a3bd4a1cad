import { shapeError } from '../../errors.ts';
import type { Operation, Shape } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import type { RopeOptions } from './heads.ts';
import { ropeGradientKernels, ropeKernels } from './kernel.ts';
import { ropeGradientOnnx, ropeOnnx } from './onnx.ts';

export type { RopeOptions } from './heads.ts';

/**
 * Rotary positions (Su et al. 2021; transformers' `apply_rotary_pos_emb`) on the q and k heads of qkv, v left as it is. With half = headSize / 2
 * and the row's angles, `y[d] = x[d] cos_d - x[d + half] sin_d` and `y[d + half] = x[d + half] cos_d + x[d] sin_d`.
 * Inputs: qkv `[T, (heads + 2 keyHeads) · headSize]`; rotations `[T, headSize]`: the cosines of half the angles, then the sines (the host makes
 * them, in double precision, so that every scaling of angles is the model's own). Output: as the input, or expanded `[T, 3 · heads · headSize]`.
 */
export function rope(options: RopeOptions): Operation {
  const name = 'rope';
  const { heads, keyHeads, headSize, expand } = options;
  if (heads % keyHeads !== 0) throw shapeError(name, `${keyHeads} key heads do not divide ${heads} heads`);
  if (headSize % 2 !== 0) throw shapeError(name, `head size ${headSize} is odd`);
  return {
    name,
    infer(inputs) {
      const qkv = inputAt(name, inputs, 0);
      const [rows] = matrix(name, qkv);
      expectShape(name, qkv, [rows, (heads + 2 * keyHeads) * headSize]);
      expectShape(name, inputAt(name, inputs, 1), [rows, headSize]);
      const shape: Shape = expand ? [rows, 3 * heads * headSize] : qkv.shape;
      return [{ shape, dtype: 'f32' }];
    },
    gradient({ graph, node, outputGradients: [dy] }) {
      if (!dy) return [null, null];
      const qkv = inputAt(name, node.inputs, 0);
      const dx = graph.one(ropeGradient(options), [dy, inputAt(name, node.inputs, 1)], `grad.${qkv.name}`);
      return [dx, null];
    },
    kernels: (node) => ropeKernels(node, options),
    onnx: (node, emit) => ropeOnnx(node, emit, options),
  };
}

/** Rotates back, after summing what the query heads of one key head send it. */
function ropeGradient(options: RopeOptions): Operation {
  const name = 'ropeGradient';
  const { heads, keyHeads, headSize } = options;
  return {
    name,
    infer(inputs) {
      const [rows] = matrix(name, inputAt(name, inputs, 0));
      return [{ shape: [rows, (heads + 2 * keyHeads) * headSize], dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: (node) => ropeGradientKernels(node, options),
    onnx: (node, emit) => ropeGradientOnnx(node, emit, options),
  };
}
