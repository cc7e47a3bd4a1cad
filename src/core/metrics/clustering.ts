import { VerbenaError } from '../../base/errors.ts';

export class ClusteringError extends VerbenaError<'clustering-shape-mismatch' | 'silhouette-undefined'> {}

/** How well clusters reproduce known classes. */
export interface ClusterAgreement {
  /** Adjusted Rand index: 1 for the same partition, about 0 for a random one. */
  readonly ari: number;
  /** Share of items in the majority class of their cluster. */
  readonly purity: number;
  /** 1 - H(class | cluster) / H(class); 1 where there is one class only. */
  readonly homogeneity: number;
}

/** Compares clusters with classes, both as any integers a row (scikit-learn's definitions). Throws `clustering-shape-mismatch`. */
export function clusterAgreement(classes: ArrayLike<number>, clusters: ArrayLike<number>): ClusterAgreement {
  const n = checkPair(classes, clusters);
  const cells = new Map<string, number>();
  const classSizes = new Map<number, number>();
  const clusterSizes = new Map<number, number>();
  const majority = new Map<number, number>();
  for (let i = 0; i < n; i++) {
    const y = classes[i] as number;
    const c = clusters[i] as number;
    const both = increment(cells, `${y} ${c}`);
    increment(classSizes, y);
    increment(clusterSizes, c);
    majority.set(c, Math.max(majority.get(c) ?? 0, both));
  }
  const squares = (sizes: Map<unknown, number>) => sum(sizes, (size) => size * size);
  // Pairs together in both, in classes only, in clusters only, in neither (Hubert & Arabie 1985), each counted twice.
  const both = squares(cells) - n;
  const onlyClasses = squares(classSizes) - n - both;
  const onlyClusters = squares(clusterSizes) - n - both;
  const neither = n * n - n - both - onlyClasses - onlyClusters;
  const ari =
    onlyClasses === 0 && onlyClusters === 0
      ? 1
      : (2 * (both * neither - onlyClasses * onlyClusters)) /
        ((both + onlyClasses) * (onlyClasses + neither) + (both + onlyClusters) * (onlyClusters + neither));

  const entropy = (sizes: Map<unknown, number>) => -sum(sizes, (size) => (size / n) * Math.log(size / n));
  const classEntropy = entropy(classSizes);
  // H(class | cluster) = H(class, cluster) - H(cluster).
  const conditional = entropy(cells) - entropy(clusterSizes);
  return {
    ari,
    purity: sum(majority, (size) => size) / n,
    homogeneity: classEntropy === 0 ? 1 : 1 - conditional / classEntropy,
  };
}

/**
 * Mean silhouette in Euclidean distance, as scikit-learn's `silhouette_score`: points row-major `[n, d]`, a cluster a row.
 * An item alone in its cluster scores 0. O(n² d). Throws `clustering-shape-mismatch`, and
 * `silhouette-undefined` unless there are from 2 to n - 1 clusters.
 */
export function silhouette(points: Float32Array | Float64Array, clusters: ArrayLike<number>): number {
  const n = clusters.length;
  const d = points.length / n;
  if (n === 0 || !Number.isInteger(d)) throw shapeMismatch(points.length, n);
  const index = new Map<number, number>();
  const cluster = Uint32Array.from(clusters, (c) => {
    if (!index.has(c)) index.set(c, index.size);
    return index.get(c) as number;
  });
  const k = index.size;
  if (k < 2 || k >= n)
    throw new ClusteringError(
      'silhouette-undefined',
      `A silhouette of ${n} items in ${k} clusters is not defined.`,
      'Use at least two clusters, and fewer than there are items.',
    );
  const sizes = new Uint32Array(k);
  for (const c of cluster) sizes[c] = (sizes[c] as number) + 1;

  // Sums of distances from every item to every cluster; each pair is measured once.
  const distances = new Float64Array(n * k);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let p = i * d, q = j * d; p < (i + 1) * d; p++, q++) {
        const difference = (points[p] as number) - (points[q] as number);
        square += difference * difference;
      }
      const distance = Math.sqrt(square);
      const ij = i * k + (cluster[j] as number);
      const ji = j * k + (cluster[i] as number);
      distances[ij] = (distances[ij] as number) + distance;
      distances[ji] = (distances[ji] as number) + distance;
    }

  let total = 0;
  for (let i = 0; i < n; i++) {
    const own = cluster[i] as number;
    const ownSize = sizes[own] as number;
    if (ownSize === 1) continue;
    let nearest = Number.POSITIVE_INFINITY;
    for (let c = 0; c < k; c++)
      if (c !== own) nearest = Math.min(nearest, (distances[i * k + c] as number) / (sizes[c] as number));
    const inside = (distances[i * k + own] as number) / (ownSize - 1);
    const larger = Math.max(inside, nearest);
    // Copies of one point in two clusters: no distance at all, and no preference.
    if (larger > 0) total += (nearest - inside) / larger;
  }
  return total / n;
}

/** Spearman's rank correlation, ties at their mean rank; null where one side is constant. Throws `clustering-shape-mismatch`. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number | null {
  const n = checkPair(a, b);
  const x = meanRanks(a);
  const y = meanRanks(b);
  const mean = (n + 1) / 2;
  let xy = 0;
  let xx = 0;
  let yy = 0;
  for (let i = 0; i < n; i++) {
    const u = (x[i] as number) - mean;
    const v = (y[i] as number) - mean;
    xy += u * v;
    xx += u * u;
    yy += v * v;
  }
  return xx === 0 || yy === 0 ? null : xy / Math.sqrt(xx * yy);
}

/** 1-based ranks; equal values share the mean of theirs. */
function meanRanks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i);
  order.sort((i, j) => (values[i] as number) - (values[j] as number));
  const ranks = new Float64Array(values.length);
  for (let start = 0; start < order.length;) {
    let end = start;
    while (end < order.length && values[order[end] as number] === values[order[start] as number]) end++;
    // NaN equals nothing, itself included: it takes one rank.
    end = Math.max(end, start + 1);
    for (let i = start; i < end; i++) ranks[order[i] as number] = (start + 1 + end) / 2;
    start = end;
  }
  return ranks;
}

function increment<K>(counts: Map<K, number>, key: K): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}

function sum(sizes: Map<unknown, number>, of: (size: number) => number): number {
  let total = 0;
  for (const size of sizes.values()) total += of(size);
  return total;
}

function checkPair(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length || a.length === 0) throw shapeMismatch(a.length, b.length);
  return a.length;
}

function shapeMismatch(a: number, b: number): ClusteringError {
  return new ClusteringError(
    'clustering-shape-mismatch',
    `Values of length ${a} and ${b} do not belong together.`,
    'Cluster the same rows again; if it stays, report it.',
  );
}
