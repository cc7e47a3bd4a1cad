import { shapeError } from '../../errors.ts';
import type { Operation } from '../../graph/types.ts';
import { inputAt, matrix, noGradient } from '../check.ts';
import { packHalfKernels, unpackHalfKernels } from './kernel.ts';
import { packHalfOnnx, unpackHalfOnnx } from './onnx.ts';

/**
 * `[rows, n]` f32 to `[rows, n / 2]` u32, two binary16 numbers a word, the even column in the low half; values beyond ±65,504 are
 * clamped. Storage only: no arithmetic is done in half precision, so no device feature is needed. The relative error is at most 2^-11
 * from 6.1e-5 up; below that the absolute error is at most 2^-25.
 */
export function packHalf(): Operation {
  const name = 'packHalf';
  return {
    name,
    infer(inputs) {
      const [rows, columns] = matrix(name, inputAt(name, inputs, 0));
      if (columns % 2 !== 0) throw shapeError(name, `${columns} columns do not make pairs`);
      return [{ shape: [rows, columns / 2], dtype: 'u32' }];
    },
    gradient: noGradient(name),
    kernels: packHalfKernels,
    onnx: packHalfOnnx,
  };
}

/** What `packHalf` stored, as `[rows, n]` f32. */
export function unpackHalf(): Operation {
  const name = 'unpackHalf';
  return {
    name,
    infer(inputs) {
      const [rows, words] = matrix(name, inputAt(name, inputs, 0));
      return [{ shape: [rows, words * 2], dtype: 'f32' }];
    },
    gradient: noGradient(name),
    kernels: unpackHalfKernels,
    onnx: unpackHalfOnnx,
  };
}
