import { UMAP } from 'umap-js';
import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { geometry, type Points } from '../clustering/geometry.ts';
import { EmbeddingError } from './vectors.ts';
import { neighbourSteps } from './uses/neighbours.ts';

export interface UmapOptions {
  /** 15: fewer shows finer structure. */
  readonly neighbours: number;
  /** 0.1: how close points may lie in the map. */
  readonly minDist: number;
  readonly epochs: number;
  readonly seed: number;
}

export const umapDefaults: UmapOptions = { neighbours: 15, minDist: 0.1, epochs: 300, seed: 13 };

/**
 * UMAP's layout (McInnes et al. 2018) `[count, 2]` over exact cosine neighbours, by umap-js. Yields thousandths: neighbours found, then epochs. Throws `embedding-empty` where fewer points are there than neighbours asked for.
 */
export function* umapSteps(
  points: Points,
  { neighbours, minDist, epochs, seed }: UmapOptions,
): Steps<Float32Array> {
  const { count } = geometry(points);
  const k = Math.min(neighbours, count - 2);
  if (k < 2)
    throw new EmbeddingError(
      'embedding-empty',
      `${count} points make no map.`,
      'A map needs at least four texts.',
    );
  // umap-js counts a point among its own neighbours, first.
  const search = neighbourSteps(points, points, { k: k - 1, excludeSelf: true });
  let step = search.next();
  for (; !step.done; step = search.next()) yield (step.value / count) * searchShare;
  const found = step.value;
  const indices = Array.from({ length: count }, (_, row) => [
    row,
    ...found.rows.subarray(row * (k - 1), (row + 1) * (k - 1)),
  ]);
  const distances = Array.from({ length: count }, (_, row) => [
    0,
    // Zero would be "no edge" to umap-js: equal texts lie next to each other, not apart.
    ...Array.from(found.scores.subarray(row * (k - 1), (row + 1) * (k - 1)), (score) =>
      Math.max(1e-6, 1 - score),
    ),
  ]);
  const r = random(seed);
  const umap = new UMAP({ nNeighbors: k, minDist, nEpochs: epochs, nComponents: 2, random: () => r.next() });
  umap.setPrecomputedKNN(indices, distances);
  const rounds = umap.initializeFit(Array.from({ length: count }, (_, i) => [i]));
  for (let epoch = 0; epoch < rounds; epoch++) {
    umap.step();
    yield searchShare + (epoch / rounds) * (umapTotal - searchShare);
  }
  return Float32Array.from(umap.getEmbedding().flat());
}

const umapTotal = 1000;
const searchShare = 200;
