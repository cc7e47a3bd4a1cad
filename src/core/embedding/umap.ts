import { random } from '../../base/random.ts';
import { within, type Steps } from '../../base/steps.ts';
import { geometry } from '../clustering/geometry.ts';
import type { Points } from '../clustering/points.ts';
import { pcaSteps } from './pca.ts';
import { fuzzyGraph } from './umap/fuzzyGraph.ts';
import { layoutSteps } from './umap/layout.ts';
import { nearestGraphSteps } from './umap/nearestGraph.ts';
import { EmbeddingError } from './vectors.ts';

export interface UmapOptions {
  /** 15: fewer shows finer structure. */
  readonly neighbours: number;
  /** 0.1: how close points may lie in the map. */
  readonly minDist: number;
  /** Null: 500 up to 10,000 points and 200 beyond, as umap-learn. */
  readonly epochs: number | null;
  readonly seed: number;
}

export const umapDefaults: UmapOptions = { neighbours: 15, minDist: 0.1, epochs: null, seed: 13 };

/** Thousandths that `umapSteps` counts. */
export const umapTotal = 1000;
/** The map begins this wide, as umap-learn's, and a little off, so that equal points can part. */
const startExtent = 10;
const startNoise = 1e-4;

/**
 * UMAP's map (McInnes et al. 2018) `[count, 2]` by cosine, begun at the principal components (umap-learn's `init='pca'`): the nearest
 * neighbours (exact for small sets, see `nearestGraphSteps`), their fuzzy graph, the layout. Own, not umap-js: over exact
 * neighbours that took 155 s for 10,000 × 64 where this takes 17 s (bench/map/umap.ts). Same points, options and seed: same map. Yields thousandths,
 * shared out by how long the parts take. Throws `embedding-empty` where fewer than four points are there.
 */
export function* umapSteps(
  points: Points,
  { neighbours, minDist, epochs, seed }: UmapOptions,
): Steps<Float32Array> {
  const { count, width } = geometry(points);
  // A point counts among its own neighbours, as in umap-learn.
  const k = Math.min(neighbours, count - 2) - 1;
  if (k < 1)
    throw new EmbeddingError(
      'embedding-empty',
      `${count} points make no map.`,
      'A map needs at least four texts.',
    );
  const rounds = epochs ?? (count <= 10_000 ? 500 : 200);
  const searchShare = searchShareOf(count, width, k, rounds);
  const nearest = yield* within(nearestGraphSteps(points, k, seed), (share) => share * searchShare);
  const graph = fuzzyGraph(nearest);
  yield searchShare;
  const map = yield* start(points, seed, searchShare);
  const layout = layoutSteps(map, graph, { epochs: rounds, minDist, seed });
  yield* within(layout, (share) => searchShare + share * (umapTotal - searchShare));
  return map;
}

/** Thousandths of the time that neighbours take: products in float32 against visits of the layout, as measured (bench/map/umap.ts). */
function searchShareOf(count: number, width: number, k: number, rounds: number): number {
  const searched = count * Math.min(count, 8192) * width * 0.045;
  const laidOut = count * k * rounds * 25;
  return (umapTotal * searched) / (searched + laidOut);
}

function* start(points: Points, seed: number, mark: number): Steps<Float32Array> {
  const scores = yield* within(pcaSteps(points, 2, seed), () => mark);
  let most = 0;
  for (const score of scores) most = Math.max(most, Math.abs(score));
  const scale = most > 0 ? startExtent / most : 0;
  const r = random(seed, 2);
  return scores.map((score) => score * scale + startNoise * r.normal());
}
