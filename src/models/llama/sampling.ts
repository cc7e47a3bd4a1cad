import { VerbenaError } from '../../base/errors.ts';
import type { Random } from '../../base/random.ts';

/**
 * Says which tokens may come next in one reply: a grammar, a list, whatever follows the tokens. One object a reply, asked before every token
 * and told what was drawn.
 */
export interface TokenConstraint {
  /** `[vocabulary]`, not 0 where a token may come next; null: every one may. `generated`: the reply so far. */
  allowed(generated: readonly number[]): Uint8Array | null;
  accept(token: number): void;
  /** Nothing is missing any more: the reply ends here. */
  readonly isComplete?: boolean;
}

export interface SamplingOptions {
  /** 0: greedy. */
  readonly temperature: number;
  /** 1: off. */
  readonly topP: number;
  /** 0: off. */
  readonly minP: number;
  /** 0: off. */
  readonly topK: number;
  /** 1: none. */
  readonly repetitionPenalty: number;
}

export interface Drawn {
  readonly token: number;
  /** Natural logarithm of its probability at temperature 1, before penalty, constraint and cuts. */
  readonly logProbability: number;
}

/** Throws `sampling-invalid`. */
export function assertSampling({ temperature, topP, minP, topK, repetitionPenalty }: SamplingOptions): void {
  const problems = [
    ...(temperature >= 0 && Number.isFinite(temperature) ? [] : [`temperature ${temperature}`]),
    ...(topP > 0 && topP <= 1 ? [] : [`top-p ${topP}`]),
    ...(minP >= 0 && minP < 1 ? [] : [`min-p ${minP}`]),
    ...(Number.isInteger(topK) && topK >= 0 ? [] : [`top-k ${topK}`]),
    ...(repetitionPenalty > 0 && Number.isFinite(repetitionPenalty)
      ? []
      : [`repetition penalty ${repetitionPenalty}`]),
  ];
  if (problems.length > 0)
    throw new VerbenaError(
      'sampling-invalid',
      `Tokens cannot be drawn with ${problems.join(', ')}.`,
      'Temperature from 0, top-p above 0 up to 1, min-p from 0 below 1, top-k a whole number from 0, repetition penalty above 0.',
    );
}

/**
 * Draws the next token from the logits of one row, in transformers' order: penalty, constraint, temperature, top-k, top-p, min-p. Null: the
 * constraint allows none. `seen`: tokens that the penalty counts. The logits are not changed.
 */
export function drawToken(
  logits: Float32Array,
  options: SamplingOptions,
  seen: ReadonlySet<number>,
  allowed: Uint8Array | null,
  random: Random,
): Drawn | null {
  const { repetitionPenalty: penalty } = options;
  const isChanged = (penalty !== 1 && seen.size > 0) || allowed !== null;
  const scores = isChanged ? logits.slice() : logits;
  if (penalty !== 1)
    for (const token of seen) {
      const score = scores[token] as number;
      scores[token] = score > 0 ? score / penalty : score * penalty;
    }
  if (allowed) for (let i = 0; i < scores.length; i++) if (!allowed[i]) scores[i] = Number.NEGATIVE_INFINITY;
  const best = argmax(scores);
  if (best === null) return null;
  const token = options.temperature === 0 ? best : drawAmong(scores, scores[best] as number, options, random);
  return { token, logProbability: (logits[token] as number) - logSumExp(logits) };
}

/** Draws by `exp((score - top) / temperature)` among what the cuts leave. The best token, whose weight is 1, is always left. */
function drawAmong(
  scores: Float32Array,
  top: number,
  { temperature, topP, minP, topK }: SamplingOptions,
  random: Random,
): number {
  const weights = weightsOf(scores, top, temperature);
  const leading = topK > 0 || topP < 1 ? leadingTokens(weights, topK, topP) : null;
  // Without a ranking in the vocabulary's order: the same distribution, and no sort.
  const count = leading?.length ?? weights.length;
  const tokenAt = (i: number) => leading?.[i] ?? i;
  const weightAt = (i: number) => {
    const weight = weights[leading ? (leading[i] as number) : i] as number;
    return weight >= minP ? weight : 0;
  };
  let total = 0;
  for (let i = 0; i < count; i++) total += weightAt(i);
  let rest = random.next() * total;
  let last = 0;
  for (let i = 0; i < count; i++) {
    const weight = weightAt(i);
    if (weight === 0) continue;
    last = tokenAt(i);
    rest -= weight;
    if (rest < 0) break;
  }
  return last;
}

/** Below this a weight is no part of a sum of doubles that holds a 1. */
const negligible = -40;

/** `exp((score - top) / temperature)`; loops over whole vocabularies are plain ones, several times as fast as `map`. */
function weightsOf(scores: Float32Array, top: number, temperature: number): Float64Array {
  const weights = new Float64Array(scores.length);
  for (let i = 0; i < scores.length; i++) {
    const exponent = ((scores[i] as number) - top) / temperature;
    if (exponent > negligible) weights[i] = Math.exp(exponent);
  }
  return weights;
}

/** The `topK` heaviest tokens (0: all), of these the fewest that hold the share `topP` of their mass; heaviest first, ties by number. */
function leadingTokens(weights: Float64Array, topK: number, topP: number): number[] {
  const all = sumOf(weights);
  const ranked = rankedFrom(weights, (kept, mass) => (topK > 0 ? kept.length >= topK : mass >= topP * all));
  const tokens = topK > 0 ? ranked.slice(0, topK) : ranked;
  const goal = topP * (topK > 0 ? sumOf(tokens.map((token) => weights[token] as number)) : all);
  let mass = 0;
  const end = tokens.findIndex((token) => (mass += weights[token] as number) >= goal);
  return end < 0 ? tokens : tokens.slice(0, end + 1);
}

/** Tokens by weight; only the heavy ones where they are enough, so that a vocabulary of 150,000 is not sorted for ten. */
function rankedFrom(
  weights: Float64Array,
  isEnough: (kept: readonly number[], mass: number) => boolean,
): number[] {
  for (const floor of [1e-3, 1e-6, Number.MIN_VALUE]) {
    const kept: number[] = [];
    let mass = 0;
    for (let token = 0; token < weights.length; token++) {
      const weight = weights[token] as number;
      if (weight < floor) continue;
      kept.push(token);
      mass += weight;
    }
    if (floor === Number.MIN_VALUE || isEnough(kept, mass))
      return kept.sort((a, b) => (weights[b] as number) - (weights[a] as number) || a - b);
  }
  return [];
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i] as number;
  return sum;
}

/** The lowest token of the highest score; null where nothing is above minus infinity. */
function argmax(scores: Float32Array): number | null {
  let best: number | null = null;
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) {
    const score = scores[i] as number;
    if (score > top) {
      top = score;
      best = i;
    }
  }
  return best;
}

function logSumExp(scores: Float32Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < scores.length; i++) if ((scores[i] as number) > top) top = scores[i] as number;
  return top + Math.log(sumOf(weightsOf(scores, top, 1)));
}
