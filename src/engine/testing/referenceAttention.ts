import {
  attentionRowKey,
  dropoutBits,
  dropoutKey,
  dropoutScale,
  dropoutThreshold,
} from '../ops/dropout/mask.ts';
import type { AttentionOptions } from '../ops/attention/options.ts';

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
  /** Of each sequence, whether its distances count backwards; default: none do. */
  readonly reversed?: readonly boolean[];
  /** Of each sequence, how many of its rows in front are memory: keys, no queries; default: none. Their o stays 0. */
  readonly memory?: readonly number[];
}

/**
 * Attention as its formula reads (Yang et al. 2019, section 2.4), one pair of tokens at a time in float64: slow, and plain
 * enough to be believed. Returns o `[T, W]` and the log-sum-exp `[T, heads]`.
 */
export function referenceAttention(
  input: ReferenceAttentionInput,
  options: AttentionOptions,
): { o: Float64Array; logSumExp: Float64Array } {
  const { heads, headSize, causal, rate, salt } = options;
  const width = heads * headSize;
  const total = input.lengths.reduce((sum, length) => sum + length, 0);
  const at = (data: ArrayLike<number>, index: number) => data[index] as number;
  const key = dropoutKey(input.seed, salt);
  const o = new Float64Array(total * width);
  const logSumExp = new Float64Array(total * heads);

  const score = (i: number, j: number, h: number, direction: 1 | -1): number => {
    const pair = at(input.segments, i) === at(input.segments, j) ? 0 : 1;
    let sum = 0;
    for (let d = 0; d < headSize; d++) {
      const column = h * headSize + d;
      const q = at(input.qkv, i * 3 * width + column);
      const k = at(input.qkv, j * 3 * width + width + column);
      if (!options.relative) {
        sum += q * k;
        continue;
      }
      const r = at(input.r, (input.distances / 2 - direction * (i - j)) * width + column);
      const e = options.relative.segments ? at(input.segmentEmbedding, pair * width + column) : 0;
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
  for (const [b, length] of input.lengths.entries()) {
    const direction = input.reversed?.[b] ? -1 : 1;
    const memory = input.memory?.[b] ?? 0;
    for (let i = start + memory; i < start + length; i++) {
      for (let h = 0; h < heads; h++) {
        const last = causal ? i : start + length - 1;
        const scores = Array.from({ length: last - start + 1 }, (_, j) =>
          options.relative?.sameLength && start + j < i - memory
            ? Number.NEGATIVE_INFINITY
            : score(i, start + j, h, direction),
        );
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
