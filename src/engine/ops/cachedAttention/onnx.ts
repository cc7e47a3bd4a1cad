import { sizeIn } from '../../graph/types.ts';
import type { OnnxEmitter } from '../../onnx/emitter.ts';
import type { Feed } from '../../session.ts';
import type { CachedAttentionOptions, CachedTensors } from './options.ts';

/** A score that no other outweighs: finite, so that nothing becomes NaN. */
const hidden = -1e30;

/**
 * All new tokens against all cache rows in use and all new rows, with a mask: one batched product a key head. The new rows leave the
 * graph beside its outputs, and the session puts them into the cache: a run cannot change what it is fed.
 */
export function cachedAttentionOnnx(
  { qkv, cache, slots, spans, o }: CachedTensors,
  emit: OnnxEmitter,
  { heads, keyHeads, headSize }: CachedAttentionOptions,
): void {
  const served = heads / keyHeads;
  const shaped = (value: string, shape: readonly number[]) =>
    emit.emit('Reshape', [value, emit.constant(shape, [shape.length], 'i64')]);
  const split = (value: string, axis: number, lengths: readonly number[]) =>
    emit.emitMany('Split', [value, emit.constant(lengths, [lengths.length], 'i64')], lengths.length, {
      axis,
    });
  const [queries = '', fresh = ''] = split(emit.value(qkv), 1, [heads * headSize, 2 * keyHeads * headSize]);
  emit.bindCacheRows(cache, slots, fresh);
  const known = emit.emit('Concat', [emit.cacheRows(cache), fresh], { axis: 0 });
  const [keys = '', values = ''] = split(shaped(known, [-1, 2, keyHeads, headSize]), 1, [1, 1]);
  const perHead = (part: string, perm: readonly number[]) =>
    emit.emit('Transpose', [shaped(part, [-1, keyHeads, headSize])], { perm });
  // [keyHeads, T · served, D], scaled.
  const q = emit.emit('Mul', [
    shaped(
      emit.emit('Transpose', [shaped(queries, [-1, keyHeads, served, headSize])], { perm: [1, 0, 2, 3] }),
      [keyHeads, -1, headSize],
    ),
    emit.constant([1 / Math.sqrt(headSize)], [], 'f32'),
  ]);
  const scores = emit.emit('MatMul', [q, perHead(keys, [1, 2, 0])]);
  const sizes = emit.host(`cachedAttention.${spans.name}.sizes.${keyHeads}.${served}`, 'i64', [4], (feed) => {
    const { tokens, rows } = sizesOf(feed, { slots });
    return { data: BigInt64Array.from([keyHeads, tokens, served, rows + tokens], BigInt), shape: [4] };
  });
  const mask = emit.host(
    `cachedAttention.${spans.name}.mask`,
    'f32',
    [`${spans.name}.tokens`, 1, `${spans.name}.keys`],
    (feed) => maskOf(feed, { slots, spans }),
    ({ T, N = 0 }) => T * (N + T),
  );
  const masked = emit.emit('Add', [emit.emit('Reshape', [scores, sizes]), mask]);
  const p = emit.emit('Softmax', [masked], { axis: -1 });
  const flat = emit.emit('Reshape', [
    p,
    emit.host(`cachedAttention.${spans.name}.flat.${keyHeads}.${served}`, 'i64', [3], (feed) => {
      const { tokens, rows } = sizesOf(feed, { slots });
      return { data: BigInt64Array.from([keyHeads, tokens * served, rows + tokens], BigInt), shape: [3] };
    }),
  ]);
  const sums = emit.emit('MatMul', [flat, perHead(values, [1, 0, 2])]);
  const back = emit.emit('Transpose', [shaped(sums, [keyHeads, -1, served, headSize])], {
    perm: [1, 0, 2, 3],
  });
  emit.bind(o, shaped(back, [-1, heads * headSize]));
}

/** New tokens, and cache rows in use. */
function sizesOf(feed: Feed, { slots }: Pick<CachedTensors, 'slots'>) {
  return { tokens: sizeIn(slots.shape[0] ?? 'T', feed.dims), rows: sizeIn('N', feed.dims) };
}

/** `[T, 1, N + T]`: 0 where a new token sees a row. What is written in this pass is read from the new rows, behind the N of the cache. */
function maskOf(feed: Feed, tensors: Pick<CachedTensors, 'slots' | 'spans'>) {
  const { tokens, rows } = sizesOf(feed, tensors);
  const slots = feed.tensors.get(tensors.slots.name) ?? new Uint32Array(0);
  const spans = feed.tensors.get(tensors.spans.name) ?? new Uint32Array(0);
  const width = rows + tokens;
  const data = new Float32Array(tokens * width).fill(hidden);
  const columns = Int32Array.from({ length: rows }, (_, row) => row);
  slots.forEach((slot, t) => (columns[slot] = rows + t));
  for (let t = 0; t < tokens; t++) {
    for (const at of [0, 2]) {
      const [first = 0, end = 0] = [spans[4 * t + at], spans[4 * t + at + 1]];
      for (let row = first; row < end; row++) data[t * width + (columns[row] as number)] = 0;
    }
  }
  return { data, shape: [tokens, 1, width] };
}
