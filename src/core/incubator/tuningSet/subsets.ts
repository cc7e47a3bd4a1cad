import { random } from '../../../base/random.ts';
import { asObject } from '../pasted.ts';
import { buildPrompt, promptPresets } from '../prompts.ts';
import { TuningSetError, type TuningPair } from './types.ts';

/** Pairs that are learned from and pairs that judge. */
export interface PairSplit {
  readonly training: readonly TuningPair[];
  readonly heldOut: readonly TuningPair[];
}

/**
 * Cuts whole pairs off for judging, at least one: a description that was learned says nothing of one that was not. Pairs of the same classes
 * stay on one side. Seeded. Throws `pairs-too-few` below two different tasks.
 */
export function holdOutPairs(pairs: readonly TuningPair[], share: number, seed: number): PairSplit {
  const groups = new Map<string, TuningPair[]>();
  for (const pair of pairs) {
    const key = JSON.stringify([...pair.labels].map((label) => label.toLowerCase()).sort());
    groups.set(key, [...(groups.get(key) ?? []), pair]);
  }
  if (groups.size < 2)
    throw new TuningSetError(
      'pairs-too-few',
      groups.size === 0 ? 'There is no pair to learn from.' : 'All pairs are of the same classes.',
      'Collect pairs of two tasks or more: one is kept apart to judge.',
      { pairs: pairs.length },
    );
  const order = random(seed, 0x407).shuffle([...groups.values()]);
  const wanted = Math.max(1, Math.round(share * pairs.length));
  const heldOut: TuningPair[] = [];
  let cut = 0;
  while (heldOut.length < wanted && cut < order.length - 1) heldOut.push(...(order[cut++] ?? []));
  const training = random(seed, 0x7a1).shuffle(order.slice(cut).flat());
  return { training, heldOut };
}

/** Sizes of a sweep: these shares of `count`, rounded, at least `least`, each once and growing. */
export function sweepSizes(count: number, shares: readonly number[], least = 2): readonly number[] {
  const sizes = shares.map((share) => Math.min(count, Math.max(least, Math.round(share * count))));
  return [...new Set(sizes)].sort((a, b) => a - b);
}

/** The first `size` pairs of one seeded order: a larger subset holds every smaller one. */
export function nestedSubset(
  pairs: readonly TuningPair[],
  size: number,
  seed: number,
): readonly TuningPair[] {
  return random(seed, 0x4e57)
    .shuffle([...pairs])
    .slice(0, size);
}

/** What a decoder is tuned on. */
export interface PairExample {
  readonly prompt: string;
  readonly reply: string;
}

/** The prompt that pairs are learned with, and that a tuned generator should be asked with. */
export function pairPrompt({ description, labels }: Pick<TuningPair, 'description' | 'labels'>): string {
  return buildPrompt({
    preset: promptPresets[0],
    instruction: description,
    labels,
    examples: [],
    contextTokens: Number.POSITIVE_INFINITY,
    replyTokens: 0,
    draw: 0,
    seed: 0,
  }).user;
}

/** An example for every dictionary: the prompt `incubator`, and the dictionary as one JSON object spaced as Python writes it. */
export function examplesOf(pairs: readonly TuningPair[]): readonly PairExample[] {
  return pairs.flatMap((pair) => {
    const prompt = pairPrompt(pair);
    return pair.samples.map((texts) => {
      const entries = Object.entries(asObject(pair.labels, texts));
      const reply = `{${entries.map(([key, text]) => `${JSON.stringify(key)}: ${JSON.stringify(text)}`).join(', ')}}`;
      return { prompt, reply };
    });
  });
}
