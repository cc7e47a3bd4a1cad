import type { Geometry } from './points.ts';
import { squaredNorms } from './means.ts';
import type { RowProducts } from './simd/products.ts';

/**
 * A row, its nearest centroid and about how far that is (squared); then bounds on distances (not squared): no less than its own, no
 * more than any other's.
 */
export type Visit = (row: number, cluster: number, square: number, upper: number, lower: number) => void;

/**
 * Nearest of k centroids, ties to the lower index, by products in float32. Where two are nearer to each other than float32 can tell,
 * float64 decides: the clusters are those that float64 would find throughout.
 */
export function nearestOf(points: Geometry, products: RowProducts, centroids: Float64Array, k: number) {
  const norms = squaredNorms(centroids, k);
  const longest = Math.sqrt(norms.reduce((a, b) => Math.max(a, b), 0));
  products.prepare(centroids, k);
  const { stride, error } = products;
  return (rows: Uint32Array, from: number, to: number, visit: Visit): void => {
    const block = products.of(rows, from, to);
    for (let at = from; at < to; at++) {
      const row = rows[at] as number;
      const norm = points.squaredNorms[row] as number;
      const base = (at - from) * stride;
      let [best, least, second] = [0, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let c = 0; c < k; c++) {
        const square = (norms[c] as number) - 2 * (block[base + c] as number);
        if (square >= second) continue;
        if (square < least) {
          second = least;
          least = square;
          best = c;
        } else second = square;
      }
      // Each product is off by up to error · |x| · |y|, and counts twice.
      const off = 2 * error * Math.sqrt(norm) * longest;
      if (second - least <= 2 * off) {
        const rough = best;
        const limit = least + 2 * off;
        let nearest = Number.POSITIVE_INFINITY;
        for (let c = 0; c < k; c++) {
          if ((norms[c] as number) - 2 * (block[base + c] as number) > limit) continue;
          const square = (norms[c] as number) - 2 * points.dot(row, centroids, c);
          if (square < nearest) {
            nearest = square;
            best = c;
          }
        }
        if (best !== rough) second = least;
        least = nearest;
      }
      const [upper, lower] = [least + norm + off, second + norm - off];
      visit(
        row,
        best,
        Math.max(0, least + norm),
        Math.sqrt(Math.max(0, upper)),
        Math.sqrt(Math.max(0, lower)),
      );
    }
  };
}
