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
  const { least, ties } = topK > 0 || topP < 1 ? leading(weights, topK, topP) : everything;
  const floor = Math.max(least, minP);
  // Ties in the order of their numbers; where the cut is min-p's, or none, all of them.
  let tiesLeft = floor === least ? ties : Number.POSITIVE_INFINITY;
  let total = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight > floor || (weight === floor && tiesLeft-- > 0)) total += weight;
    else weights[i] = 0;
  }
  let rest = random.next() * total;
  let last = 0;
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i] as number;
    if (weight === 0) continue;
    last = i;
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

/** Tokens heavier than `least` are left, and of those as heavy the first `ties`. */
interface Cut {
  readonly least: number;
  readonly ties: number;
}

const everything: Cut = { least: 0, ties: Number.POSITIVE_INFINITY };

/** Leaves the `topK` heaviest tokens (0: all), of these the fewest that hold the share `topP` of their mass. */
function leading(weights: Float64Array, topK: number, topP: number): Cut {
  const all = sumOf(weights);
  const heavy = heaviest(weights, (kept, mass) => (topK > 0 ? kept >= topK : mass >= topP * all));
  const end = topK > 0 ? Math.min(topK, heavy.length) : heavy.length;
  const goal = topP * (topK > 0 ? sumOf(heavy.subarray(0, end)) : all);
  let [count, mass] = [0, 0];
  while (count < end && (count === 0 || mass < goal)) mass += heavy[count++] as number;
  const least = heavy[count - 1] ?? 0;
  let ties = 0;
  while (ties < count && heavy[count - 1 - ties] === least) ties++;
  return { least, ties };
}

/**
 * Weights, heaviest first; only the heavy ones where they are enough, so that a vocabulary of 150,000 is not sorted for ten. Numbers alone:
 * a sort of typed numbers calls no comparison, and takes a tenth of the time.
 */
function heaviest(weights: Float64Array, isEnough: (kept: number, mass: number) => boolean): Float64Array {
  const kept = new Float64Array(weights.length);
  for (const floor of [1e-3, 1e-6, Number.MIN_VALUE]) {
    let [count, mass] = [0, 0];
    for (let token = 0; token < weights.length; token++) {
      const weight = weights[token] as number;
      if (weight < floor) continue;
      kept[count++] = weight;
      mass += weight;
    }
    if (floor === Number.MIN_VALUE || isEnough(count, mass)) return kept.subarray(0, count).sort().reverse();
  }
  return kept;
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
