import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { noClass, probeSteps, ridgeScores } from './probe.ts';
import type { Vectors } from './vectors.ts';

function drain<T>(steps: Steps<T>): T {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

describe('a linear probe', () => {
  it('gives the decision values of scikit-learn’s RidgeClassifier', () => {
    const [n, d] = [60, 7];
    const x = Array.from({ length: n }, (_, i) =>
      Array.from({ length: d }, (_, j) => Math.sin(1.7 * i + 3.1 * j) + 0.5 * (j === i % 3 ? 1 : 0)),
    );
    const dot = (a: readonly number[], b: readonly number[]) =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    const kernel = Float64Array.from({ length: n * n }, (_, at) =>
      dot(x[Math.floor(at / n)] ?? [], x[at % n] ?? []),
    );
    const all = Array.from({ length: n }, (_, i) => i);
    const scores = ridgeScores({
      kernel,
      stride: n,
      rows: all,
      ids: Uint32Array.from(all, (i) => i % 3),
      classCount: 3,
      train: all.slice(0, 45),
      test: all.slice(45),
      strength: 0.01,
    });
    // RidgeClassifier(alpha = 0.0363063...) of scikit-learn 1.x on the same numbers, first three rows.
    const expected = [
      0.99710856, -1.0075599, -0.98954866, -1.00615456, 1.00120223, -0.99504766, -1.02216765, -0.95152315,
      0.97369079,
    ];
    expected.forEach((value, i) => expect(scores[i]).toBeCloseTo(value, 6));
  });

  it('reads what is in the vectors, and not what is not', () => {
    const draw = random(5);
    const [count, width] = [240, 12];
    const inside = Uint32Array.from({ length: count }, () => draw.integer(4));
    const outside = Uint32Array.from({ length: count }, () => draw.integer(4));
    const values = Float32Array.from({ length: count * width }, (_, i) => {
      const [row, column] = [Math.floor(i / width), i % width];
      return draw.normal() + (column === inside[row] ? 4 : 0);
    });
    // A rare class and rows without one are left out.
    inside[0] = 9;
    outside[1] = noClass;
    const vectors: Vectors = { count, width, values };
    const targets = [
      { name: 'inside', classes: inside },
      { name: 'outside', classes: outside },
    ];
    const [a, b] = drain(probeSteps(vectors, targets, { folds: 5, seed: 1 }));
    expect(a).toMatchObject({ rows: 239, classes: 4 });
    expect(a?.accuracy.mean).toBeGreaterThan(0.9);
    expect(b?.rows).toBe(239);
    expect(Math.abs((b?.accuracy.mean ?? 0) - 0.25)).toBeLessThan(0.12);
    expect(drain(probeSteps(vectors, targets, { folds: 5, seed: 1 }))).toEqual([a, b]);
  });

  it('serves sparse points, and refuses one class', () => {
    const count = 60;
    const points = {
      rowCount: count,
      columnCount: 3,
      offsets: Uint32Array.from({ length: count + 1 }, (_, i) => i),
      columns: Uint32Array.from({ length: count }, (_, i) => i % 3),
      values: new Float32Array(count).fill(1),
    };
    const classes = Uint32Array.from({ length: count }, (_, i) => i % 3);
    const [found] = drain(probeSteps(points, [{ name: 'column', classes }], { folds: 5, seed: 2 }));
    expect(found?.accuracy.mean).toBe(1);
    expect(() =>
      drain(probeSteps(points, [{ name: 'none', classes: new Uint32Array(count) }], { folds: 5, seed: 2 })),
    ).toThrowError(expect.objectContaining({ code: 'embedding-empty' }));
  });
});
