import { UMAP } from 'umap-js';
import { random } from '../../src/base/random.ts';
import type { Points } from '../../src/core/clustering/points.ts';
import { neighbourSteps } from '../../src/core/embedding/uses/neighbours.ts';

/** How the map was laid out before: umap-js over exact cosine neighbours in float64. `onPhase` hears where the time goes. */
export function umapJsLayout(
  points: Points,
  count: number,
  { k, epochs, seed }: { readonly k: number; readonly epochs: number; readonly seed: number },
  onPhase: (phase: string, done: number, total: number) => void,
): Float32Array {
  const search = neighbourSteps(points, points, { k: k - 1, excludeSelf: true });
  let step = search.next();
  for (; !step.done; step = search.next()) onPhase('neighbours', step.value, count);
  const found = step.value;
  const cut = <T>(values: { slice(from: number, to: number): ArrayLike<T> }, row: number) =>
    Array.from(values.slice(row * (k - 1), (row + 1) * (k - 1)));
  const indices = Array.from({ length: count }, (_, row) => [row, ...cut<number>(found.rows, row)]);
  const distances = Array.from({ length: count }, (_, row) => [
    0,
    ...cut<number>(found.scores, row).map((score) => Math.max(1e-6, 1 - score)),
  ]);
  const r = random(seed);
  const umap = new UMAP({
    nNeighbors: k,
    minDist: 0.1,
    nEpochs: epochs,
    nComponents: 2,
    random: () => r.next(),
  });
  umap.setPrecomputedKNN(indices, distances);
  onPhase('graph', 0, 1);
  const rounds = umap.initializeFit(Array.from({ length: count }, (_, i) => [i]));
  for (let epoch = 0; epoch < rounds; epoch++) {
    umap.step();
    onPhase('layout', epoch + 1, rounds);
  }
  return Float32Array.from(umap.getEmbedding().flat());
}
