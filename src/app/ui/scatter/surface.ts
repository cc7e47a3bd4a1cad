import type { PlotColors } from '../plotTheme.ts';
import { canvasPainter, paintLabels, placedLabels } from './canvasPainter.ts';
import { MotionPace } from './pace.ts';
import type { Scene } from './scene.ts';
import { fit, panned, pointSize, toScreen, zoomed, type Place, type Size, type View } from './view.ts';
import { webglPainter, type Painter } from './webglPainter.ts';

/** A map on two canvases: points below, names and what the pointer does above. No React: frames do not wait for it. */
export interface Surface {
  readonly view: () => View;
  readonly size: () => Size;
  /** Of the view against the whole. */
  readonly zoom: () => number;
  setScene(scene: Scene, colors: PlotColors): void;
  resize(size: Size): void;
  pan(dx: number, dy: number): void;
  zoomBy(factor: number, at?: Place): void;
  showAll(): void;
  /** The lasso so far, on the plane. */
  setLasso(lasso: readonly Place[] | null): void;
  /** Points with a ring around them. */
  setMarked(points: readonly number[]): void;
  /** Draws now, for measurements. */
  drawNow(): void;
  dispose(): void;
}

/** All points are drawn this long after the last motion. */
const restAfterMs = 160;

/** `onLost`: the graphics process went away; another surface without WebGL should take over. */
export function createSurface(
  points: HTMLCanvasElement,
  above: HTMLCanvasElement,
  withWebgl: boolean,
  onLost: () => void,
): Surface | null {
  const painter: Painter | null = (withWebgl ? webglPainter(points) : null) ?? canvasPainter(points);
  const context = above.getContext('2d');
  if (!painter || !context) return null;
  points.addEventListener('webglcontextlost', onLost);
  let scene: Scene | null = null;
  let colors: PlotColors | null = null;
  let size: Size = { width: 0, height: 0 };
  let whole: View = { x: 0, y: 0, scale: 1 };
  let view = whole;
  let lasso: readonly Place[] | null = null;
  let marked: readonly number[] = [];
  let frame = 0;

  const pace = new MotionPace();
  let isMoving = false;
  let rest: ReturnType<typeof setTimeout> | undefined;

  const zoom = () => view.scale / whole.scale;
  const draw = () => {
    frame = 0;
    if (!scene || size.width < 1 || size.height < 1) return;
    const share = isMoving ? pace.frame(performance.now(), scene.colors.length) : 1;
    const ratio = globalThis.devicePixelRatio || 1;
    const pixels = pointSize(scene.colors.length, zoom());
    // Fewer points are drawn a little larger: the map keeps its weight.
    painter.draw(view, size, ratio, pixels * Math.min(2, share ** -0.25), share);
    above.width = Math.round(size.width * ratio);
    above.height = Math.round(size.height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (colors) {
      drawRings(context, scene, marked, pixels, colors);
      paintLabels(context, placedLabels(context, scene, view, size), colors);
      if (lasso) drawLasso(context, lasso, colors);
    }
  };
  const drawRings = (
    on: CanvasRenderingContext2D,
    of: Scene,
    which: readonly number[],
    pixels: number,
    { ink, paper }: PlotColors,
  ) => {
    for (const point of which) {
      const { x, y } = toScreen(view, size, of.xy[2 * point] as number, of.xy[2 * point + 1] as number);
      for (const [color, width] of [
        [paper, 4],
        [ink, 2],
      ] as const) {
        on.beginPath();
        on.arc(x, y, pixels / 2 + 3, 0, 2 * Math.PI);
        on.strokeStyle = color;
        on.lineWidth = width;
        on.stroke();
      }
    }
  };
  const drawLasso = (on: CanvasRenderingContext2D, path: readonly Place[], { accent }: PlotColors) => {
    on.beginPath();
    for (const { x, y } of path) {
      const at = toScreen(view, size, x, y);
      on.lineTo(at.x, at.y);
    }
    on.closePath();
    on.globalAlpha = 0.1;
    on.fillStyle = accent;
    on.fill();
    on.globalAlpha = 1;
    on.strokeStyle = accent;
    on.lineWidth = 1.5;
    on.stroke();
  };
  const soon = () => {
    frame ||= requestAnimationFrame(draw);
  };
  const look = (next: View) => {
    view = next;
    isMoving = true;
    clearTimeout(rest);
    rest = setTimeout(() => {
      isMoving = false;
      pace.rest();
      soon();
    }, restAfterMs);
    soon();
  };
  return {
    view: () => view,
    size: () => size,
    zoom,
    setScene(next, with_) {
      const isMoved = scene?.xy !== next.xy;
      scene = next;
      colors = with_;
      painter.setScene(next);
      if (isMoved) {
        whole = fit(next.xy, size);
        view = whole;
      }
      soon();
    },
    resize(next) {
      const sawAll = view === whole;
      size = next;
      if (!scene) return;
      const before = whole;
      whole = fit(scene.xy, size);
      view = sawAll ? whole : { ...view, scale: (view.scale / before.scale) * whole.scale };
      soon();
    },
    pan: (dx, dy) => look(panned(view, dx, dy)),
    zoomBy: (factor, at = { x: size.width / 2, y: size.height / 2 }) =>
      look(zoomed(view, whole, size, at, factor)),
    showAll: () => look(whole),
    setLasso(next) {
      lasso = next;
      soon();
    },
    setMarked(next) {
      marked = next;
      soon();
    },
    drawNow: draw,
    dispose() {
      cancelAnimationFrame(frame);
      clearTimeout(rest);
      points.removeEventListener('webglcontextlost', onLost);
      painter.dispose();
    },
  };
}
