/** What part of the plane is seen: the point in the middle, and pixels a unit. The plane's y grows upwards, the screen's downwards. */
export interface View {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

/** How far one may zoom in from the whole. */
export const mostZoom = 400;

/** The view of all points `[count, 2]`, with a margin in pixels. */
export function fit(xy: Float32Array, { width, height }: Size, margin = 28): View {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i + 1 < xy.length; i += 2) {
    const [x, y] = [xy[i] as number, xy[i + 1] as number];
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < low) low = y;
    if (y > high) high = y;
  }
  if (!(right >= left)) return { x: 0, y: 0, scale: 1 };
  const across = Math.max(right - left, 1e-9);
  const up = Math.max(high - low, 1e-9);
  const scale = Math.min(Math.max(1, width - 2 * margin) / across, Math.max(1, height - 2 * margin) / up);
  return { x: (left + right) / 2, y: (low + high) / 2, scale };
}

export function toScreen(view: View, size: Size, x: number, y: number): Place {
  return { x: size.width / 2 + (x - view.x) * view.scale, y: size.height / 2 - (y - view.y) * view.scale };
}

export function toPlane(view: View, size: Size, { x, y }: Place): Place {
  return { x: view.x + (x - size.width / 2) / view.scale, y: view.y - (y - size.height / 2) / view.scale };
}

/** Moves what is seen along with the pointer, by pixels. */
export function panned(view: View, dx: number, dy: number): View {
  return { ...view, x: view.x - dx / view.scale, y: view.y + dy / view.scale };
}

/** Zooms so that what lies under `at` stays there, between the whole (and a little less) and `mostZoom` times it. */
export function zoomed(view: View, whole: View, size: Size, at: Place, factor: number): View {
  const scale = Math.min(mostZoom * whole.scale, Math.max(0.5 * whole.scale, view.scale * factor));
  const under = toPlane(view, size, at);
  const next = { ...view, scale };
  const moved = toScreen(next, size, under.x, under.y);
  return panned(next, at.x - moved.x, at.y - moved.y);
}

/** Diameter of a point in pixels: small where there are many, larger as one comes near. */
export function pointSize(count: number, zoom: number): number {
  const base = Math.min(7, Math.max(2, 9.5 - 1.5 * Math.log10(Math.max(1, count))));
  return Math.min(12, base * Math.min(3, Math.max(1, zoom) ** 0.4));
}
