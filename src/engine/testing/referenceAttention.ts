import {
  attentionRowKey,
  dropoutBits,
  dropoutKey,
  dropoutScale,
  dropoutThreshold,
} from '../ops/dropout/mask.ts';
import type { RelativeAttentionOptions } from '../ops/relativeAttention/op.ts';

export interface ReferenceAttentionInput {
  readonly qkv: ArrayLike<number>;
  readonly r: ArrayLike<number>;
  readonly biases: ArrayLike<number>;
  readonly segmentEmbedding: ArrayLike<number>;
  readonly segments: ArrayLike<number>;
  readonly lengths: readonly number[];
  /** Rows of `r`. */
  readonly distances: number;
  readonly seed: number;
}

/**
 * Relative attention as its formula reads (Yang et al. 2019, section 2.4), one pair of tokens at a time in float64: slow, and plain
 * enough to be believed. Returns o `[T, W]` and the log-sum-exp `[T, heads]`.
 */
export function referenceAttention(
  input: ReferenceAttentionInput,
  options: RelativeAttentionOptions,
): { o: Float64Array; logSumExp: Float64Array } {
  const { heads, headSize, causal, rate, salt } = options;
  const width = heads * headSize;
  const total = input.lengths.reduce((sum, length) => sum + length, 0);
  const at = (data: ArrayLike<number>, index: number) => data[index] as number;
  const key = dropoutKey(input.seed, salt);
  const o = new Float64Array(total * width);
  const logSumExp = new Float64Array(total * heads);

  const score = (i: number, j: number, h: number): number => {
    const pair = at(input.segments, i) === at(input.segments, j) ? 0 : 1;
    let sum = 0;
    for (let d = 0; d < headSize; d++) {
      const column = h * headSize + d;
      const q = at(input.qkv, i * 3 * width + column);
      const k = at(input.qkv, j * 3 * width + width + column);
      const r = at(input.r, (input.distances / 2 - (i - j)) * width + column);
      const e = options.segments ? at(input.segmentEmbedding, pair * width + column) : 0;
      const [u, w, b] = [0, 1, 2].map((row) => at(input.biases, row * width + column)) as [
        number,
        number,
        number,
      ];
      sum += (q + u) * k + (q + w) * r + (q + b) * e;
    }
    return sum / Math.sqrt(headSize);
  };

  let start = 0;
  for (const length of input.lengths) {
    for (let i = start; i < start + length; i++) {
      for (let h = 0; h < heads; h++) {
        const last = causal ? i : start + length - 1;
        const scores = Array.from({ length: last - start + 1 }, (_, j) => score(i, start + j, h));
        const top = Math.max(...scores);
        const sum = scores.reduce((partial, a) => partial + Math.exp(a - top), 0);
        logSumExp[i * heads + h] = top + Math.log(sum);
        scores.forEach((a, j) => {
          const isKept = dropoutBits(attentionRowKey(key, i, h, heads), j) >= dropoutThreshold(rate);
          const p = (Math.exp(a - top) / sum) * (rate > 0 ? (isKept ? dropoutScale(rate) : 0) : 1);
          for (let d = 0; d < headSize; d++) {
            const column = h * headSize + d;
            const v = at(input.qkv, (start + j) * 3 * width + 2 * width + column);
            o[i * width + column] = (o[i * width + column] as number) + p * v;
          }
        });
      }
    }
    start += length;
  }
  return { o, logSumExp };
}
