import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import { atOnce } from '../../base/testing.ts';
import { decisionFunction, logisticSteps } from './logistic.ts';
import type { SparseMatrix } from './sparse.ts';

function sparse(rows: readonly (readonly number[])[]): SparseMatrix {
  const offsets = [0];
  const columns: number[] = [];
  const values: number[] = [];
  for (const row of rows) {
    row.forEach((value, column) => {
      if (value === 0) return;
      columns.push(column);
      values.push(value);
    });
    offsets.push(columns.length);
  }
  return {
    rowCount: rows.length,
    columnCount: rows[0]?.length ?? 0,
    offsets: Uint32Array.from(offsets),
    columns: Uint32Array.from(columns),
    values: Float32Array.from(values),
  };
}

function problem(seed: number, n = 300, d = 40) {
  const rng = random(seed);
  const truth = Array.from({ length: d }, () => rng.normal());
  const rows = Array.from({ length: n }, () =>
    Array.from({ length: d }, () => (rng.next() < 0.2 ? Math.fround(rng.normal()) : 0)),
  );
  const positive = Uint8Array.from(rows, (row) =>
    row.reduce((sum, value, j) => sum + value * (truth[j] as number), -1) + rng.normal() > 0 ? 1 : 0,
  );
  return { rows, positive };
}

/** The objective from its formula, densely. */
function objective(
  rows: number[][],
  positive: Uint8Array,
  w: ArrayLike<number>,
  b: number,
  c: number,
): number {
  let sum = 0;
  for (let j = 0; j < w.length; j++) sum += (w[j] as number) ** 2 / 2;
  rows.forEach((row, i) => {
    const margin = row.reduce((m, value, j) => m + value * (w[j] as number), b);
    sum += c * Math.log(1 + Math.exp(positive[i] ? -margin : margin));
  });
  return sum;
}

describe('logistic regression', () => {
  it.each([0.01, 1, 10, 1000])('ends where finite differences of the objective vanish (C = %d)', (c) => {
    const { rows, positive } = problem(3);
    const fit = atOnce(logisticSteps(sparse(rows), positive, { c, tolerance: 1e-8 }));
    expect(fit.converged).toBe(true);
    const at = (w: Float64Array, b: number) => objective(rows, positive, w, b, c);
    expect(fit.objective).toBeCloseTo(at(fit.weights, fit.intercept), 6);
    const h = 1e-5;
    for (let j = -1; j < fit.weights.length; j++) {
      const shifted = (by: number) => {
        const w = fit.weights.slice();
        if (j >= 0) w[j] = (w[j] as number) + by;
        return at(w, j < 0 ? fit.intercept + by : fit.intercept);
      };
      expect(Math.abs(shifted(h) - shifted(-h)) / (2 * h)).toBeLessThan(1e-5 * Math.max(1, c));
    }
  });

  it('finds the optimum that plain gradient descent creeps to', () => {
    const { rows, positive } = problem(4, 60, 5);
    const w = new Float64Array(5);
    let b = 0;
    for (let step = 0; step < 20_000; step++) {
      const gradient = Float64Array.from(w);
      let gradientB = 0;
      rows.forEach((row, i) => {
        const margin = row.reduce((m, value, j) => m + value * (w[j] as number), b);
        const residual = 1 / (1 + Math.exp(-margin)) - (positive[i] as number);
        row.forEach((value, j) => (gradient[j] = (gradient[j] as number) + residual * value));
        gradientB += residual;
      });
      gradient.forEach((g, j) => (w[j] = (w[j] as number) - 0.03 * g));
      b -= 0.03 * gradientB;
    }
    const fit = atOnce(logisticSteps(sparse(rows), positive, { c: 1, tolerance: 1e-10 }));
    fit.weights.forEach((weight, j) => expect(weight).toBeCloseTo(w[j] as number, 7));
    expect(fit.intercept).toBeCloseTo(b, 7);
  });

  it('solves what can be solved by hand', () => {
    // x = ±1, y = ±1: no intercept by symmetry, and w = 2C / (1 + e^w).
    const { weights, intercept } = atOnce(
      logisticSteps(sparse([[1], [-1]]), Uint8Array.of(1, 0), {
        c: 3,
        tolerance: 1e-12,
      }),
    );
    const w = weights[0] as number;
    expect(intercept).toBeCloseTo(0, 10);
    expect(w).toBeCloseTo(6 / (1 + Math.exp(w)), 10);
    // No features: the intercept is the log-odds of the labels.
    const bare = atOnce(
      logisticSteps(sparse([[0], [0], [0], [0]]), Uint8Array.of(1, 0, 0, 0), {
        c: 1,
        tolerance: 1e-10,
      }),
    );
    expect(bare.intercept).toBeCloseTo(Math.log(1 / 3), 10);
  });

  it('stays finite on separable data with weak regularisation and on labels of one class', () => {
    const x = sparse([
      [1, 0],
      [1, 1],
      [0, 1],
      [0, 2],
    ]);
    const fit = atOnce(logisticSteps(x, Uint8Array.of(1, 1, 0, 0), { c: 1e6 }));
    expect([...decisionFunction(x, fit)].map((margin) => margin > 0)).toEqual([true, true, false, false]);
    for (const value of [0, 1]) {
      const one = atOnce(logisticSteps(x, new Uint8Array(4).fill(value), { c: 1 }));
      expect(one.weights).toEqual(new Float64Array(2));
      expect(one.intercept).toBeCloseTo(value ? Math.log(9) : -Math.log(9), 12);
    }
  });

  it('is deterministic and spends few Hessian products', () => {
    const { rows, positive } = problem(5, 1000, 200);
    const x = sparse(rows);
    const fit = atOnce(logisticSteps(x, positive, { c: 10 }));
    expect(atOnce(logisticSteps(x, positive, { c: 10 }))).toEqual(fit);
    expect(fit.converged).toBe(true);
    expect(fit.newtonSteps).toBeLessThan(15);
  });
});
