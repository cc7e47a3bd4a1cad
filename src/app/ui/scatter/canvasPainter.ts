import { placeLabels, type MeasuredLabel, type PlacedLabel } from './labels.ts';
import { opacity, type Scene } from './scene.ts';
import { toScreen, type Size, type View } from './view.ts';
import type { Painter } from './webglPainter.ts';

/** Points above which the fallback draws squares: arcs take three times as long. */
const mostDiscs = 5000;

/** Points on a 2-D canvas, for pictures and where there is no WebGL. The context is scaled to CSS pixels. */
export function paintPoints(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  size: Size,
  pointPixels: number,
  asDiscs = true,
  share = 1,
): void {
  const half = pointPixels / 2;
  const byColor = scene.palette.map((): number[] => []);
  const stride = Math.max(1, Math.round(1 / share));
  for (let i = 0; i < scene.colors.length; i += stride) byColor[scene.colors[i] as number]?.push(i);
  const pass = (isDrawn: (i: number) => boolean, alpha: number) => {
    context.globalAlpha = alpha;
    byColor.forEach((points, color) => {
      context.fillStyle = scene.palette[color] as string;
      for (const i of points) {
        if (!isDrawn(i)) continue;
        const { x, y } = toScreen(view, size, scene.xy[2 * i] as number, scene.xy[2 * i + 1] as number);
        if (x < -half || y < -half || x > size.width + half || y > size.height + half) continue;
        if (!asDiscs) context.fillRect(x - half, y - half, pointPixels, pointPixels);
        else {
          context.beginPath();
          context.arc(x, y, half, 0, 2 * Math.PI);
          context.fill();
        }
      }
    });
    context.globalAlpha = 1;
  };
  const { chosen } = scene;
  if (!chosen) pass(() => true, opacity.plain);
  else {
    pass((i) => chosen[i] !== 1, opacity.passed);
    pass((i) => chosen[i] === 1, opacity.chosen);
  }
}

const labelFont = '600 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const labelHeight = 16;
/** A name stands above the middle of its group: on it, it would hide a group that is small. */
const labelRise = 12;
const longestLabel = 32;

/** Names that fit in a view. */
export function placedLabels(
  context: CanvasRenderingContext2D,
  scene: Scene,
  view: View,
  size: Size,
): PlacedLabel[] {
  context.font = labelFont;
  const measured = scene.labels.map(({ text, x, y }): MeasuredLabel => {
    const short = text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text;
    const middle = toScreen(view, size, x, y);
    return { text: short, x: middle.x, y: middle.y - labelRise, width: context.measureText(short).width };
  });
  return placeLabels(measured, size, labelHeight);
}

/** Names with a rim of the page's colour, so that they can be read over points. */
export function paintLabels(
  context: CanvasRenderingContext2D,
  labels: readonly PlacedLabel[],
  { ink, paper }: { readonly ink: string; readonly paper: string },
): void {
  context.font = labelFont;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 4;
  context.strokeStyle = paper;
  context.fillStyle = ink;
  for (const { text, x, y } of labels) {
    context.strokeText(text, x, y);
    context.fillText(text, x, y);
  }
}

/** The fallback where there is no WebGL: the same pictures, more slowly. */
export function canvasPainter(canvas: HTMLCanvasElement): Painter | null {
  const context = canvas.getContext('2d');
  if (!context) return null;
  let scene: Scene | null = null;
  return {
    setScene: (next) => void (scene = next),
    draw(view, size, pixelRatio, pointPixels, share) {
      canvas.width = Math.round(size.width * pixelRatio);
      canvas.height = Math.round(size.height * pixelRatio);
      context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
      const asDiscs = (scene?.colors.length ?? 0) <= mostDiscs;
      if (scene) paintPoints(context, scene, view, size, pointPixels, asDiscs, share);
    },
    dispose: () => undefined,
  };
}
