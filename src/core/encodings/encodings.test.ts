import { describe, expect, it } from 'vitest';
import { chainMask, chainOrders, chainTargets, decodeChains } from './chain.ts';
import {
  conditionalMask,
  countViolations,
  decodeHierarchy,
  edgeCount,
  hierarchyByContainment,
  hierarchyFromPairs,
  hierarchyOf,
} from './hierarchy.ts';
import { isEncodingPossible, planEncoding } from './plan.ts';
import { outputsOf, type EncodedRows } from './types.ts';

const sigmoid = (z: number) => 1 / (1 + Math.exp(-z));

function rowsOf(labels: readonly string[], sets: readonly (readonly number[])[]): EncodedRows {
  const offsets = [0];
  for (const set of sets) offsets.push((offsets.at(-1) ?? 0) + set.length);
  return {
    labels,
    train: Uint32Array.from(sets.keys()),
    targetOffsets: Uint32Array.from(offsets),
    targetIds: Uint32Array.from(sets.flat()),
  };
}

describe('classifier chains', () => {
  it('orders by frequency, as given, or at random from the seed', () => {
    const counts = [3, 9, 3, 5];
    expect(chainOrders(4, { order: 'frequency', chains: 1 }, counts, 1)).toEqual([[1, 3, 0, 2]]);
    expect(chainOrders(4, { order: 'given', chains: 1 }, counts, 1)).toEqual([[0, 1, 2, 3]]);
    const ensemble = chainOrders(30, { order: 'given', chains: 5 }, new Uint32Array(30), 7);
    expect(new Set(ensemble.map(String)).size).toBe(5);
    for (const order of ensemble) expect([...order].sort((a, b) => a - b)).toEqual([...order.keys()]);
    expect(chainOrders(30, { order: 'given', chains: 5 }, new Uint32Array(30), 7)).toEqual(ensemble);
  });

  it('lets a label see those before it and no other', () => {
    // Order 2, 0, 1: label 2 sees nothing, 0 sees 2, 1 sees both.
    expect([...chainMask([[2, 0, 1]], 3)]).toEqual([0, 0, 1, 1, 0, 1, 0, 0, 0]);
    expect([...chainTargets(Float32Array.of(1, 0, 0, 1), 2, 2)]).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
  });

  it('passes decisions or probabilities on, worked by hand', () => {
    // Label 1 first; label 0 gets 3 for it.
    const weights = Float32Array.of(0, 3, 0, 0);
    const outputs = Float32Array.of(-1, 0.5, -1, -0.5);
    const decided = decodeChains(outputs, weights, 2, [[1, 0]], 'decision');
    expect([...decided]).toEqual([2, 0.5, -1, -0.5]);
    const passed = decodeChains(outputs, weights, 2, [[1, 0]], 'probability');
    expect(passed[0]).toBeCloseTo(-1 + 3 * sigmoid(0.5), 6);
    expect(passed[2]).toBeCloseTo(-1 + 3 * sigmoid(-0.5), 6);
  });

  it('averages the probabilities of an ensemble', () => {
    const weights = new Float32Array(8);
    const [a, b] = decodeChains(Float32Array.of(1, -2, 3, 0), weights, 2, [[0, 1], [1, 0]], 'decision'); // prettier-ignore
    expect(sigmoid(a ?? 0)).toBeCloseTo((sigmoid(1) + sigmoid(3)) / 2, 6);
    expect(sigmoid(b ?? 0)).toBeCloseTo((sigmoid(-2) + sigmoid(0)) / 2, 6);
  });
});

