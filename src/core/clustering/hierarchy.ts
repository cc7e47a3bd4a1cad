import type { Steps } from '../../base/steps.ts';
import { distanceMatrix } from './distanceMatrix.ts';
import type { Geometry } from './points.ts';
import { checkClusters } from './kmeans.ts';

export type Linkage = 'ward' | 'average' | 'complete';

/** Clusters a and b, named after one of their rows each, become one. Heights as scikit-learn's and scipy's. */
export interface Merge {
  readonly a: number;
  readonly b: number;
  readonly height: number;
}

/**
 * Agglomerative clustering cut at k clusters, numbered by their first rows. Equal to scikit-learn's AgglomerativeClustering but where
 * distances are equal. O(count²) time and memory. Yields rows of twice the count. Throws as `kmeans`, and `points-too-many`.
 */
export function* hierarchySteps(points: Geometry, linkage: Linkage, k: number): Steps<Uint32Array> {
  checkClusters(points, k);
  const matrix = yield* distanceMatrix(points, 'Hierarchical clustering');
  return cut(yield* mergeSteps(matrix, points.count, linkage), points.count, k);
}

/**
 * All count - 1 merges, by height, by nearest-neighbour chains (Murtagh 1983; Müllner 2011): two clusters that are each other's nearest
 * can merge at once, whatever the rest does. `matrix` `[count, count]` of distances is used up.
 */
export function* mergeSteps(matrix: Float32Array, count: number, linkage: Linkage): Steps<Merge[]> {
  // Ward's update is one of squares.
  if (linkage === 'ward') for (let i = 0; i < matrix.length; i++) matrix[i] = (matrix[i] as number) ** 2;
  const sizes = new Uint32Array(count).fill(1);
  const alive = Uint32Array.from({ length: count }, (_, row) => row);
  let left = count;
  const merges: Merge[] = [];
  const chain: number[] = [];
  while (merges.length < count - 1) {
    if (chain.length === 0) chain.push(alive[0] as number);
    const top = chain.at(-1) as number;
    const before = chain.at(-2);
    // Ties go to the one that the chain came from: else it could run in a circle.
    let nearest = before ?? -1;
    let least = before === undefined ? Number.POSITIVE_INFINITY : (matrix[top * count + before] as number);
    for (let i = 0; i < left; i++) {
      const other = alive[i] as number;
      const distance = matrix[top * count + other] as number;
      if (distance < least && other !== top) {
        least = distance;
        nearest = other;
      }
    }
    if (nearest !== before) {
      chain.push(nearest);
      continue;
    }
    chain.length -= 2;
    const [a, b] = top < nearest ? [top, nearest] : [nearest, top];
    merges.push({ a, b, height: linkage === 'ward' ? Math.sqrt(least) : least });
    left = without(alive, left, b);
    join(matrix, count, alive.subarray(0, left), sizes, a, b, linkage);
    if (merges.length % 256 === 0) yield count + merges.length;
  }
  return merges.sort((x, y) => x.height - y.height);
}

/** Lance and Williams' update: a becomes the union of both. */
function join(
  matrix: Float32Array,
  count: number,
  alive: Uint32Array,
  sizes: Uint32Array,
  a: number,
  b: number,
  linkage: Linkage,
): void {
  const [sizeA, sizeB] = [sizes[a] as number, sizes[b] as number];
  const between = matrix[a * count + b] as number;
  for (const other of alive) {
    if (other === a) continue;
    const toA = matrix[a * count + other] as number;
    const toB = matrix[b * count + other] as number;
    let distance = Math.max(toA, toB);
    if (linkage === 'average') distance = (sizeA * toA + sizeB * toB) / (sizeA + sizeB);
    if (linkage === 'ward') {
      const size = sizes[other] as number;
      const sum = (sizeA + size) * toA + (sizeB + size) * toB - size * between;
      distance = sum / (sizeA + sizeB + size);
    }
    matrix[a * count + other] = distance;
    matrix[other * count + a] = distance;
  }
  sizes[a] = sizeA + sizeB;
}

/** Takes one out of the first `left`, which stay in order. */
function without(alive: Uint32Array, left: number, gone: number): number {
  const at = alive.subarray(0, left).indexOf(gone);
  alive.copyWithin(at, at + 1, left);
  return left - 1;
}

/** Clusters after all but the last k - 1 merges. */
export function cut(merges: readonly Merge[], count: number, k: number): Uint32Array {
  const parent = Uint32Array.from({ length: count }, (_, row) => row);
  const find = (row: number): number => {
    let root = row;
    while (parent[root] !== root) root = parent[root] as number;
    for (let at = row; at !== root;) {
      const next = parent[at] as number;
      parent[at] = root;
      at = next;
    }
    return root;
  };
  for (const { a, b } of merges.slice(0, count - k)) parent[find(b)] = find(a);
  const numbers = new Map<number, number>();
  return Uint32Array.from({ length: count }, (_, row) => {
    const root = find(row);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}
