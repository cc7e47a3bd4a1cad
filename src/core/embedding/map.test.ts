import { describe, expect, it } from 'vitest';
import { random } from '../../base/random.ts';
import type { Steps } from '../../base/steps.ts';
import { clusterNames } from '../clustering/clusterNames.ts';
import { fromNpy, toNpy } from './npy.ts';
import { pcaSteps } from './pca.ts';
import { umapSteps } from './umap.ts';

function run<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const r = random(4);
/** Three groups far apart in ten dimensions. */
const groups = {
  count: 90,
  width: 10,
  values: Float32Array.from(
    { length: 900 },
    (_, i) => 8 * Number(Math.floor(i / 10) % 3 === i % 10) + 1 + 0.3 * r.normal(),
  ),
};

describe('PCA', () => {
  it('finds the directions in which points were spread, centred, by variance', () => {
    const values = Float32Array.from(
      { length: 400 * 3 },
      (_, i) => ([5, 100, -7][i % 3] ?? 0) + ([3, 0.1, 1][i % 3] ?? 0) * r.normal(),
    );
    const scores = run(pcaSteps({ count: 400, width: 3, values }, 2, 1));
    const column = (at: number) =>
      Float64Array.from({ length: 400 }, (_, row) => scores[2 * row + at] as number);
    const deviation = (list: Float64Array) =>
      Math.sqrt(list.reduce((sum, x) => sum + x * x, 0) / list.length);
    expect(deviation(column(0))).toBeCloseTo(deviation(centred(values, 0)), 1);
    expect(deviation(column(1))).toBeCloseTo(deviation(centred(values, 2)), 1);
    expect(Math.abs(column(0).reduce((sum, x) => sum + x, 0))).toBeLessThan(0.05);
  });

  it('is the same for sparse points', () => {
    const { count, width, values } = groups;
    const offsets = Uint32Array.from({ length: count + 1 }, (_, i) => i * width);
    const columns = Uint32Array.from({ length: count * width }, (_, i) => i % width);
    const sparse = run(pcaSteps({ rowCount: count, columnCount: width, offsets, columns, values }, 2, 1));
    run(pcaSteps(groups, 2, 1)).forEach((value, i) => expect(sparse[i]).toBeCloseTo(value, 4));
  });
});

function centred(values: Float32Array, column: number): Float64Array {
  const own = Float64Array.from(
    { length: values.length / 3 },
    (_, row) => values[3 * row + column] as number,
  );
  const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
  return own.map((x) => x - mean);
}

describe('UMAP', () => {
  it('keeps groups together, and gives the same map for the same seed', () => {
    const options = { neighbours: 10, minDist: 0.1, epochs: 150, seed: 3 };
    const map = run(umapSteps(groups, options));
    const distance = (a: number, b: number) =>
      Math.hypot(
        (map[2 * a] as number) - (map[2 * b] as number),
        (map[2 * a + 1] as number) - (map[2 * b + 1] as number),
      );
    let nearestAreOwn = 0;
    for (let a = 0; a < 90; a++) {
      const others = Array.from({ length: 90 }, (_, b) => b).filter((b) => b !== a);
      const nearest = others.reduce((x, y) => (distance(a, y) < distance(a, x) ? y : x));
      if (nearest % 3 === a % 3) nearestAreOwn++;
    }
    expect(nearestAreOwn).toBe(90);
    expect(run(umapSteps(groups, options))).toEqual(map);
  });

  it('refuses too few points', () => {
    expect(() =>
      run(
        umapSteps(
          { count: 3, width: 1, values: Float32Array.of(1, 2, 3) },
          { neighbours: 15, minDist: 0.1, epochs: 10, seed: 1 },
        ),
      ),
    ).toThrow(/no map/u);
  });
});

describe('.npy', () => {
  it('is read back, header aligned as NumPy writes it', () => {
    const bytes = toNpy(groups);
    expect((bytes.length - 4 * 900) % 64).toBe(0);
    expect(fromNpy(bytes)).toEqual(groups);
    expect(() => fromNpy(bytes.subarray(0, 500))).toThrow(/cut off/u);
  });
});

it('names clusters by what sets them apart', () => {
  const terms = [['write', 'poem'], ['write', 'poem'], ['write', 'code'], ['write', 'code'], []];
  expect(clusterNames([0, 0, 1, 1, 2], terms, 3, 1)).toEqual(['poem', 'code', 'cluster 3']);
});
