import { ignoredTarget } from '../../engine/ops/crossEntropy/op.ts';
import { attentionBlocks, embeddingOrder } from '../../engine/ops/packing.ts';
import type { Feed, HostArray } from '../../engine/session.ts';
import { rotationsOf } from './rotations.ts';

/** One token to be read on top of a cache. */
export interface NewToken {
  readonly id: number;
  readonly position: number;
  /** Its row of the cache. */
  readonly slot: number;
  /** Rows it sees: shared ones `[0, shared)`, own ones `[own, slot]`. */
  readonly shared: number;
  readonly own: number;
  /** Whether what comes after it is asked for. */
  readonly isAsked: boolean;
}

/** Inputs of the graph that generates; logits come in the order of the tokens that are asked. */
export function generationFeed(tokens: readonly NewToken[], frequencies: Float64Array): Feed {
  const ids = Int32Array.from(tokens, ({ id }) => id);
  const rows = tokens.flatMap(({ isAsked }, t) => (isAsked ? [t] : []));
  const inUse = tokens.reduce((most, { slot, shared }) => Math.max(most, slot + 1, shared), 1);
  return {
    dims: { T: tokens.length, B: rows.length, R: 1, K: 1, N: inUse },
    tensors: new Map<string, HostArray>([
      ['ids', ids],
      ['order', embeddingOrder(ids)],
      [
        'rotations',
        rotationsOf(
          tokens.map(({ position }) => position),
          frequencies,
        ),
      ],
      ['rows', Uint32Array.from(rows)],
      ['slots', Uint32Array.from(tokens, ({ slot }) => slot)],
      ['spans', Uint32Array.from(tokens.flatMap(({ shared, own, slot }) => [0, shared, own, slot + 1]))],
    ]),
    seed: 0,
    lossScale: 1,
  };
}

/** A text to learn from: its tokens, and from which on they are to be predicted. */
export interface CausalExample {
  readonly ids: Int32Array;
  /** Tokens before this one are read, not learned; at least 1, since nothing comes before the first. */
  readonly learnedFrom: number;
}

/** Tokens of an example that count in the loss. */
export function learnedTokens({ ids, learnedFrom }: CausalExample): number {
  return Math.max(0, ids.length - Math.max(1, learnedFrom));
}

/** Inputs of the graphs that learn or score whole examples: each token that counts is predicted from the one before it. */
export function causalFeed(
  examples: readonly CausalExample[],
  frequencies: Float64Array,
  { seed, lossScale }: { readonly seed: number; readonly lossScale: number },
): Feed {
  const total = examples.reduce((sum, { ids }) => sum + ids.length, 0);
  const ids = new Int32Array(total);
  const positions = new Uint32Array(total);
  const offsets = new Uint32Array(examples.length + 1);
  const rows: number[] = [];
  const classes: number[] = [];
  examples.forEach((example, b) => {
    const start = offsets[b] as number;
    ids.set(example.ids, start);
    example.ids.forEach((id, t) => {
      positions[start + t] = t;
      if (t >= Math.max(1, example.learnedFrom)) {
        rows.push(start + t - 1);
        classes.push(id);
      }
    });
    offsets[b + 1] = start + example.ids.length;
  });
  // A graph has no empty tensors: one row that does not count stands in.
  if (rows.length === 0) {
    rows.push(0);
    classes.push(ignoredTarget);
  }
  const blocks = attentionBlocks(offsets);
  return {
    dims: { T: total, B: rows.length, R: 1, K: blocks.length / 4, N: 1 },
    tensors: new Map<string, HostArray>([
      ['ids', ids],
      ['order', embeddingOrder(ids)],
      ['rotations', rotationsOf(positions, frequencies)],
      ['rows', Uint32Array.from(rows)],
      ['classes', Int32Array.from(classes)],
      ['blocks', blocks],
    ]),
    seed,
    lossScale,
  };
}
