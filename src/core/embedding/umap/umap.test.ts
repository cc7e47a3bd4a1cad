import { describe, expect, it } from 'vitest';
import { UMAP } from 'umap-js';
import { random } from '../../../base/random.ts';
import type { Steps } from '../../../base/steps.ts';
import type { DensePoints } from '../../clustering/points.ts';
import { neighbourSteps } from '../uses/neighbours.ts';
import { umapDefaults, umapSteps, umapTotal } from '../umap.ts';
import { fitCurve } from './curve.ts';
import { descend } from './descend.ts';
import { fuzzyGraph } from './fuzzyGraph.ts';
import { nearestGraphSteps } from './nearestGraph.ts';
import { NeighbourLists } from './neighbourLists.ts';
import { trustworthinessSteps } from './trustworthiness.ts';

function run<T>(steps: Steps<T>, onMark: (mark: number) => void = () => undefined): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    onMark(step.value);
  }
}

/** Overlapping normal clusters. */
function clusters(count: number, width: number, groups: number): DensePoints {
  const r = random(5);
  const centres = Float32Array.from({ length: groups * width }, () => r.normal());
  const values = Float32Array.from({ length: count * width }, (_, at) => {
    const group = Math.floor(at / width) % groups;
    return (centres[group * width + (at % width)] as number) + 0.8 * r.normal();
  });
  return { count, width, values };
}

/** Nothing is small. */
const beyond = { products: 0, sparseRows: 0 };

describe('the nearest graph', () => {
  it('is exact for small sets, nearest first', () => {
    const points = clusters(300, 10, 6);
    const graph = run(nearestGraphSteps(points, 8, 1));
    const exact = run(neighbourSteps(points, points, { k: 8, excludeSelf: true }));
    expect(graph.rows).toEqual(exact.rows);
    exact.scores.forEach((score, at) => expect(graph.distances[at]).toBeCloseTo(1 - score, 5));
  });

  it('finds nearly all neighbours of sets that are too large to be compared one and all', () => {
    const points = clusters(6000, 40, 30);
    const marks: number[] = [];
    const graph = run(nearestGraphSteps(points, 10, 1, beyond), (mark) => marks.push(mark));
    expect(marks.every((mark, at) => at === 0 || mark >= (marks[at - 1] as number))).toBe(true);
    const asked = 200;
    const first = { ...points, count: asked, values: points.values.subarray(0, asked * 40) };
    const exact = run(neighbourSteps(first, points, { k: 11 }));
    let hits = 0;
    for (let row = 0; row < asked; row++) {
      const own = new Set(graph.rows.subarray(row * 10, row * 10 + 10));
      for (const other of exact.rows.subarray(row * 11, row * 11 + 11)) if (own.has(other)) hits++;
      expect(own.has(row)).toBe(false);
    }
    expect(hits / (asked * 10)).toBeGreaterThan(0.97);
  }, 60_000);

  it('compares many sparse rows by their latent directions', () => {
    const [count, columnCount] = [1200, 90];
    // A row has the three words of its topic, and one of its own.
    const columns = Uint32Array.from({ length: 4 * count }, (_, at) => {
      const row = Math.floor(at / 4);
      return at % 4 < 3 ? 3 * (row % 20) + (at % 4) : 60 + (row % 30);
    });
    const offsets = Uint32Array.from({ length: count + 1 }, (_, row) => 4 * row);
    const values = new Float32Array(4 * count).fill(0.5);
    const { rows } = run(
      nearestGraphSteps({ rowCount: count, columnCount, offsets, columns, values }, 5, 1, beyond),
    );
    const strangers = rows.filter((row, at) => row % 20 !== Math.floor(at / 5) % 20);
    expect(strangers).toHaveLength(0);
  }, 60_000);

  it('puts equal rows at distance 0, and keeps rows of zeros apart from all', () => {
    const values = Float32Array.from([1, 2, 1, 2, 2, 4, 0, 0, -1, 3, 3, -1]);
    const { rows, distances } = run(nearestGraphSteps({ count: 6, width: 2, values }, 2, 1));
    expect([...distances.subarray(0, 2)]).toEqual([0, 0]);
    expect([...rows.subarray(0, 2)].toSorted()).toEqual([1, 2]);
    expect([...distances.subarray(6, 8)]).toEqual([1, 1]);
  });
});

it('descent finds most neighbours from lists of strangers', () => {
  const { count, width, values } = clusters(600, 6, 5);
  for (let row = 0; row < count; row++) {
    const own = values.subarray(row * width, (row + 1) * width);
    const length = Math.hypot(...own);
    own.forEach((value, i) => (own[i] = value / length));
  }
  const lists = new NeighbourLists(count, 10);
  for (let row = 0; row < count; row++)
    for (let n = 1; n <= 10; n++) {
      const other = (row + 37 * n) % count;
      let score = 0;
      for (let i = 0; i < width; i++)
        score += (values[row * width + i] as number) * (values[other * width + i] as number);
      lists.insert(row, other, score);
    }
  run(descend(values, width, lists));
  const exact = run(
    neighbourSteps({ count, width, values }, { count, width, values }, { k: 10, excludeSelf: true }),
  );
  let hits = 0;
  for (let row = 0; row < count; row++) {
    const own = new Set(lists.rows.subarray(row * 10, row * 10 + 10));
    for (const other of exact.rows.subarray(row * 10, row * 10 + 10)) if (own.has(other)) hits++;
  }
  expect(hits / (count * 10)).toBeGreaterThan(0.9);
});

