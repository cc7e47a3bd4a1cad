import { random, type Random } from '../../base/random.ts';
import type { ConstraintState, JsonConstraint, TokenMasker } from '../../core/incubator/jsonConstraint.ts';

export interface SamplerOptions {
  readonly temperature: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
}

/** What draws the next token of one reply: seeded, and held to a constraint where there is one. */
export interface Sampler {
  /** Scores `[vocabulary]` to a token id; -1 where the constraint leaves none. */
  draw(logits: ArrayLike<number>): number;
  /** The constrained object is closed. */
  isComplete(): boolean;
}

/**
 * Temperature, then min-p (Nguyen et al. 2024), then nucleus (Holtzman et al. 2020), over the tokens that the constraint allows. Temperature 0
 * takes the best. Same seed and scores: same tokens.
 */
export function createSampler(
  { temperature, topP, minP, seed }: SamplerOptions,
  held: { readonly constraint: JsonConstraint; readonly masker: TokenMasker } | null,
): Sampler {
  const rng: Random = random(seed);
  let state: ConstraintState | null = held?.constraint.start ?? null;
  return {
    draw(logits) {
      const mask = held && state ? held.masker.mask(state) : null;
      const token = pick(logits, mask, { temperature, topP, minP }, rng);
      if (token >= 0 && held && state) state = held.masker.take(state, token) ?? state;
      return token;
    },
    isComplete: () => held !== null && state !== null && held.constraint.isDone(state),
  };
}

function pick(
  logits: ArrayLike<number>,
  mask: Uint8Array | null,
  { temperature, topP, minP }: Omit<SamplerOptions, 'seed'>,
  rng: Random,
): number {
  let best = -1;
  let top = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id++) {
    const score = logits[id] as number;
    if (mask?.[id] === 0 || !(score > top)) continue;
    top = score;
    best = id;
  }
  if (best < 0 || temperature === 0) return best;
  // Below this a token's share is less than e^-16 of the best one's: it is never drawn, and most of the vocabulary is there.
  const floor = top + temperature * Math.max(-16, minP > 0 ? Math.log(minP) : -16);
  const ids: number[] = [];
  const weights: number[] = [];
  let sum = 0;
  for (let id = 0; id < logits.length; id++) {
    const score = logits[id] as number;
    if (mask?.[id] === 0 || !(score >= floor)) continue;
    const weight = Math.exp((score - top) / temperature);
    ids.push(id);
    weights.push(weight);
    sum += weight;
  }
  const order = ids.map((_, at) => at);
  let reach = sum;
  let count = order.length;
  if (topP < 1) {
    order.sort((a, b) => (weights[b] as number) - (weights[a] as number));
    reach = 0;
    for (count = 0; count < order.length && reach < topP * sum; count++)
      reach += weights[order[count] as number] as number;
  }
  let left = rng.next() * reach;
  for (let at = 0; at < count; at++) {
    left -= weights[order[at] as number] as number;
    if (left < 0) return ids[order[at] as number] as number;
  }
  return best;
}
