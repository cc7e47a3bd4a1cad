import type { Geometry } from '../../clustering/geometry.ts';

/**
 * Ward's clusters of all points, cut at k: `[count]` cluster numbers in order of first appearance. Nearest-neighbour chain (Murtagh 1983)
 * with Lance-Williams updates: exact, O(n²) time and memory, where a search of all pairs a merge is O(n³). Agrees with scikit-learn's
 * AgglomerativeClustering up to ties.
 */
export function wardClusters(points: Geometry, k: number): Uint32Array {
  const merges = wardMerges(points);
  merges.sort((a, b) => a.height - b.height);
  const parent = Uint32Array.from({ length: points.count }, (_, row) => row);
  const rootOf = (row: number): number => {
    let at = row;
    while (parent[at] !== at) at = parent[at] = parent[parent[at] as number] as number;
    return at;
  };
  for (const { a, b } of merges.slice(0, points.count - k)) parent[rootOf(a)] = rootOf(b);
  const numbers = new Map<number, number>();
  return Uint32Array.from({ length: points.count }, (_, row) => {
    const root = rootOf(row);
    const number = numbers.get(root) ?? numbers.size;
    numbers.set(root, number);
    return number;
  });
}

interface Merge {
  /** Any row of either side. */
  readonly a: number;
  readonly b: number;
  readonly height: number;
}

function wardMerges(points: Geometry): Merge[] {
  const n = points.count;
  const distances = squaredDistances(points);
  const sizes = new Uint32Array(n).fill(1);
  const alive = new Uint8Array(n).fill(1);
  const merges: Merge[] = [];
  const chain: number[] = [];
  let fresh = 0;
  while (merges.length < n - 1) {
    if (chain.length === 0) {
      while (!alive[fresh]) fresh++;
      chain.push(fresh);
    }
    const top = chain.at(-1) as number;
    const before = chain.at(-2) ?? -1;
    // The one before wins ties, or the chain would turn in circles.
    let nearest = before;
    let least = before < 0 ? Number.POSITIVE_INFINITY : (distances[top * n + before] as number);
    for (let other = 0; other < n; other++) {
      if (!alive[other] || other === top || (distances[top * n + other] as number) >= least) continue;
      least = distances[top * n + other] as number;
      nearest = other;
    }
    if (nearest !== before) {
      chain.push(nearest);
      continue;
    }
    chain.length -= 2;
    merges.push({ a: top, b: nearest, height: least });
    const [p, q] = [sizes[top] as number, sizes[nearest] as number];
    alive[top] = 0;
    for (let other = 0; other < n; other++) {
      if (!alive[other] || other === nearest) continue;
      const s = sizes[other] as number;
      const joined =
        ((p + s) * (distances[top * n + other] as number) +
          (q + s) * (distances[nearest * n + other] as number) -
          s * least) /
        (p + q + s);
      distances[nearest * n + other] = joined;
      distances[other * n + nearest] = joined;
    }
    sizes[nearest] = p + q;
  }
  return merges;
}

function squaredDistances(points: Geometry): Float64Array {
  const n = points.count;
  const distances = new Float64Array(n * n);
  const vector = new Float64Array(points.width);
  for (let i = 0; i < n; i++) {
    points.copyRow(i, vector, 0);
    const norm = points.squaredNorms[i] as number;
    for (let j = 0; j < i; j++) {
      const square = norm + (points.squaredNorms[j] as number) - 2 * points.dot(j, vector, 0);
      distances[i * n + j] = distances[j * n + i] = Math.max(0, square);
    }
  }
  return distances;
}
