import type { TreeEdge } from './spanningTree.ts';

/** A row (below the count) or a cluster (from the count on; the count itself is the root) leaves its parent at density lambda. */
export interface CondensedEdge {
  readonly parent: number;
  readonly child: number;
  /** 1 / distance. */
  readonly lambda: number;
  readonly size: number;
}

// Copies are at distance 0; an infinite density would leave NaN behind where it is subtracted.
const densest = 1e12;

/**
 * The single-linkage tree without its splits into fewer than `minClusterSize` rows, which are rows falling out of a cluster that lives
 * on (McInnes & Healy 2017, figure 3). Parents come before their children.
 */
export function condense(tree: readonly TreeEdge[], count: number, minClusterSize: number): CondensedEdge[] {
  const { left, right, size } = singleLinkage(tree, count);
  const edges: CondensedEdge[] = [];
  let next = count + 1;
  const open: { readonly node: number; readonly cluster: number }[] = [];
  if (count > 1) open.push({ node: 2 * count - 2, cluster: count });
  const fallOut = (from: number, parent: number, lambda: number) => {
    const nodes = [from];
    for (let node = nodes.pop(); node !== undefined; node = nodes.pop())
      if (node < count) edges.push({ parent, child: node, lambda, size: 1 });
      else nodes.push(right[node - count] as number, left[node - count] as number);
  };
  // Breadth first: numbers grow with depth.
  for (let at = 0; at < open.length; at++) {
    const { node, cluster } = open[at] as (typeof open)[number];
    const { distance } = tree[node - count] as TreeEdge;
    const lambda = Math.min(densest, 1 / distance);
    const sides = [left[node - count] as number, right[node - count] as number];
    const large = sides.filter((side) => (size[side] as number) >= minClusterSize);
    for (const side of sides) {
      if (!large.includes(side)) fallOut(side, cluster, lambda);
      else if (large.length === 1) open.push({ node: side, cluster });
      else {
        edges.push({ parent: cluster, child: next, lambda, size: size[side] as number });
        open.push({ node: side, cluster: next++ });
      }
    }
  }
  return edges;
}

/** Node count + i joins two nodes by the tree's edge i; rows are nodes below the count. */
function singleLinkage(tree: readonly TreeEdge[], count: number) {
  const [left, right] = [new Uint32Array(tree.length), new Uint32Array(tree.length)];
  const size = new Uint32Array(2 * count).fill(1);
  const parent = Uint32Array.from({ length: 2 * count }, (_, node) => node);
  const find = (node: number): number => {
    let at = node;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] as number] as number;
      at = parent[at] as number;
    }
    return at;
  };
  tree.forEach(({ a, b }, i) => {
    const [x, y] = [find(a), find(b)];
    left[i] = x;
    right[i] = y;
    size[count + i] = (size[x] as number) + (size[y] as number);
    parent[x] = count + i;
    parent[y] = count + i;
  });
  return { left, right, size };
}
