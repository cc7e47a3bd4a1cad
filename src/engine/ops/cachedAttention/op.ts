import { shapeError } from '../../errors.ts';
import type { Operation, Tensor } from '../../graph/types.ts';
import { expectShape, inputAt, matrix, noGradient } from '../check.ts';
import { cachedAttentionKernels } from './kernel.ts';
import { cachedAttentionOnnx } from './onnx.ts';
import type { CachedAttentionOptions, CachedTensors } from './options.ts';

/**
 * Causal attention of new tokens over a cache of keys and values, for generation (no gradient). First the keys and values of the T new
 * tokens go into their cache rows, in place; then each new token sees two runs of cache rows: those it shares with other sequences (the prompt
 * they all continue) and its own. `o_t = sum_j softmax_j(q_t·k_j / sqrt(headSize)) v_j`.
 *
 * Inputs: qkv `[T, (heads + 2 keyHeads) · headSize]`, positions applied; cache `[S, 2 · keyHeads · headSize]`, a parameter that no step
 * trains: k, then v; slots `[T]` u32: the cache row of each new token, all different; spans `[T, 4]` u32: first shared row, the one after the last,
 * first own row, the one after the last (the token's own included). The size N counts the cache's rows in use: no slot or span lies
 * beyond. Output: o `[T, heads · headSize]`.
 */
export function cachedAttention(options: CachedAttentionOptions): Operation {
  const name = 'cachedAttention';
  const { heads, keyHeads, headSize } = options;
  if (heads % keyHeads !== 0) throw shapeError(name, `${keyHeads} key heads do not divide ${heads} heads`);
  return {
    name,
    infer(inputs) {
      const qkv = inputAt(name, inputs, 0);
      const cache = inputAt(name, inputs, 1);
      const [rows] = matrix(name, qkv);
      const [slots] = matrix(name, cache);
      expectShape(name, qkv, [rows, (heads + 2 * keyHeads) * headSize]);
      expectShape(name, cache, [slots, 2 * keyHeads * headSize]);
      if (cache.kind !== 'parameter') throw shapeError(name, `${cache.name} does not outlive a pass`);
      expectShape(name, inputAt(name, inputs, 2), [rows]);
      expectShape(name, inputAt(name, inputs, 3), [rows, 4]);
      return [{ shape: [rows, heads * headSize], dtype: 'f32' }];
    },
    gradient: noGradient(name, 'It is for generation; train with attention().'),
    kernels: (node, environment) =>
      cachedAttentionKernels(tensorsOf(name, node.inputs, node.outputs), environment, options),
    onnx: (node, emit) => cachedAttentionOnnx(tensorsOf(name, node.inputs, node.outputs), emit, options),
  };
}

function tensorsOf(name: string, inputs: readonly Tensor[], outputs: readonly Tensor[]): CachedTensors {
  return {
    qkv: inputAt(name, inputs, 0),
    cache: inputAt(name, inputs, 1),
    slots: inputAt(name, inputs, 2),
    spans: inputAt(name, inputs, 3),
    o: inputAt(name, outputs, 0),
  };
}
