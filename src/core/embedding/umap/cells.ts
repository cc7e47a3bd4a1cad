import type { Random } from '../../../base/random.ts';
import type { Steps } from '../../../base/steps.ts';
import { allRows } from '../../clustering/assign.ts';
import type { Geometry } from '../../clustering/points.ts';
import { productRows, type RowProducts } from '../../clustering/simd/products.ts';

/** Rows cut into cells of near directions. */
export interface Cells {
  /** Rows, cell after cell. */
  readonly members: Uint32Array;
  /** `[cells + 1]` into `members`. */
  readonly offsets: Uint32Array;
  /** Unit direction of each cell, `[cells, width]`. */
  readonly directions: Float64Array;
  readonly width: number;
}

const rounds = 3;
/** A cell is cut where it has this many times the mean: equal rows would all lie in one. */
const mostTimesMean = 3;

/** Some √n cells by spherical k-means from random rows, a few rounds. Yields shares of `total`. */
export function* cellsOf(unit: Geometry, products: RowProducts, random: Random, total: number): Steps<Cells> {
  const { count, width } = unit;
  const k = Math.max(1, Math.round(Math.sqrt(count)));
  const directions = new Float64Array(k * width);
  random
    .shuffle(allRows(count))
    .subarray(0, k)
    .forEach((row, c) => unit.copyRow(row, directions, c * width));
  const cellOf = new Uint32Array(count);
  const rows = allRows(count);
  for (let round = 0; ; round++) {
    products.prepare(directions, k);
    for (let from = 0; from < count; from += productRows) {
      const to = Math.min(count, from + productRows);
      const block = products.of(rows, from, to);
      for (let row = from; row < to; row++) {
        const base = (row - from) * products.stride;
        let best = 0;
        for (let c = 1; c < k; c++)
          if ((block[base + c] as number) > (block[base + best] as number)) best = c;
        cellOf[row] = best;
      }
      if ((from / productRows) % 32 === 31) yield (total * (round + to / count)) / (rounds + 1);
    }
    if (round === rounds) break;
    turn(unit, cellOf, directions);
  }
  return cut(cellOf, directions, k, width);
}

/** Each direction to the mean of its members; one without members stays. */
function turn(unit: Geometry, cellOf: Uint32Array, directions: Float64Array): void {
  const { count, width } = unit;
  const sums = new Float64Array(directions.length);
  for (let row = 0; row < count; row++) unit.addRow(row, 1, sums, (cellOf[row] as number) * width);
  for (let at = 0; at < sums.length; at += width) {
    const sum = sums.subarray(at, at + width);
    const length = Math.hypot(...sum);
    if (length > 0)
      directions.set(
        sum.map((value) => value / length),
        at,
      );
  }
}

function cut(cellOf: Uint32Array, directions: Float64Array, k: number, width: number): Cells {
  const sizes = new Uint32Array(k + 1);
  for (const c of cellOf) sizes[c + 1] = (sizes[c + 1] as number) + 1;
  for (let c = 0; c < k; c++) sizes[c + 1] = (sizes[c + 1] as number) + (sizes[c] as number);
  const members = new Uint32Array(cellOf.length);
  const next = sizes.slice();
  cellOf.forEach((c, row) => {
    const at = next[c] as number;
    members[at] = row;
    next[c] = at + 1;
  });
  const most = Math.ceil((mostTimesMean * cellOf.length) / k);
  const [offsets, ofCell]: [number[], number[]] = [[0], []];
  for (let c = 0; c < k; c++) {
    const to = sizes[c + 1] as number;
    for (let from = sizes[c] as number; from < to; from += most) {
      offsets.push(Math.min(to, from + most));
      ofCell.push(c);
    }
  }
  const own = new Float64Array(ofCell.length * width);
  ofCell.forEach((c, i) => own.set(directions.subarray(c * width, (c + 1) * width), i * width));
  return { members, offsets: Uint32Array.from(offsets), directions: own, width };
}

/** All cells, itself first, then by cosine of their directions. */
export function nearestCells({ offsets, directions, width }: Cells, cell: number): Uint32Array {
  const cosines = new Float64Array(offsets.length - 1);
  for (let other = 0; other < cosines.length; other++) {
    let sum = 0;
    for (let i = 0; i < width; i++)
      sum += (directions[cell * width + i] as number) * (directions[other * width + i] as number);
    cosines[other] = sum;
  }
  cosines[cell] = Number.POSITIVE_INFINITY;
  return allRows(cosines.length).toSorted((a, b) => (cosines[b] as number) - (cosines[a] as number) || a - b);
}
