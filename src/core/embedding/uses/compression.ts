import { spearman } from '../../metrics/clustering.ts';
import { mean } from '../../statistics/moments.ts';

/** How well a part of a benchmark stands for the whole of it. */
export interface Compression {
  /** For each system: mean score over all rows, over the chosen rows. */
  readonly systems: readonly { readonly whole: number; readonly part: number }[];
  /** Spearman's correlation of the two rankings; null where either ranks nothing. */
  readonly rankCorrelation: number | null;
  /** Mean absolute difference of the two means. */
  readonly meanError: number;
}

/**
 * Scores systems on chosen rows and on all rows (benchmark compression). `scores` holds one array a system, one score a row of the whole
 * benchmark. `weights`, one a chosen row, lets a row speak for its cluster: its size; equal ones where left out.
 */
export function compression(
  scores: readonly ArrayLike<number>[],
  rows: ArrayLike<number>,
  weights: ArrayLike<number> | null = null,
): Compression {
  const systems = scores.map((all) => {
    let [sum, total] = [0, 0];
    for (let i = 0; i < rows.length; i++) {
      const weight = weights ? (weights[i] as number) : 1;
      sum += weight * (all[rows[i] as number] as number);
      total += weight;
    }
    return { whole: mean(Array.from(all)), part: sum / total };
  });
  const whole = systems.map((system) => system.whole);
  const part = systems.map((system) => system.part);
  return {
    systems,
    rankCorrelation: systems.length < 2 ? null : spearman(whole, part),
    meanError: mean(systems.map((system) => Math.abs(system.whole - system.part))),
  };
}

/** Rows of the cluster that each chosen row comes from: the weights that make a selection's mean estimate the whole's. */
export function clusterWeights(clusters: ArrayLike<number>, rows: ArrayLike<number>): Float64Array {
  const sizes = new Map<number, number>();
  for (let row = 0; row < clusters.length; row++) {
    const cluster = clusters[row] as number;
    sizes.set(cluster, (sizes.get(cluster) ?? 0) + 1);
  }
  const chosen = new Map<number, number>();
  for (let i = 0; i < rows.length; i++) {
    const cluster = clusters[rows[i] as number] as number;
    chosen.set(cluster, (chosen.get(cluster) ?? 0) + 1);
  }
  return Float64Array.from(rows, (row) => {
    const cluster = clusters[row] as number;
    return (sizes.get(cluster) ?? 0) / (chosen.get(cluster) ?? 1);
  });
}
