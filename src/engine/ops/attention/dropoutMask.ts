import { hash32 } from '../../../base/random.ts';
import type { SequenceGroup } from '../../onnx/paddedSequences.ts';
import { attentionRowKey, dropoutKey, dropoutScale, dropoutThreshold } from '../dropout/mask.ts';
import type { AttentionOptions } from './options.ts';

/**
 * Dropout factors of padded attention probabilities, `[heads, B, S, S]`: row i of a sequence draws under the key of its packed
 * token, column j counts within the sequence. Padding keeps 0.
 */
export function attentionDropoutMask(
  { sequences, count, length }: SequenceGroup,
  seed: number,
  { heads, rate, salt }: AttentionOptions,
): Float32Array {
  const key = dropoutKey(seed, salt);
  const threshold = dropoutThreshold(rate);
  const scale = dropoutScale(rate);
  const mask = new Float32Array(heads * count * length * length);
  for (let h = 0; h < heads; h++) {
    sequences.forEach(({ start, end }, b) => {
      const columns = end - start;
      for (let i = 0; i < columns; i++) {
        const rowKey = attentionRowKey(key, start + i, h, heads);
        const row = ((h * count + b) * length + i) * length;
        for (let j = 0; j < columns; j += 2) {
          const bits = hash32((rowKey ^ (j >>> 1)) >>> 0);
          if ((bits & 0xffff) >= threshold) mask[row + j] = scale;
          if (bits >>> 16 >= threshold && j + 1 < columns) mask[row + j + 1] = scale;
        }
      }
    });
  }
  return mask;
}
