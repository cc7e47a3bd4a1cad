import { describe, expect, it } from 'vitest';
import { atOnce } from '../../../base/testing.ts';
import { logisticSteps } from '../../baseline/logistic.ts';
import { fitTfidf } from '../../baseline/tfidf.ts';
import { transposeSparse } from '../../baseline/sparse.ts';
import { addClassProducts } from './classProducts.ts';
import { foldRareColumns, unfoldWeights } from './rareColumns.ts';

const texts = [
  'my card has not come yet and I leave tomorrow',
  'the card came but the PIN did not',
  'which rate do you use at the weekend',
  'the rate at the machine was wrong',
  'I want another PIN for my card',
  'is the rate fixed',
];
const { terms, transform } = fitTfidf(texts, { ngramMax: 2, minDocumentCount: 1, sublinearTf: true });
const x = transform(texts);

describe('words of one text', () => {
  const folded = foldRareColumns(x);

  it('become one column a text', () => {
    const shared = new Set(
      terms.filter((_, column) => x.columns.filter((each) => each === column).length > 1),
    );
    expect(folded.matrix.columnCount).toBe(shared.size + texts.length);
    expect(folded.matrix.columnCount).toBeLessThan(terms.length / 2);
    // Rows keep their length: 1.
    for (let row = 0; row < texts.length; row++) {
      const { offsets, values } = folded.matrix;
      const own = values.subarray(offsets[row], offsets[row + 1]);
      expect(own.reduce((sum, value) => sum + value * value, 0)).toBeCloseTo(1, 6);
    }
  });

  it('get the weights that a fit without folding gives them', () => {
    const positive = Uint8Array.from([0, 0, 1, 1, 0, 1]);
    const options = { c: 10, tolerance: 1e-9 };
    const plain = atOnce(logisticSteps(x, positive, options));
    const small = atOnce(logisticSteps(folded.matrix, positive, options));
    const weights = unfoldWeights(folded, Float32Array.from(small.weights), 1);
    expect(small.intercept).toBeCloseTo(plain.intercept, 6);
    plain.weights.forEach((weight, column) => expect(weights[column]).toBeCloseTo(weight, 5));
  });

  it('weigh nothing where a column has no text', () => {
    const wide = foldRareColumns({ ...x, columnCount: x.columnCount + 1 });
    const ones = new Float32Array(2 * wide.matrix.columnCount).fill(1);
    expect(unfoldWeights(wide, ones, 2).at(-1)).toBe(0);
  });
});

describe('products with a matrix of classes', () => {
  it('are the sums of their definition, both ways', () => {
    const classes = 3;
    const weights = Float64Array.from({ length: x.columnCount * classes }, (_, i) => Math.sin(i));
    const out = new Float64Array(x.rowCount * classes).fill(0.5);
    addClassProducts(x, weights, classes, out);
    const back = new Float64Array(x.columnCount * classes);
    addClassProducts(transposeSparse(x), out, classes, back);
    const expected = new Float64Array(x.rowCount * classes).fill(0.5);
    const expectedBack = new Float64Array(back.length);
    const cells = texts.flatMap((_, row) =>
      Array.from({ length: (x.offsets[row + 1] ?? 0) - (x.offsets[row] ?? 0) }, (__, i) => ({
        row,
        column: x.columns[(x.offsets[row] ?? 0) + i] ?? 0,
        value: x.values[(x.offsets[row] ?? 0) + i] ?? 0,
      })),
    );
    const add = (to: Float64Array, at: number, value: number) => {
      to[at] = (to[at] ?? 0) + value;
    };
    for (let k = 0; k < classes; k++) {
      for (const { row, column, value } of cells)
        add(expected, row * classes + k, value * (weights[column * classes + k] ?? 0));
      for (const { row, column, value } of cells)
        add(expectedBack, column * classes + k, value * (expected[row * classes + k] ?? 0));
    }
    out.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? 0, 12));
    back.forEach((value, i) => expect(value).toBeCloseTo(expectedBack[i] ?? 0, 12));
  });
});