describe('the fuzzy graph', () => {
  it('is umap-js’s, which follows umap-learn', () => {
    const points = clusters(120, 8, 4);
    const nearest = run(nearestGraphSteps(points, 9, 1));
    const graph = fuzzyGraph(nearest);
    const peer = new UMAP({ nNeighbors: 10, nEpochs: 1, random: () => 0.5 });
    const cut = (values: Uint32Array | Float32Array, row: number) => [
      ...values.subarray(row * 9, (row + 1) * 9),
    ];
    peer.setPrecomputedKNN(
      Array.from({ length: 120 }, (_, row) => [row, ...cut(nearest.rows, row)]),
      Array.from({ length: 120 }, (_, row) => [0, ...cut(nearest.distances, row)]),
    );
    peer.initializeFit(Array.from({ length: 120 }, (_, row) => [row]));
    const theirs = (peer as unknown as { graph: { get(row: number, column: number, other: number): number } })
      .graph;
    let compared = 0;
    for (let row = 0; row < 120; row++)
      for (let at = graph.offsets[row] as number; at < (graph.offsets[row + 1] as number); at++) {
        expect(graph.weights[at]).toBeCloseTo(theirs.get(row, graph.columns[at] as number, 0), 3);
        compared++;
      }
    expect(compared).toBeGreaterThan(120 * 9);
  });

  it('has the same weight in both directions', () => {
    const { offsets, columns, weights } = fuzzyGraph(run(nearestGraphSteps(clusters(200, 6, 3), 7, 1)));
    const of = (row: number, column: number) => {
      for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++)
        if (columns[at] === column) return weights[at];
      return 0;
    };
    for (let row = 0; row < 200; row++)
      for (let at = offsets[row] as number; at < (offsets[row + 1] as number); at++)
        expect(of(columns[at] as number, row)).toBeCloseTo(weights[at] as number, 6);
  });
});

it('fits the curve that umap-learn fits', () => {
  const curve = fitCurve(0.1);
  expect(curve.a).toBeCloseTo(1.576_943_46, 3);
  expect(curve.b).toBeCloseTo(0.895_060_878, 3);
});

describe('trustworthiness', () => {
  const count = 60;
  const values = Float32Array.from(
    { length: count * 5 },
    (_, at) => Math.sin(1 + Math.floor(at / 5) * ((at % 5) + 1) * 0.7) + 0.1 * (at % 5),
  );
  const points = { count, width: 5, values };
  const map = Float32Array.from({ length: 2 * count }, (_, at) => {
    const i = at >> 1;
    return at % 2 === 0 ? Math.sin(i * 0.9) : Math.cos(i * i * 0.37);
  });

  it.each([
    [3, 0.463_737_373_7],
    [5, 0.472_884_615_4],
    [12, 0.518_373_494],
  ])('is scikit-learn’s, k %i', (neighbours, expected) => {
    const found = run(trustworthinessSteps(points, map, { neighbours, sample: null, seed: 0 }));
    expect(found).toBeCloseTo(expected, 6);
  });

  it('of some rows is near that of all, and refuses more neighbours than half the rows', () => {
    const some = run(trustworthinessSteps(points, map, { neighbours: 5, sample: 40, seed: 0 }));
    const all = run(trustworthinessSteps(points, map, { neighbours: 5, sample: null, seed: 0 }));
    expect(Math.abs(some - all)).toBeLessThan(0.1);
    expect(() => run(trustworthinessSteps(points, map, { neighbours: 30, sample: null, seed: 0 }))).toThrow(
      /neighbours/u,
    );
  });
});

describe('the map', () => {
  it('keeps neighbours together far better than principal components do, and counts to its end', () => {
    const points = clusters(1500, 20, 12);
    const marks: number[] = [];
    const map = run(umapSteps(points, { ...umapDefaults, epochs: 200 }), (mark) => marks.push(mark));
    expect(
      marks.every((mark, at) => mark <= umapTotal && (at === 0 || mark >= (marks[at - 1] as number))),
    ).toBe(true);
    expect(map.every(Number.isFinite)).toBe(true);
    expect(run(trustworthinessSteps(points, map, { neighbours: 15, sample: 300, seed: 0 }))).toBeGreaterThan(
      0.93,
    );
  }, 60_000);

  it('stands for points that are all one, and for sparse rows', () => {
    const same = { count: 40, width: 3, values: new Float32Array(120).fill(2) };
    expect(run(umapSteps(same, { ...umapDefaults, epochs: 20 })).every(Number.isFinite)).toBe(true);
    const offsets = Uint32Array.from({ length: 41 }, (_, row) => 2 * row);
    const columns = Uint32Array.from({ length: 80 }, (_, at) => (at % 2) + 2 * (Math.floor(at / 2) % 4));
    const sparse = { rowCount: 40, columnCount: 8, offsets, columns, values: new Float32Array(80).fill(1) };
    expect(run(umapSteps(sparse, { ...umapDefaults, epochs: 20 })).every(Number.isFinite)).toBe(true);
  });
});
