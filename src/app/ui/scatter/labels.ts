import type { Place } from './view.ts';

/** A name on the map, at a place of the plane. */
export interface MapLabel {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Heavier ones are placed first. */
  readonly weight: number;
}

export interface PlacedLabel {
  readonly text: string;
  /** Middle of the text, in pixels. */
  readonly x: number;
  readonly y: number;
}

export interface MeasuredLabel extends PlacedLabel {
  readonly width: number;
}

/** A name has this much of the map to itself: more of them would hide the points. */
const pixelsPerName = 14_000;

/** Names that fit without covering each other, in the order given. `height` of a line in pixels. */
export function placeLabels(
  labels: readonly MeasuredLabel[],
  size: { readonly width: number; readonly height: number },
  height: number,
  most = Math.ceil((size.width * size.height) / pixelsPerName),
): PlacedLabel[] {
  const placed: MeasuredLabel[] = [];
  for (const label of labels) {
    if (placed.length >= most) break;
    const half = label.width / 2;
    const isOutside =
      label.x - half < 0 || label.x + half > size.width || label.y < height || label.y > size.height - height;
    const covers = (other: MeasuredLabel) =>
      Math.abs(other.x - label.x) < half + other.width / 2 + 6 && Math.abs(other.y - label.y) < height + 2;
    if (!isOutside && !placed.some(covers)) placed.push(label);
  }
  return placed.map(({ text, x, y }) => ({ text, x, y }));
}

/** The middle of each group: the median of its points in x and in y, which lies inside more often than the mean. */
export function groupMiddles(
  xy: Float32Array,
  groups: ArrayLike<number>,
  k: number,
): (Place & { count: number })[] {
  const members = Array.from({ length: k }, (): number[] => []);
  for (let i = 0; i < groups.length; i++) members[groups[i] as number]?.push(i);
  const median = (of: readonly number[], axis: 0 | 1) => {
    const values = Float32Array.from(of, (i) => xy[2 * i + axis] as number).sort();
    return values[Math.floor(values.length / 2)] ?? 0;
  };
  return members.map((of) => ({ x: median(of, 0), y: median(of, 1), count: of.length }));
}
