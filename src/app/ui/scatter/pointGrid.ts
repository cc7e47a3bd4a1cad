import type { Place } from './view.ts';

/** Points sorted into squares, so that a question about a place looks at few of them. */
export interface PointGrid {
  /** The point nearest to a place within a radius; null where there is none. */
  nearest(at: Place, radius: number): number | null;
  /** Points inside a polygon (even-odd), ascending. */
  inside(polygon: readonly Place[]): number[];
}

/** Points a square holds on average. */
const perSquare = 4;

/** Sorts `xy` `[count, 2]`. */
export function pointGrid(xy: Float32Array): PointGrid {
  const count = xy.length / 2;
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    left = Math.min(left, xy[2 * i] as number);
    right = Math.max(right, xy[2 * i] as number);
    low = Math.min(low, xy[2 * i + 1] as number);
    high = Math.max(high, xy[2 * i + 1] as number);
  }
  const side = Math.max(1, Math.ceil(Math.sqrt(count / perSquare)));
  const stepX = Math.max((right - left) / side, 1e-12);
  const stepY = Math.max((high - low) / side, 1e-12);
  const clamp = (cell: number) => Math.min(side - 1, Math.max(0, cell));
  const column = (x: number) => clamp(Math.floor((x - left) / stepX));
  const line = (y: number) => clamp(Math.floor((y - low) / stepY));
  const starts = new Uint32Array(side * side + 1);
  const squareOf = (i: number) => line(xy[2 * i + 1] as number) * side + column(xy[2 * i] as number);
  for (let i = 0; i < count; i++) {
    const next = squareOf(i) + 1;
    starts[next] = (starts[next] as number) + 1;
  }
  for (let square = 0; square < side * side; square++)
    starts[square + 1] = (starts[square + 1] as number) + (starts[square] as number);
  const places = starts.slice();
  const points = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    const square = squareOf(i);
    const at = places[square] as number;
    points[at] = i;
    places[square] = at + 1;
  }

  function* within(x0: number, x1: number, y0: number, y1: number): Generator<number> {
    for (let row = line(y0); row <= line(y1); row++) {
      const from = starts[row * side + column(x0)] as number;
      const to = starts[row * side + column(x1) + 1] as number;
      for (let at = from; at < to; at++) yield points[at] as number;
    }
  }

  return {
    nearest({ x, y }, radius) {
      let best: number | null = null;
      let least = radius * radius;
      for (const i of within(x - radius, x + radius, y - radius, y + radius)) {
        const square = ((xy[2 * i] as number) - x) ** 2 + ((xy[2 * i + 1] as number) - y) ** 2;
        if (square < least || (square === least && best === null)) {
          least = square;
          best = i;
        }
      }
      return best;
    },
    inside(polygon) {
      if (polygon.length < 3) return [];
      const xs = polygon.map(({ x }) => x);
      const ys = polygon.map(({ y }) => y);
      const found: number[] = [];
      for (const i of within(Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)))
        if (isInside(polygon, xy[2 * i] as number, xy[2 * i + 1] as number)) found.push(i);
      return found.sort((a, b) => a - b);
    },
  };
}

function isInside(polygon: readonly Place[], x: number, y: number): boolean {
  let inside = false;
  let before = polygon.at(-1) as Place;
  for (const corner of polygon) {
    const crosses = corner.y > y !== before.y > y;
    if (crosses && x < ((before.x - corner.x) * (y - corner.y)) / (before.y - corner.y) + corner.x)
      inside = !inside;
    before = corner;
  }
  return inside;
}
