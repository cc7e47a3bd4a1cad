import type { MapLabel } from './labels.ts';

/** What a map shows. Keep it stable while it does not change: painters upload it once. */
export interface Scene {
  /** `[count, 2]` */
  readonly xy: Float32Array;
  /** `[count]`: into `palette`, which holds at most 256 colours as `rgb(r, g, b)`. */
  readonly colors: Uint8Array;
  readonly palette: readonly string[];
  /** `[count]`: 1 where a point is chosen; null where there is no choice. */
  readonly chosen: Uint8Array | null;
  /** By weight, heaviest first. */
  readonly labels: readonly MapLabel[];
}

/** Opacity of points: where there is no choice, chosen, and passed over. */
export const opacity = { plain: 0.8, chosen: 0.95, passed: 0.1 } as const;

export function channels(color: string): [number, number, number] {
  const [r = 0, g = 0, b = 0] = (color.match(/[\d.]+/gu) ?? []).map(Number);
  return [r, g, b];
}
