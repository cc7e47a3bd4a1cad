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
  const { count, width, values } = normalise({ ...vectors, values: vectors.values.slice() });
  const square = (a: number, b: number) => {
    let sum = 0;
    for (let p = a * width, q = b * width, i = 0; i < width; i++, p++, q++)
      sum += ((values[p] as number) - (values[q] as number)) ** 2;
    return sum;
  };
  let close = 0;
  for (const [a, b] of pairs) close += square(a, b);
  let sum = 0;
  for (let a = 1; a < count; a++) for (let b = 0; b < a; b++) sum += Math.exp(-2 * square(a, b));
  return {
    alignment: pairs.length === 0 ? null : close / pairs.length,
    uniformity: Math.log((2 * sum) / (count * (count - 1))),
  };
}
