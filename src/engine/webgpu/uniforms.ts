import type { AdamWStep, Feed } from '../session.ts';
import { stepBytes } from './kernel.ts';

/** The `Step` uniform of one micro-batch, in the order of `stepStruct`. Differences from 1 are formed in double precision. */
export function stepUniforms(feed: Feed, accumulate: boolean, optimizer: AdamWStep | null): ArrayBuffer {
  const bytes = new ArrayBuffer(stepBytes);
  const words = new Uint32Array(bytes);
  const floats = new Float32Array(bytes);
  const { T, B, R, K, M = 0, N = 0 } = feed.dims;
  words.set([T, B, R, K, feed.seed >>> 0, accumulate ? 1 : 0, optimizer?.decay === 'all' ? 1 : 0]);
  words.set([M, N], 18);
  floats[7] = feed.lossScale;
  floats[20] = feed.gradientScale ?? 1;
  if (optimizer) {
    const { step, learningRate, beta1, beta2, epsilon, weightDecay, clipNorm } = optimizer;
    floats.set([learningRate, beta1, beta2, 1 - beta1], 8);
    floats.set([1 - beta2, epsilon, 1 - learningRate * weightDecay, clipNorm ?? 0], 12);
    floats.set([1 / (1 - beta1 ** step), 1 / Math.sqrt(1 - beta2 ** step)], 16);
  }
  return bytes;
}
