import { describe, expect, test } from 'vitest';
import { random } from '../../base/random.ts';
import { assertSampling, drawToken, type SamplingOptions } from './sampling.ts';

const plain: SamplingOptions = { temperature: 1, topP: 1, minP: 0, topK: 0, repetitionPenalty: 1 };
const none = new Set<number>();

/** Shares of the tokens over many draws. */
function shares(probabilities: readonly number[], options: Partial<SamplingOptions>, draws = 4000): number[] {
  const logits = Float32Array.from(probabilities, (p) => Math.log(p));
  const draw = random(3);
  const counts = probabilities.map(() => 0);
  for (let i = 0; i < draws; i++) {
    const { token = -1 } = drawToken(logits, { ...plain, ...options }, none, null, draw) ?? {};
    counts[token] = (counts[token] ?? 0) + 1;
  }
  return counts.map((count) => count / draws);
}

const distribution = [0.1, 0.4, 0.05, 0.25, 0.2];

function expectShares(actual: readonly number[], expected: readonly number[]): void {
  expected.forEach((share, i) => expect(actual[i]).toBeCloseTo(share, 1));
  // What is cut off is never drawn, not even once.
  expect(actual.map((share) => share > 0)).toEqual(expected.map((share) => share > 0));
}

describe('drawing a token', () => {
  test('follows the softmax', () => {
    const drawn = shares(distribution, {});
    distribution.forEach((p, i) => expect(Math.abs((drawn[i] ?? 0) - p)).toBeLessThan(0.025));
  });

  test('top-k keeps the k best, top-p the fewest that reach the share, min-p those near the best', () => {
    expectShares(shares(distribution, { topK: 2 }), [0, 0.62, 0, 0.38, 0]);
    expectShares(shares(distribution, { topP: 0.6 }), [0, 0.62, 0, 0.38, 0]);
    expectShares(shares(distribution, { topP: 0.66 }), [0, 0.47, 0, 0.29, 0.24]);
    expectShares(shares(distribution, { minP: 0.45 }), [0, 0.47, 0, 0.29, 0.24]);
    // Of the three best, which hold 0.85, the first two hold 0.76: as transformers applies one after the other.
    expectShares(shares(distribution, { topK: 3, topP: 0.7 }), [0, 0.62, 0, 0.38, 0]);
    expectShares(shares(distribution, { topP: 1e-9 }), [0, 1, 0, 0, 0]);
  });

  test('a temperature sharpens or flattens', () => {
    const squares = distribution.map((p) => p * p);
    const total = squares.reduce((a, b) => a + b, 0);
    expectShares(
      shares(distribution, { temperature: 0.5 }),
      squares.map((p) => p / total),
    );
  });

  test('a ranking of a large vocabulary is the whole ranking', () => {
    const draw = random(5);
    const logits = Float32Array.from({ length: 20_000 }, () => 3 * draw.normal());
    const seen = new Set<number>();
    for (let i = 0; i < 300; i++)
      seen.add(drawToken(logits, { ...plain, topK: 5 }, none, null, draw)?.token ?? -1);
    const best = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0)).slice(0, 5);
    expect([...seen].sort((a, b) => a - b)).toEqual(best.sort((a, b) => a - b));
    // Nearly all of a flat vocabulary belongs to the nucleus.
    const flat = new Float32Array(1000);
    const flatSeen = new Set<number>();
    for (let i = 0; i < 2000; i++)
      flatSeen.add(drawToken(flat, { ...plain, topP: 0.9 }, none, null, draw)?.token ?? -1);
    expect(Math.max(...flatSeen)).toBeLessThan(900);
    expect(flatSeen.size).toBeGreaterThan(500);
  });

  test('what is drawn is what ranking one token after the other leaves, ties by number', () => {
    const draw = random(8);
    for (let round = 0; round < 60; round++) {
      // Few different values: ties stand at every cut.
      const logits = Float32Array.from({ length: 12 }, () => Math.log(1 + draw.integer(4)));
      const cut = { topK: draw.integer(7), topP: 0.3 + 0.7 * draw.next(), minP: 0.6 * draw.next() };
      const weights = [...logits].map((logit) => Math.exp(logit - Math.max(...logits)));
      const ranked = [...logits.keys()]
        .sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b)
        .slice(0, cut.topK || 12);
      const goal = cut.topP * ranked.reduce((sum, token) => sum + (weights[token] ?? 0), 0);
      let mass = 0;
      const end = ranked.findIndex((token) => (mass += weights[token] ?? 0) >= goal);
      const left = ranked
        .slice(0, end < 0 ? 12 : end + 1)
        .filter((token) => (weights[token] ?? 0) >= cut.minP);
      const drawn = new Set<number>();
      for (let i = 0; i < 300; i++)
        drawn.add(drawToken(logits, { ...plain, ...cut }, none, null, draw)?.token ?? -1);
      expect([...drawn].sort((a, b) => a - b)).toEqual(left.sort((a, b) => a - b));
    }
  });

  test('greedy takes the best, the lower number where two are equal', () => {
    const greedy = { ...plain, temperature: 0 };
    expect(drawToken(Float32Array.of(0, 3, 3, 1), greedy, none, null, random(1))?.token).toBe(1);
  });

  test('the penalty pulls what was seen down, whatever its sign', () => {
    const greedy = { ...plain, temperature: 0, repetitionPenalty: 2 };
    expect(drawToken(Float32Array.of(3, 2), greedy, new Set([0]), null, random(1))?.token).toBe(1);
    expect(drawToken(Float32Array.of(-1, -1.5), greedy, new Set([0]), null, random(1))?.token).toBe(1);
  });

  test('a constraint forbids, and where it allows nothing there is no token', () => {
    const logits = Float32Array.of(5, 1, 0);
    const drawn = drawToken(logits, { ...plain, temperature: 0 }, none, Uint8Array.of(0, 1, 1), random(1));
    // The probability is the model's own, before the constraint.
    expect(drawn?.token).toBe(1);
    expect(drawn?.logProbability).toBeCloseTo(1 - Math.log(Math.exp(5) + Math.exp(1) + 1), 5);
    expect(drawToken(logits, plain, none, new Uint8Array(3), random(1))).toBeNull();
  });

  test('same seed, same draws', () => {
    const logits = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
    const run = (seed: number) => {
      const draw = random(seed, 0);
      return Array.from({ length: 20 }, () => drawToken(logits, plain, none, null, draw)?.token);
    };
    expect(run(4)).toEqual(run(4));
    expect(run(4)).not.toEqual(run(5));
  });

  test('impossible options are refused by name', () => {
    expect(() => assertSampling({ ...plain, temperature: -1, topP: 0 })).toThrow(/temperature -1, top-p 0/);
    expect(() => assertSampling({ ...plain, minP: 1, topK: 2.5, repetitionPenalty: 0 })).toThrow(/min-p 1/);
    expect(() => assertSampling(plain)).not.toThrow();
  });
});
