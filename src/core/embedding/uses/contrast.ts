import { normalise, type Vectors } from '../vectors.ts';

/** How good a contrastively trained space is (Wang & Isola 2020), on unit vectors. */
export interface Contrast {
  /** Mean squared distance of pairs of one category: low is good. Null without pairs. */
  readonly alignment: number | null;
  /** ln of the mean of e^(-2 d²) over all pairs of rows: low is even. */
  readonly uniformity: number;
}

/** Alignment over the given pairs of rows, uniformity over all pairs. O(n² width). */
export function contrast(vectors: Vectors, pairs: readonly (readonly [number, number])[]): Contrast {
  return { alignment: alignment(vectors, pairs), uniformity: uniformity(vectors) };
}

/** Mean squared distance of the given pairs of rows, once all have norm 1; null without pairs. */
export function alignment(vectors: Vectors, pairs: readonly (readonly [number, number])[]): number | null {
  const square = squaredDistance(vectors);
  return pairs.length === 0 ? null : pairs.reduce((sum, [a, b]) => sum + square(a, b), 0) / pairs.length;
}

/** ln of the mean of e^(-2 d²) over all pairs of rows, once all have norm 1. O(n² width). */
export function uniformity(vectors: Vectors): number {
  const { count } = vectors;
  const square = squaredDistance(vectors);
  let sum = 0;
  for (let a = 1; a < count; a++) for (let b = 0; b < a; b++) sum += Math.exp(-2 * square(a, b));
  return Math.log((2 * sum) / (count * (count - 1)));
}

function squaredDistance(vectors: Vectors): (a: number, b: number) => number {
  const { width, values } = normalise({ ...vectors, values: vectors.values.slice() });
  return (a, b) => {
    let sum = 0;
    for (let p = a * width, q = b * width, i = 0; i < width; i++, p++, q++)
      sum += ((values[p] as number) - (values[q] as number)) ** 2;
    return sum;
  };
}
