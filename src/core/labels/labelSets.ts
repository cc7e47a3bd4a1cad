import type { LabelTable } from './labelTable.ts';

/** A table whose labels are positions in an order (ranks), ascending in each row; labels outside the order are left out. */
export interface RankedRows {
  /** `[rows + 1]` */
  readonly offsets: Uint32Array;
  readonly values: Uint32Array;
}

export function rankRows(table: LabelTable, order: Uint32Array): RankedRows {
  const rankOf = new Int32Array(table.labels.length).fill(-1);
  order.forEach((id, rank) => (rankOf[id] = rank));
  const offsets = new Uint32Array(table.rowCount + 1);
  const values = new Uint32Array(table.labelIds.length);
  let end = 0;
  for (let row = 0; row < table.rowCount; row++) {
    const start = end;
    for (let i = table.rowOffsets[row] as number; i < (table.rowOffsets[row + 1] as number); i++) {
      const rank = rankOf[table.labelIds[i] as number] as number;
      if (rank < 0) continue;
      let at = end++;
      for (; at > start && (values[at - 1] as number) > rank; at--) values[at] = values[at - 1] as number;
      values[at] = rank;
    }
    offsets[row + 1] = end;
  }
  return { offsets, values: values.subarray(0, end) };
}

/**
 * Distinct non-empty label sets among all rows when only the first k ranks count, for every k at once: `[labels + 1]`.
 *
 * A row's set at k is a prefix of its ascending ranks, so sets are nodes of a trie. A node that ends in rank e is some
 * row's whole set exactly for those k with e < k <= m, where m is the largest rank that follows it in any row (or
 * the end): an interval a node, summed by differences. Exact (no hash collisions) and linear in the pairs.
 */
export function countDistinctSets({ offsets, values }: RankedRows, labels: number): Uint32Array {
  const trie = createTrie();
  for (let row = 0; row + 1 < offsets.length; row++) {
    let node = 0;
    for (let i = offsets[row] as number; i < (offsets[row + 1] as number); i++) {
      const rank = values[i] as number;
      trie.follow(node, rank);
      node = trie.child(node, rank);
    }
    trie.follow(node, labels);
  }
  const distinct = new Uint32Array(labels + 2);
  trie.each((last, furthest) => {
    // Uint32 wraps, and so do the sums: the result is exact all the same.
    distinct[last + 1] = (distinct[last + 1] as number) + 1;
    distinct[furthest + 1] = (distinct[furthest + 1] as number) - 1;
  });
  for (let k = 1; k <= labels; k++) distinct[k] = (distinct[k] as number) + (distinct[k - 1] as number);
  return distinct.subarray(0, labels + 1);
}

/** A trie over (node, rank) edges in one open-addressed table; node 0 is the root. */
function createTrie() {
  let capacity = 1 << 12;
  let nodes = 1;
  let parent = new Uint32Array(capacity);
  let last = new Uint32Array(capacity);
  let furthest = new Uint32Array(capacity);
  // Twice as many slots as nodes; 0 marks a free slot, as no edge leads to the root.
  let slots = new Uint32Array(2 * capacity);

  const slotOf = (node: number, rank: number): number => {
    const mask = slots.length - 1;
    let h = Math.imul(node ^ Math.imul(rank, 0x85ebca6b), 0x9e3779b1);
    h ^= h >>> 15;
    let slot = h & mask;
    for (;;) {
      const found = slots[slot] as number;
      if (found === 0 || (parent[found] === node && last[found] === rank)) return slot;
      slot = (slot + 1) & mask;
    }
  };

  const grow = () => {
    capacity *= 2;
    const enlarge = (old: Uint32Array<ArrayBuffer>) => {
      const grown = new Uint32Array(capacity);
      grown.set(old);
      return grown;
    };
    parent = enlarge(parent);
    last = enlarge(last);
    furthest = enlarge(furthest);
    slots = new Uint32Array(2 * capacity);
    for (let node = 1; node < nodes; node++)
      slots[slotOf(parent[node] as number, last[node] as number)] = node;
  };

  return {
    child(node: number, rank: number): number {
      let slot = slotOf(node, rank);
      if (slots[slot] !== 0) return slots[slot] as number;
      if (nodes === capacity) {
        grow();
        slot = slotOf(node, rank);
      }
      parent[nodes] = node;
      last[nodes] = rank;
      slots[slot] = nodes;
      return nodes++;
    },
    follow(node: number, rank: number): void {
      if (rank > (furthest[node] as number)) furthest[node] = rank;
    },
    each(visit: (last: number, furthest: number) => void): void {
      for (let node = 1; node < nodes; node++) visit(last[node] as number, furthest[node] as number);
    },
  };
}