describe('hierarchies', () => {
  it('finds the nearest containing labels in rows whose ancestors were added', () => {
    // food > bread > rye; pets stands alone; rare (2 rows) is too rare to say anything.
    const sets = [
      ...Array.from({ length: 5 }, () => [0, 1, 2]),
      ...Array.from({ length: 5 }, () => [0, 1]),
      ...Array.from({ length: 5 }, () => [0]),
      ...Array.from({ length: 6 }, () => [3]),
      [0, 4],
      [0, 4],
    ];
    const hierarchy = hierarchyByContainment(rowsOf(['food', 'bread', 'rye', 'pets', 'rare'], sets));
    expect(hierarchy.parents).toEqual([[], [0], [1], [], []]);
    expect(edgeCount(hierarchy)).toBe(2);
    // Labels that always come together do not stand above each other.
    const twins = hierarchyByContainment(
      rowsOf(
        ['a', 'b'],
        Array.from({ length: 9 }, () => [0, 1]),
      ),
    );
    expect(edgeCount(twins)).toBe(0);
  });

  it('reads pairs by name, passing through labels that were dropped, and names a cycle', () => {
    const pairs = [['rye', 'bread'], ['bread', 'food'], ['food', 'food']] as const; // prettier-ignore
    expect(hierarchyFromPairs(['rye', 'food', 'pets'], pairs).parents).toEqual([[1], [], []]);
    expect(() =>
      hierarchyFromPairs(
        ['a', 'b', 'c'],
        [
          ['a', 'b'],
          ['b', 'c'],
          ['c', 'a'],
        ],
      ),
    ).toThrow(/stands above itself/);
    // A diamond is no cycle.
    expect(hierarchyOf([[1, 2], [3], [3], []]).order).toEqual([3, 2, 1, 0]);
  });

  it('multiplies conditionals along a path and never contradicts the hierarchy', () => {
    const hierarchy = hierarchyOf([[], [0], [1], [0, 2]]);
    const outputs = Float32Array.from({ length: 400 }, (_, i) => 8 * Math.sin(i * i + 1));
    const raw = countViolations(outputs, 4, hierarchy);
    expect(raw.checked).toBe(400);
    expect(raw.probability).toBeGreaterThan(100);
    const product = decodeHierarchy(outputs, 4, hierarchy, 'product');
    const p = (i: number) => sigmoid(product[i] as number);
    expect(p(0)).toBeCloseTo(sigmoid(outputs[0] as number), 6);
    expect(p(1)).toBeCloseTo(p(0) * sigmoid(outputs[1] as number), 6);
    expect(p(2)).toBeCloseTo(p(1) * sigmoid(outputs[2] as number), 6);
    expect(p(3)).toBeCloseTo(p(2) * sigmoid(outputs[3] as number), 6);
    for (const decoded of [product, decodeHierarchy(outputs, 4, hierarchy, 'minimum')])
      expect(countViolations(decoded, 4, hierarchy)).toEqual({ checked: 400, probability: 0, decision: 0 });
    const certain = decodeHierarchy(Float32Array.of(200, 200, 200, -200), 4, hierarchy, 'product');
    expect(certain.every(Number.isFinite)).toBe(true);
  });

  it('learns conditionals only where parents hold', () => {
    const hierarchy = hierarchyOf([[], [0], [1]]);
    expect([...conditionalMask(Float32Array.of(0, 0, 0, 1, 0, 0, 1, 1, 0), 3, hierarchy)]).toEqual([
      1, 0, 0, 1, 1, 0, 1, 1, 1,
    ]);
  });
});

describe('plans', () => {
  it('are a function of encoding, rows and seed', () => {
    const rows = rowsOf(['a', 'b', 'c'], [[1], [1, 2], [1, 2], [0]]);
    const chain = { kind: 'chain', order: 'frequency', chains: 1, passes: 'decision' } as const;
    expect(planEncoding(chain, rows, 3)).toMatchObject({ orders: [[1, 2, 0]] });
    const ensemble = { ...chain, chains: 4 };
    expect(planEncoding(ensemble, rows, 3)).toEqual(planEncoding(ensemble, rows, 3));
    expect(outputsOf(ensemble, 3)).toBe(12);
    expect(outputsOf(undefined, 3)).toBe(3);
    expect(isEncodingPossible({ ...chain, chains: 0 })).toBe(false);
    expect(isEncodingPossible({ ...chain, chains: 21 })).toBe(false);
    expect(isEncodingPossible(undefined)).toBe(true);
  });
});
