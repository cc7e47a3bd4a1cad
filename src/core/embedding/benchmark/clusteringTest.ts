import type { TaskOptions } from '../../../base/progress.ts';
import { within, type Steps } from '../../../base/steps.ts';
import { inThousandths } from '../../clustering/task.ts';
import { geometry } from '../../clustering/geometry.ts';
import type { Geometry, Points } from '../../clustering/points.ts';
import type { Grouping } from '../../clustering/grouping.ts';
import { kmeansSteps } from '../../clustering/kmeans.ts';
import { silhouetteSteps } from '../../clustering/silhouette.ts';
import { deviation, mean } from '../../statistics/moments.ts';
import { clusterAgreement } from '../../metrics/clustering.ts';

export interface ClusteringTestOptions {
  /** One k-means each; 5 where a deviation is to be said. */
  readonly seeds: readonly number[];
  /** Null: as many as there are categories, as the paper has it. */
  readonly k: number | null;
  /** Starts of each k-means, the best of which counts. 10, scikit-learn's before version 1.4, which the baselines were measured with. */
  readonly runs: number;
  /** Rows for the silhouette; null for all. */
  readonly silhouetteSample: number | null;
  /** Clusterings made elsewhere (on a GPU, by another method), by seed: nothing is clustered for these. */
  readonly given?: ReadonlyMap<number, GivenClustering>;
}

export interface GivenClustering extends Pick<Grouping, 'clusters' | 'inertia'> {
  readonly noise?: number | null;
}

/** How clusters agree with categories, equal to scikit-learn's functions of the same names; NMI by arithmetic mean. */
export interface ClusteringScores {
  readonly ari: number;
  readonly purity: number;
  readonly homogeneity: number;
  readonly completeness: number;
  readonly nmi: number;
  /** Of the predicted clusters; NaN where it is not defined. */
  readonly silhouette: number;
  readonly inertia: number;
}

export interface ClusteringTest {
  readonly k: number;
  readonly bySeed: readonly ClusteringScores[];
  readonly mean: ClusteringScores;
  /** Sample deviation over seeds (n - 1); 0 for one seed. */
  readonly deviation: ClusteringScores;
}

/**
 * The benchmark's clustering test (EFT): k-means over raw embeddings, once a seed, against the category of each row.
 * Throws as `kmeans` does.
 */
export async function clusteringTest(
  points: Points,
  categories: ArrayLike<number>,
  options: ClusteringTestOptions,
  task: TaskOptions = {},
): Promise<ClusteringTest> {
  const steps = clusteringTestSteps(geometry(points), categories, options);
  return inThousandths('clustering test', options.seeds.length, steps, task);
}

/** The same as steps, 1,000 a seed. */
export function* clusteringTestSteps(
  points: Geometry,
  categories: ArrayLike<number>,
  { seeds, k: asked, runs, silhouetteSample, given }: ClusteringTestOptions,
): Steps<ClusteringTest> {
  const k = asked ?? new Set(Array.from(categories)).size;
  const bySeed: ClusteringScores[] = [];
  for (const [i, seed] of seeds.entries()) {
    let clustering: GivenClustering | undefined = given?.get(seed);
    if (!clustering) {
      const steps = kmeansSteps(points, { k, seed, runs });
      clustering = yield* within(steps, (done) => i * 1000 + (done / runs) * 0.8);
    }
    const { clusters, inertia } = clustering;
    let mean = Number.NaN;
    const inside = withoutNoise(points, clustering);
    const used = new Set(inside.clusters).size;
    if (used > 1 && used < inside.points.count) {
      const sampling = silhouetteSteps(inside.points, inside.clusters, { sample: silhouetteSample, seed });
      const most = silhouetteSample ?? inside.points.count;
      ({ mean } = yield* within(sampling, (done) => i * 1000 + 800 + (200 * done) / most));
    }
    bySeed.push({ ...agreement(categories, clusters), silhouette: mean, inertia });
  }
  return { k, bySeed, mean: combined(bySeed, mean), deviation: combined(bySeed, deviation) };
}

/** Noise is no cluster that a silhouette could be taken of. In the other scores it counts as one, as scikit-learn's metrics count -1. */
function withoutNoise(points: Geometry, { clusters, noise = null }: GivenClustering) {
  if (noise === null) return { points, clusters };
  const rows = Uint32Array.from(clusters.keys()).filter((row) => clusters[row] !== noise);
  if (rows.length === 0) return { points, clusters: new Uint32Array(points.count) };
  return { points: points.gather(rows), clusters: rows.map((row) => clusters[row] as number) };
}

/** All external scores of one clustering. Throws `clustering-shape-mismatch`. */
export function agreement(
  categories: ArrayLike<number>,
  clusters: ArrayLike<number>,
): Omit<ClusteringScores, 'silhouette' | 'inertia'> {
  const { ari, purity, homogeneity } = clusterAgreement(categories, clusters);
  // Completeness is homogeneity with the roles exchanged (Rosenberg & Hirschberg 2007), NMI their harmonic mean.
  const completeness = clusterAgreement(clusters, categories).homogeneity;
  const both = homogeneity + completeness;
  return {
    ari,
    purity,
    homogeneity,
    completeness,
    nmi: both > 0 ? (2 * homogeneity * completeness) / both : 0,
  };
}

function combined(
  scores: readonly ClusteringScores[],
  how: (values: readonly number[]) => number,
): ClusteringScores {
  const of = (key: keyof ClusteringScores) => how(scores.map((score) => score[key]));
  return {
    ari: of('ari'),
    purity: of('purity'),
    homogeneity: of('homogeneity'),
    completeness: of('completeness'),
    nmi: of('nmi'),
    silhouette: of('silhouette'),
    inertia: of('inertia'),
  };
}
