import { random } from '../../../base/random.ts';
import type { Geometry } from '../../clustering/points.ts';
import { symmetricEigenvalues } from '../../embedding/eigenvalues.ts';

/** Rows beyond it are sampled: eigenvalues cost their cube. */
const vendiSampleRows = 512;

export interface Vendi {
  /** 1 (all alike) to `rows` (all orthogonal): the effective number of different texts. */
  readonly score: number;
  readonly rows: number;
}

/**
 * Vendi score (Friedman & Dieng 2023): exp of the entropy of the eigenvalues of K / n, with K the cosines of all pairs. Zero vectors
 * count as alone in their direction. Depends on n, so sets are compared at equal rows.
 */
export function vendiScore(points: Geometry, seed: number, limit = vendiSampleRows): Vendi {
  const rows = sampleRows(points.count, limit, seed);
  const n = rows.length;
  const chosen = points.gather(rows);
  const others = new Float64Array(chosen.width);
  const kernel = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    chosen.copyRow(i, others, 0);
    kernel[i * n + i] = 1 / n;
    for (let j = 0; j < i; j++) {
      const norms = Math.sqrt((chosen.squaredNorms[i] as number) * (chosen.squaredNorms[j] as number));
      const cosine = norms === 0 ? 0 : chosen.dot(j, others, 0) / norms;
      kernel[i * n + j] = kernel[j * n + i] = cosine / n;
    }
  }
  let entropy = 0;
  for (const value of symmetricEigenvalues(kernel, n)) if (value > 1e-12) entropy -= value * Math.log(value);
  return { score: Math.exp(entropy), rows: n };
}

/** All rows, or `limit` of them by the seed, ascending. */
export function sampleRows(count: number, limit: number, seed: number): Uint32Array {
  const all = Uint32Array.from({ length: count }, (_, row) => row);
  return count <= limit ? all : random(seed, 0x5a3e).shuffle(all).slice(0, limit).sort();
}
