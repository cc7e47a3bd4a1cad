import { VerbenaError } from '../../base/errors.ts';
import { logSigmoid } from '../logarithms.ts';
import type { EncodedRows, Hierarchy } from './types.ts';

export class EncodingError extends VerbenaError<'encoding-cycle' | 'encoding-invalid'> {}

/**
 * The hierarchy that training rows show: A stands under B where every row of A (at least `minimumRows`) has B and B has more. Of several
 * such B only the nearest are parents. Exact where ancestors were added from a topic tree.
 */
export function hierarchyByContainment(
  { labels, train, targetOffsets, targetIds }: EncodedRows,
  minimumRows = 5,
): Hierarchy {
  const count = new Uint32Array(labels.length);
  const together = new Map<number, number>();
  for (const row of train) {
    const own = targetIds.subarray(targetOffsets[row], targetOffsets[row + 1]);
    for (const a of own) {
      count[a] = (count[a] as number) + 1;
      for (const b of own) {
        if (a === b) continue;
        const key = a * labels.length + b;
        together.set(key, (together.get(key) ?? 0) + 1);
      }
    }
  }
  const ancestors = labels.map(() => new Set<number>());
  for (const [key, rows] of together) {
    const a = Math.floor(key / labels.length);
    const b = key % labels.length;
    const own = count[a] as number;
    if (rows === own && own >= minimumRows && (count[b] as number) > own) ancestors[a]?.add(b);
  }
  return hierarchyOf(
    ancestors.map((above) =>
      [...above].filter((b) => ![...above].some((nearer) => ancestors[nearer]?.has(b))).sort((x, y) => x - y),
    ),
  );
}

/**
 * The hierarchy that `[child, parent]` pairs give among `labels`. Names that are not among them are passed through, so that a label whose
 * parent was dropped stands under its grandparent. Throws `encoding-cycle`.
 */
export function hierarchyFromPairs(
  labels: readonly string[],
  pairs: readonly (readonly [child: string, parent: string])[],
): Hierarchy {
  const ids = new Map(labels.map((label, id) => [label, id]));
  const above = new Map<string, string[]>();
  for (const [child, parent] of pairs) {
    if (child === parent) continue;
    const known = above.get(child);
    if (known) known.push(parent);
    else above.set(child, [parent]);
  }
  const parentsOf = (name: string): number[] => {
    const found = new Set<number>();
    const seen = new Set([name]);
    const queue = [...(above.get(name) ?? [])];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const id = ids.get(next);
      if (id === undefined) queue.push(...(above.get(next) ?? []));
      else found.add(id);
    }
    return [...found].sort((a, b) => a - b);
  };
  return hierarchyOf(labels.map(parentsOf), labels);
}

/** Orders labels after their parents. Throws `encoding-cycle` naming a label on the cycle. */
export function hierarchyOf(
  parents: readonly (readonly number[])[],
  labels: readonly string[] = [],
): Hierarchy {
  const order: number[] = [];
  const state = new Uint8Array(parents.length);
  for (let root = 0; root < parents.length; root++) {
    const stack = [root];
    for (let label = stack.at(-1); label !== undefined; label = stack.at(-1)) {
      if (state[label] === 2) {
        stack.pop();
        continue;
      }
      const open = (parents[label] ?? []).filter((parent) => state[parent] !== 2);
      if (open.length === 0) {
        state[label] = 2;
        order.push(label);
        stack.pop();
        continue;
      }
      if (state[label] === 1 && open.some((parent) => state[parent] === 1))
        throw new EncodingError(
          'encoding-cycle',
          `“${labels[label] ?? label}” stands above itself in the hierarchy.`,
          'Remove one of the pairs on the cycle from the list of parents.',
          { label },
        );
      state[label] = 1;
      stack.push(...open);
    }
  }
  return { parents, order };
}

/** Number of `[child, parent]` pairs. */
export function edgeCount({ parents }: Hierarchy): number {
  return parents.reduce((sum, of) => sum + of.length, 0);
}

/** 1 where all parents of a cell's label are true, `[rows, labels]`: the cells that a conditional output learns from. */
export function conditionalMask(targets: Float32Array, labels: number, { parents }: Hierarchy): Float32Array {
  const mask = new Float32Array(targets.length).fill(1);
  for (let row = 0; row < targets.length; row += labels)
    for (let label = 0; label < labels; label++)
      if (parents[label]?.some((parent) => targets[row + parent] === 0)) mask[row + label] = 0;
  return mask;
}

/**
 * Consistent logits `[rows, labels]` from outputs. `product`: outputs are conditional, P(label) = P(label | parents) · min P(parent)
 * (the product of the conditionals along a path where each label has one parent). `minimum`: a label is cut to its least probable parent.
 */
export function decodeHierarchy(
  outputs: Float32Array,
  labels: number,
  { parents, order }: Hierarchy,
  consistency: 'product' | 'minimum',
): Float32Array {
  const logits = new Float32Array(outputs.length);
  const logP = new Float64Array(labels);
  for (let row = 0; row < outputs.length; row += labels)
    for (const label of order) {
      const z = outputs[row + label] as number;
      const above = parents[label] ?? [];
      if (consistency === 'minimum' || above.length === 0) {
        let least = z;
        for (const parent of above) least = Math.min(least, logits[row + parent] as number);
        logits[row + label] = least;
        logP[label] = logSigmoid(least);
        continue;
      }
      let least = Number.POSITIVE_INFINITY;
      for (const parent of above) least = Math.min(least, logP[parent] as number);
      const p = logSigmoid(z) + least;
      logP[label] = p;
      let logit = p - Math.log(-Math.expm1(p));
      // Rounding to f32 must not lift a label above its parent.
      for (const parent of above) logit = Math.min(logit, logits[row + parent] as number);
      logits[row + label] = logit;
    }
  return logits;
}

/** How often logits contradict a hierarchy. */
export interface Violations {
  /** Cells that have a parent, once a parent. */
  readonly checked: number;
  /** Of these, those more probable than the parent. */
  readonly probability: number;
  /** Of these, those predicted at 0.5 where the parent is not. */
  readonly decision: number;
}

/** Counts contradictions of logits `[rows, labels]`. */
export function countViolations(logits: Float32Array, labels: number, { parents }: Hierarchy): Violations {
  let checked = 0;
  let probability = 0;
  let decision = 0;
  for (let row = 0; row < logits.length; row += labels)
    for (let label = 0; label < labels; label++)
      for (const parent of parents[label] ?? []) {
        const [own, above] = [logits[row + label] as number, logits[row + parent] as number];
        checked++;
        if (own > above) probability++;
        if (own >= 0 && above < 0) decision++;
      }
  return { checked, probability, decision };
}
