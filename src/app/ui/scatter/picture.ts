import type { PlotColors } from '../plotTheme.ts';
import { paintLabels, paintPoints, placedLabels } from './canvasPainter.ts';
import { opacity, type Scene } from './scene.ts';
import { pointSize, toScreen, type Size, type View } from './view.ts';

export interface LegendEntry {
  readonly text: string;
  readonly color: string;
  /** Points it stands for. */
  readonly count: number;
}

export interface PictureOptions {
  readonly title: string;
  readonly summary: string;
  readonly scene: Scene;
  readonly view: View;
  /** Of the view now, against the whole. */
  readonly zoom: number;
  readonly size: Size;
  readonly legend: readonly LegendEntry[];
  /** Beyond what the legend names. */
  readonly legendRest: string | null;
  readonly colors: PlotColors;
}

const head = 60;
const legendLine = 20;
const edge = 16;
const textFont = '12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

interface LegendPlace extends LegendEntry {
  readonly x: number;
  readonly y: number;
}

/** The map with title, summary, names and legend, on its own ground, at twice the pixels. */
export async function mapPng(options: PictureOptions): Promise<Blob> {
  const { size, colors, scene, view } = options;
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser draws no canvas');
  context.font = textFont;
  const { places, rest, height } = legendPlaces(context, options);
  const all = { width: size.width, height: head + size.height + height };
  canvas.width = 2 * all.width;
  canvas.height = 2 * all.height;
  context.scale(2, 2);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, all.width, all.height);
  context.fillStyle = colors.ink;
  context.textBaseline = 'alphabetic';
  context.font = `600 16px ${textFont.slice(5)}`;
  context.fillText(options.title, edge, 26);
  context.font = textFont;
  context.fillStyle = colors.ink2;
  context.fillText(options.summary, edge, 46, all.width - 2 * edge);
  context.save();
  context.translate(0, head);
  context.beginPath();
  context.rect(0, 0, size.width, size.height);
  context.clip();
  paintPoints(context, scene, view, size, pointSize(scene.colors.length, options.zoom));
  paintLabels(context, placedLabels(context, scene, view, size), colors);
  context.restore();
  context.font = textFont;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const { text, color, x, y } of places) {
    context.fillStyle = color;
    context.beginPath();
    context.arc(x + 4, head + size.height + y, 4, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = colors.ink2;
    context.fillText(text, x + 14, head + size.height + y);
  }
  if (rest) context.fillText(rest.text, rest.x, head + size.height + rest.y);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))),
      'image/png',
    ),
  );
}

/** The same as SVG: text stays text, points stay points. */
export function mapSvg(options: PictureOptions): Blob {
  const { size, colors, scene, view } = options;
  const context = document.createElement('canvas').getContext('2d');
  if (!context) throw new Error('this browser draws no canvas');
  context.font = textFont;
  const { places, rest, height } = legendPlaces(context, options);
  const total = head + size.height + height;
  const radius = pointSize(scene.colors.length, options.zoom) / 2;
  const circles = scene.palette.map((color, index) => {
    const own: string[] = [];
    for (let i = 0; i < scene.colors.length; i++) {
      if (scene.colors[i] !== index) continue;
      const { x, y } = toScreen(view, size, scene.xy[2 * i] as number, scene.xy[2 * i + 1] as number);
      if (x < 0 || y < 0 || x > size.width || y > size.height) continue;
      const faint = scene.chosen && scene.chosen[i] !== 1 ? ` opacity="${opacity.passed}"` : '';
      own.push(
        `<circle cx="${x.toFixed(1)}" cy="${(head + y).toFixed(1)}" r="${radius.toFixed(2)}"${faint}/>`,
      );
    }
    return own.length > 0 ? `<g fill="${color}" fill-opacity="${opacity.plain}">${own.join('')}</g>` : '';
  });
  const names = placedLabels(context, scene, view, size).map(
    ({ text, x, y }) =>
      `<text x="${x.toFixed(1)}" y="${(head + y + 4).toFixed(1)}" text-anchor="middle" font-weight="600" fill="${colors.ink}" stroke="${colors.paper}" stroke-width="4" stroke-linejoin="round" paint-order="stroke">${escapeXml(text)}</text>`,
  );
  const base = head + size.height;
  const legend = places.map(
    ({ text, color, x, y }) =>
      `<circle cx="${x + 4}" cy="${base + y}" r="4" fill="${color}"/><text x="${x + 14}" y="${base + y + 4}" fill="${colors.ink2}">${escapeXml(text)}</text>`,
  );
  if (rest)
    legend.push(
      `<text x="${rest.x}" y="${base + rest.y + 4}" fill="${colors.ink2}">${escapeXml(rest.text)}</text>`,
    );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${size.width}" height="${total}" viewBox="0 0 ${size.width} ${total}" font-family="system-ui, sans-serif" font-size="12"><rect width="100%" height="100%" fill="${colors.paper}"/><text x="${edge}" y="26" font-size="16" font-weight="600" fill="${colors.ink}">${escapeXml(options.title)}</text><text x="${edge}" y="46" fill="${colors.ink2}">${escapeXml(options.summary)}</text>${circles.join('')}${names.join('')}${legend.join('')}</svg>`;
  return new Blob([svg], { type: 'image/svg+xml' });
}

function legendPlaces(context: CanvasRenderingContext2D, { legend, legendRest, size }: PictureOptions) {
  let [x, y] = [edge, legendLine / 2];
  const next = (width: number) => {
    if (x > edge && x + width > size.width - edge) [x, y] = [edge, y + legendLine];
    const place = { x, y };
    x += width + 16;
    return place;
  };
  const places = legend.map((entry): LegendPlace => ({
    ...entry,
    ...next(14 + context.measureText(entry.text).width),
  }));
  const rest = legendRest ? { text: legendRest, ...next(context.measureText(legendRest).width) } : null;
  return { places, rest, height: places.length > 0 ? y + legendLine : edge };
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll(/\p{Cc}/gu, ' ');
}
