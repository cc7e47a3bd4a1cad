import type { LlamaConfig } from './config.ts';

/** Angle of a position's step for each pair of a head, `[headSize / 2]`, in radians (transformers' `ROPE_INIT_FUNCTIONS`). */
export function ropeFrequencies({ headSize, theta, scaling }: LlamaConfig): Float64Array {
  return Float64Array.from({ length: headSize / 2 }, (_, pair) => {
    const frequency = theta ** ((-2 * pair) / headSize);
    switch (scaling.kind) {
      case 'none':
        return frequency;
      case 'linear':
        return frequency / scaling.factor;
      case 'llama3': {
        const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalPositions } = scaling;
        const turns = (originalPositions * frequency) / (2 * Math.PI);
        if (turns > high) return frequency;
        if (turns < low) return frequency / factor;
        const smooth = (turns - low) / (high - low);
        return ((1 - smooth) * frequency) / factor + smooth * frequency;
      }
    }
  });
}

/** What `rope` reads: for each position the cosines of its angles, then the sines, `[T, headSize]`. Formed in double precision. */
export function rotationsOf(positions: ArrayLike<number>, frequencies: Float64Array): Float32Array {
  const half = frequencies.length;
  const rotations = new Float32Array(positions.length * 2 * half);
  for (let t = 0; t < positions.length; t++) {
    for (let pair = 0; pair < half; pair++) {
      const angle = (positions[t] as number) * (frequencies[pair] as number);
      rotations[t * 2 * half + pair] = Math.cos(angle);
      rotations[t * 2 * half + half + pair] = Math.sin(angle);
    }
  }
  return rotations;
}
