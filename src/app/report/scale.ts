/** Chromium's canvas: at most this many pixels on a side, and this many in all. */
const maxSide = 16_384;
const maxArea = 268_435_456;

/** The largest scale up to 2 at which a page of this size still fits a canvas. */
export function pictureScale(width: number, height: number): number {
  const byside = maxSide / Math.max(width, height, 1);
  const byArea = Math.sqrt(maxArea / Math.max(1, width * height));
  return Math.min(2, byside, byArea);
}
