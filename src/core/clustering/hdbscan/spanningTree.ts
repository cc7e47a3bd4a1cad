/** Distance of each row to its n-th nearest, itself the first. `matrix` `[count, count]`. */
export function coreDistances(matrix: Float32Array, count: number, n: number): Float64Array {
  const nearest = new Float64Array(n);
  return Float64Array.from({ length: count }, (_, row) => {
    nearest.fill(Number.POSITIVE_INFINITY);
    for (let at = row * count; at < (row + 1) * count; at++) {
      const distance = matrix[at] as number;
      if (distance >= (nearest[n - 1] as number)) continue;
      let place = n - 1;
      for (; place > 0 && (nearest[place - 1] as number) > distance; place--)
        nearest[place] = nearest[place - 1] as number;
      nearest[place] = distance;
    }
    return nearest[n - 1] as number;
  });
}

export interface TreeEdge {
  readonly a: number;
  readonly b: number;
  readonly distance: number;
  /** Without the cores. */
  readonly plain: number;
}

/**
 * Minimum spanning tree (Prim) of mutual reachability, max(core a, core b, distance a b); edges by distance. A core makes many edges
 * equally long: among those the plain distance decides, so that the order of rows does not.
 */
export function spanningTree(matrix: Float32Array, cores: Float64Array, count: number): TreeEdge[] {
  const nearest = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const plainest = new Float64Array(count);
  const from = new Uint32Array(count);
  const isIn = new Uint8Array(count);
  const edges: TreeEdge[] = [];
  let current = 0;
  for (let added = 1; added < count; added++) {
    isIn[current] = 1;
    const core = cores[current] as number;
    let [next, least] = [-1, Number.POSITIVE_INFINITY];
    for (let row = 0; row < count; row++) {
      if (isIn[row] === 1) continue;
      const plain = matrix[current * count + row] as number;
      const reach = Math.max(core, cores[row] as number, plain);
      const before = nearest[row] as number;
      if (reach < before || (reach === before && plain < (plainest[row] as number))) {
        nearest[row] = reach;
        plainest[row] = plain;
        from[row] = current;
      }
      const own = nearest[row] as number;
      const isTie = own === least && (plainest[row] as number) < (plainest[next] as number);
      if (next < 0 || own < least || isTie) {
        least = own;
        next = row;
      }
    }
    edges.push({ a: from[next] as number, b: next, distance: least, plain: plainest[next] as number });
    current = next;
  }
  return edges.sort((x, y) => x.distance - y.distance || x.plain - y.plain);
}
