import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { atOnce } from '../../base/testing.ts';
import { hierarchyOf } from '../encodings/hierarchy.ts';
import type { EncodingPlan } from '../encodings/types.ts';
import { fitCount, fitEncoded, withLabelColumns, type EncodedProblem } from './encodings.ts';
import { takeSparseRows } from './sparse.ts';
import { decisionFunction, logisticSteps } from './logistic.ts';
import type { SparseMatrix } from './sparse.ts';

function matrixOf(rows: readonly (readonly number[])[], columnCount: number): SparseMatrix {
  const offsets = [0];
  for (const row of rows) offsets.push((offsets.at(-1) ?? 0) + row.length);
  return {
    rowCount: rows.length,
    columnCount,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(rows.flat()),
    values: new Float32Array(rows.flat().length).fill(1),
  };
}

const solved = (problem: EncodedProblem) => atOnce(fitEncoded(problem));

/** Word 0 says label 0; label 1 is label 0 and word 1; label 2 is the exclusive or of both, which no word alone says. */
function data(count: number, seed: number) {
  const stream = random(seed);
  const rows: number[][] = [];
  const targets = new Uint8Array(count * 3);
  for (let row = 0; row < count; row++) {
    const words = [0, 1, 2, 3].filter(() => stream.next() < 0.5);
    rows.push(words);
    const zero = words.includes(0) ? 1 : 0;
    const one = zero && words.includes(1) ? 1 : 0;
    targets.set([zero, one, words.includes(1) === (zero === 1) ? 0 : 1], row * 3);
  }
  return { x: matrixOf(rows, 4), targets };
}

const train = data(400, 1);
const test = data(200, 2);
const common = { train: train.x, test: test.x, targets: train.targets, c: 10 };
const accuracy = (logits: Float32Array, label: number) => {
  let right = 0;
  for (let row = 0; row < 200; row++)
    if ((logits[row * 3 + label] as number) >= 0 === (test.targets[row * 3 + label] === 1)) right++;
  return right / 200;
};

describe('logistic regressions under label encodings', () => {
  it('adds columns and takes rows', () => {
    const x = matrixOf([[0, 1], [], [1]], 2);
    const wide = withLabelColumns(x, Uint8Array.of(1, 0, 1, 1, 0, 0), 2, [1, 0]);
    expect(wide.columnCount).toBe(4);
    expect([...wide.offsets]).toEqual([0, 3, 5, 6]);
    expect([...wide.columns]).toEqual([0, 1, 2, 2, 3, 1]);
    expect([...takeSparseRows(x, [2, 0]).columns]).toEqual([1, 0, 1]);
  });

  it('are one-vs-rest without an encoding', () => {
    const plain = solved({ ...common, plan: { kind: 'binary-relevance', labels: 3 } });
    const label = 1;
    const positive = Uint8Array.from({ length: 400 }, (_, row) => train.targets[row * 3 + label] as number);
    const alone = decisionFunction(test.x, atOnce(logisticSteps(train.x, positive, { c: 10 })));
    for (let row = 0; row < 200; row++)
      expect(plain.logits[row * 3 + label]).toBeCloseTo(alone[row] as number, 5);
    expect(plain.parameters).toBe(15);
  });

  it('a chain learns what a label owes to those before it', () => {
    const plan: EncodingPlan = { kind: 'chain', labels: 3, orders: [[0, 1, 2]], passes: 'decision' };
    const chained = solved({ ...common, plan });
    const plain = solved({ ...common, plan: { kind: 'binary-relevance', labels: 3 } });
    // x0 xor x1 is linear in x0, x1 and their conjunction, which label 1 is.
    expect(accuracy(plain.logits, 2)).toBeLessThan(0.8);
    expect(accuracy(chained.logits, 2)).toBe(1);
    expect(chained.parameters).toBe(15 + 0 + 1 + 2);
    const orders = [[0, 1, 2], [2, 1, 0], [1, 0, 2]]; // prettier-ignore
    const ensemble: EncodingPlan = { kind: 'chain', labels: 3, orders, passes: 'probability' };
    expect(fitCount({ plan: ensemble })).toBe(9);
    expect(accuracy(solved({ ...common, plan: ensemble }).logits, 2)).toBeGreaterThan(0.7);
  });

  it('a hierarchy fits children where parents hold and stays consistent', () => {
    const plan: EncodingPlan = {
      kind: 'hierarchical',
      labels: 3,
      consistency: 'product',
      hierarchy: hierarchyOf([[], [0], []]),
    };
    const { logits } = solved({ ...common, plan });
    for (let row = 0; row < 200; row++)
      expect(logits[row * 3 + 1] as number).toBeLessThanOrEqual(logits[row * 3] as number);
    expect(accuracy(logits, 1)).toBe(1);
  });
});
