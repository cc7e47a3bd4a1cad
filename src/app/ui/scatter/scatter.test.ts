import { describe, expect, it } from 'vitest';
import { random } from '../../../base/random.ts';
import { groupMiddles, placeLabels } from './labels.ts';
import { MotionPace } from './pace.ts';
import { pointGrid } from './pointGrid.ts';
import { fit, mostZoom, panned, pointSize, toPlane, toScreen, zoomed } from './view.ts';

const r = random(8);
const count = 3000;
const xy = Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? 10 : -3) + 5 * r.normal());
const size = { width: 800, height: 500 };

describe('the view of a map', () => {
  it('shows every point, with a margin, and y upwards', () => {
    const view = fit(xy, size, 20);
    for (let i = 0; i < count; i++) {
      const { x, y } = toScreen(view, size, xy[2 * i] as number, xy[2 * i + 1] as number);
      expect(x).toBeGreaterThanOrEqual(19.99);
      expect(x).toBeLessThanOrEqual(780.01);
      expect(y).toBeGreaterThanOrEqual(19.99);
      expect(y).toBeLessThanOrEqual(480.01);
    }
    expect(toScreen(view, size, 0, 5).y).toBeLessThan(toScreen(view, size, 0, 0).y);
    expect(fit(new Float32Array(), size)).toEqual({ x: 0, y: 0, scale: 1 });
    expect(fit(Float32Array.of(3, 4), size)).toMatchObject({ x: 3, y: 4 });
  });

  it('zooms about the pointer, moves with it, and knows its ends', () => {
    const whole = fit(xy, size);
    const at = { x: 120, y: 430 };
    const near = zoomed(whole, whole, size, at, 5);
    expect(near.scale).toBeCloseTo(5 * whole.scale, 6);
    const under = toPlane(whole, size, at);
    expect(toScreen(near, size, under.x, under.y).x).toBeCloseTo(at.x, 6);
    expect(toScreen(near, size, under.x, under.y).y).toBeCloseTo(at.y, 6);
    const moved = panned(near, 30, -12);
    const there = toScreen(moved, size, under.x, under.y);
    expect([there.x, there.y]).toEqual([expect.closeTo(150, 6), expect.closeTo(418, 6)]);
    expect(zoomed(whole, whole, size, at, 1e9).scale).toBeCloseTo(mostZoom * whole.scale, 6);
    expect(zoomed(whole, whole, size, at, 0).scale).toBeCloseTo(0.5 * whole.scale, 6);
  });

  it('draws many points small, and larger as one comes near', () => {
    expect(pointSize(100_000, 1)).toBe(2);
    expect(pointSize(300, 1)).toBeGreaterThan(5);
    expect(pointSize(100_000, 20)).toBeGreaterThan(5);
  });
});

describe('the grid of points', () => {
  const grid = pointGrid(xy);

  it('finds the nearest as a look at all of them does', () => {
    for (let trial = 0; trial < 200; trial++) {
      const at = { x: 10 + 6 * r.normal(), y: -3 + 6 * r.normal() };
      let [best, least]: [number | null, number] = [null, 0.5 ** 2];
      for (let i = 0; i < count; i++) {
        const d = ((xy[2 * i] as number) - at.x) ** 2 + ((xy[2 * i + 1] as number) - at.y) ** 2;
        if (d < least) [best, least] = [i, d];
      }
      expect(grid.nearest(at, 0.5)).toBe(best);
    }
  });

  it('finds what a lasso holds, hollows left out', () => {
    // A square with a notch.
    const lasso = [
      { x: 5, y: -8 },
      { x: 15, y: -8 },
      { x: 15, y: 2 },
      { x: 10, y: -3 },
      { x: 5, y: 2 },
    ];
    const isIn = (x: number, y: number) => x > 5 && x < 15 && y > -8 && y < Math.abs(x - 10) - 3;
    const expected = Array.from({ length: count }, (_, i) => i).filter((i) =>
      isIn(xy[2 * i] as number, xy[2 * i + 1] as number),
    );
    expect(expected.length).toBeGreaterThan(300);
    expect(grid.inside(lasso)).toEqual(expected);
    expect(grid.inside(lasso.slice(0, 2))).toEqual([]);
  });

  it('takes points that all lie in one place, and none', () => {
    const same = pointGrid(Float32Array.of(2, 2, 2, 2));
    expect(same.nearest({ x: 2, y: 2 }, 1)).toBe(0);
    expect(pointGrid(new Float32Array()).nearest({ x: 0, y: 0 }, 9)).toBeNull();
  });
});

describe('names on a map', () => {
  it('never cover each other, heaviest first', () => {
    const at = (text: string, x: number, y: number) => ({ text, x, y, width: 60 });
    const labels = [
      at('a', 200, 200),
      at('b', 230, 205),
      at('c', 300, 205),
      at('d', 5, 200),
      at('e', 200, 230),
    ];
    expect(placeLabels(labels, size, 16).map(({ text }) => text)).toEqual(['a', 'c', 'e']);
    expect(placeLabels(labels, size, 16, 1)).toHaveLength(1);
  });

  it('stand in the middle of their groups', () => {
    const middles = groupMiddles(Float32Array.of(0, 0, 1, 1, 90, 2, 5, 5), [0, 0, 0, 1], 2);
    expect(middles).toEqual([
      { x: 1, y: 1, count: 3 },
      { x: 5, y: 5, count: 1 },
    ]);
  });
});

describe('the pace of a moving map', () => {
  const run = (pace: MotionPace, frames: number, msOf: (share: number) => number) => {
    let [now, share] = [0, 1];
    for (let frame = 0; frame < frames; frame++) {
      share = pace.frame(now, 100_000);
      now += msOf(share);
    }
    return share;
  };

  it('draws all points where frames are quick, fewer where they are slow, and never too few', () => {
    expect(run(new MotionPace(), 30, () => 16)).toBe(1);
    // 150 ms for all: what fits in a frame is found within a few.
    const share = run(new MotionPace(), 8, (drawn) => 5 + 150 * drawn);
    expect(5 + 150 * share).toBeLessThan(40);
    expect(share).toBeGreaterThan(0.1);
    expect(run(new MotionPace(), 50, () => 400)).toBe(0.05);
  });

  it('remembers between motions, and is not misled by a tab that slept', () => {
    const pace = new MotionPace();
    const share = run(pace, 10, (drawn) => 150 * drawn);
    pace.rest();
    expect(pace.frame(1e6, 100_000)).toBe(share);
    expect(pace.frame(1e6 + 60_000, 100_000)).toBe(share);
  });
});
