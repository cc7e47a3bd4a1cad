import { deviation, mean } from '../../statistics/moments.ts';
import { random } from '../../../base/random.ts';
import type { KMeansResult } from '../../clustering/kmeans.ts';

/**
 * The rows nearest to each centroid (PIE's data selection: k-means with as many clusters as rows are wanted, one of each), by
 * squared distance, ties by row; ascending. Clusters smaller than `perCluster` give all they have.
 */
export function nearestToCentroids(
  { clusters, squaredDistances }: Pick<KMeansResult, 'clusters' | 'squaredDistances'>,
  perCluster = 1,
): Uint32Array {
  const members = new Map<number, number[]>();
  clusters.forEach((cluster, row) => {
    const rows = members.get(cluster);
    if (rows) rows.push(row);
    else members.set(cluster, [row]);
  });
  const distance = (row: number) => squaredDistances[row] as number;
  const chosen = [...members.values()].flatMap((rows) =>
    rows.sort((a, b) => distance(a) - distance(b) || a - b).slice(0, perCluster),
  );
  return Uint32Array.from(chosen).sort();
}

/** `count` rows at random, ascending: what a selection is compared with. */
export function randomRows(available: number, count: number, seed: number): Uint32Array {
  const all = Uint32Array.from({ length: available }, (_, row) => row);
  return random(seed).shuffle(all).slice(0, count).sort();
}

/** How much of a set's categories a choice of its rows shows. */
export interface Coverage {
  readonly rows: number;
  /** Share of the set's categories that occur among the rows. */
  readonly categories: number;
  /** Total variation between the two distributions of categories, 0 (the same) to 1. */
  readonly distance: number;
  /** Entropy of the rows' categories in bits: how even they are. */
  readonly entropyBits: number;
}

/** Coverage of the categories (any integers, one a row of the whole set) by chosen rows. */
export function coverage(categories: ArrayLike<number>, rows: ArrayLike<number>): Coverage {
  const all = shares(Array.from(categories));
  const chosen = shares(Array.from(rows, (row) => categories[row] as number));
  let distance = 0;
  for (const [category, share] of all) distance += Math.abs(share - (chosen.get(category) ?? 0));
  let entropyBits = 0;
  for (const share of chosen.values()) entropyBits -= share * Math.log2(share);
  return { rows: rows.length, categories: chosen.size / all.size, distance: distance / 2, entropyBits };
}

/** Coverage of random choices of the same size: mean and sample deviation over seeds. */
export function randomCoverage(
  categories: ArrayLike<number>,
  count: number,
  seeds: readonly number[],
): { readonly mean: Coverage; readonly deviation: Coverage } {
  const found = seeds.map((seed) => coverage(categories, randomRows(categories.length, count, seed)));
  const over = (of: (values: readonly number[]) => number): Coverage => ({
    rows: count,
    categories: of(found.map((one) => one.categories)),
    distance: of(found.map((one) => one.distance)),
    entropyBits: of(found.map((one) => one.entropyBits)),
  });
  return { mean: over(mean), deviation: over(deviation) };
}

function shares(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1 / values.length);
  return counts;
}
