import { hashAll } from '../../../base/random.ts';
import type { Steps } from '../../../base/steps.ts';
import { fitCurve, type Curve } from './curve.ts';
import type { FuzzyGraph } from './fuzzyGraph.ts';

export interface LayoutOptions {
  readonly epochs: number;
  readonly minDist: number;
  readonly seed: number;
}

/** Points that push away for one that pulls. */
const negatives = 5;
const mostMove = 4;
/** Edges between two chances to stop. */
const edgesPerBreath = 1 << 18;

/**
 * UMAP's layout (McInnes et al. 2018, algorithm 5; umap-learn's `optimize_layout_euclidean`): each edge pulls its ends together as often
 * as its weight says, and pushes its head from five rows drawn at random, ever less. Moves `map` `[count, 2]` in place. One thread and a
 * seeded draw: same graph, start and seed, same map. Yields shares of the work.
 */
export function* layoutSteps(map: Float32Array, graph: FuzzyGraph, options: LayoutOptions): Steps<void> {
  const { epochs, seed } = options;
  const count = map.length / 2;
  const edges = edgesOf(graph, epochs);
  const { heads, tails, every } = edges;
  const next = every.slice();
  const nextNegative = every.map((period) => period / negatives);
  const { pull, push, at } = forces(fitCurve(options.minDist));
  // Marsaglia's xorshift32: the draws are most of what an epoch does.
  let state = hashAll(seed, 0x756d_6170) | 1;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 1 - epoch / epochs;
    for (let edge = 0; edge < heads.length; edge++) {
      if (edge % edgesPerBreath === 0) yield (epoch + edge / heads.length) / epochs;
      if ((next[edge] as number) > epoch) continue;
      const period = every[edge] as number;
      next[edge] = (next[edge] as number) + period;
      const head = 2 * (heads[edge] as number);
      const tail = 2 * (tails[edge] as number);
      let x = map[head] as number;
      let y = map[head + 1] as number;
      let dx = x - (map[tail] as number);
      let dy = y - (map[tail + 1] as number);
      let force = pull[at(dx * dx + dy * dy)] as number;
      let moveX = clipped(force * dx) * rate;
      let moveY = clipped(force * dy) * rate;
      x += moveX;
      y += moveY;
      map[tail] = (map[tail] as number) - moveX;
      map[tail + 1] = (map[tail + 1] as number) - moveY;
      const pushEvery = period / negatives;
      const due = Math.floor((epoch - (nextNegative[edge] as number)) / pushEvery);
      nextNegative[edge] = (nextNegative[edge] as number) + due * pushEvery;
      for (let n = 0; n < due; n++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        const other = 2 * Math.floor(((state >>> 0) / 0x1_0000_0000) * count);
        if (other === head) continue;
        dx = x - (map[other] as number);
        dy = y - (map[other + 1] as number);
        const square = dx * dx + dy * dy;
        // Points that lie on each other have no direction to part in: both ways are as good.
        force = square > 0 ? (push[at(square)] as number) : 0;
        moveX = square > 0 ? clipped(force * dx) : mostMove;
        moveY = square > 0 ? clipped(force * dy) : mostMove;
        x += moveX * rate;
        y += moveY * rate;
      }
      map[head] = x;
      map[head + 1] = y;
    }
  }
}

const clipped = (move: number) => (move > mostMove ? mostMove : move < -mostMove ? -mostMove : move);

/** Both directions of each edge, and every how many epochs its turn comes; those whose turn would never come are left out. */
function edgesOf({ offsets, columns, weights }: FuzzyGraph, epochs: number) {
  let most = 0;
  for (const weight of weights) most = Math.max(most, weight);
  const least = most / epochs;
  let size = 0;
  for (const weight of weights) if (weight >= least) size++;
  const heads = new Uint32Array(size);
  const tails = new Uint32Array(size);
  const every = new Float32Array(size);
  let edge = 0;
  for (let row = 0; row + 1 < offsets.length; row++)
    for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++) {
      const weight = weights[at] as number;
      if (weight < least) continue;
      heads[edge] = row;
      tails[edge] = columns[at] as number;
      every[edge++] = most / weight;
    }
  return { heads, tails, every };
}

/** Bits of a float32 that are its sign, exponent and leading digits: steps of 1/128 of a distance, where powers take 20 times as long. */
const droppedBits = 16;

/** The two forces at squared distances, as tables over float32's leading bits. */
function forces({ a, b }: Curve) {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const size = 0x7f80_0000 >>> droppedBits;
  const pull = new Float32Array(size);
  const push = new Float32Array(size);
  for (let i = 1; i < size; i++) {
    // The middle of the step.
    bits[0] = (i << droppedBits) | (1 << (droppedBits - 1));
    const square = float[0] as number;
    const power = square ** b;
    pull[i] = (-2 * a * b * (power / square)) / (1 + a * power);
    push[i] = (2 * b) / ((0.001 + square) * (1 + a * power));
  }
  const at = (square: number) => {
    float[0] = square;
    return (bits[0] as number) >>> droppedBits;
  };
  return { pull, push, at };
}
