import type createScatterplot from 'regl-scatterplot';
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { fileStem, saveFile } from '../../files.ts';
import { useTheme } from '../../theme.ts';
import { toastError } from '../../toasts.ts';
import { Output } from '../../ui/Output.tsx';
import { categoryColor, plotColors } from '../../ui/plotTheme.ts';

type Scatterplot = ReturnType<typeof createScatterplot>;

/** The map by WebGL, for sets on which SVG would stall. Shift and drag for a lasso. */
export function BigMap(props: {
  readonly name: string;
  readonly summary: string;
  readonly xy: Float32Array;
  readonly groups: readonly string[];
  readonly tools: ReactNode;
  readonly onSelect: (points: readonly number[] | null) => void;
  readonly textOf: (at: number) => string;
}) {
  const { name, summary, xy, groups, tools } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<Scatterplot | null>(null);
  const theme = useTheme();
  // eslint-disable-next-line react-hooks/exhaustive-deps -- the theme decides what the tokens resolve to
  const colors = useMemo(() => plotColors(), [theme]);
  const [hovered, setHovered] = useState<number | null>(null);
  const select = useRef(props.onSelect);
  useEffect(() => {
    select.current = props.onSelect;
  });

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let alive = true;
    const start = async () => {
      const { default: create } = await import('regl-scatterplot');
      if (!alive) return;
      const canvas = document.createElement('canvas');
      element.replaceChildren(canvas);
      const names = [...new Set(groups)];
      const index = new Map(names.map((group, i) => [group, i]));
      const { width, height } = element.getBoundingClientRect();
      const made = create({ canvas, width, height, pointSize: 3, backgroundColor: hex(colors.paper) });
      made.set({ colorBy: 'valueA', pointColor: names.map((group) => hex(categoryColor(group, colors))) });
      made.subscribe('select', ({ points }) => select.current(points));
      made.subscribe('deselect', () => select.current(null));
      made.subscribe('pointOver', setHovered);
      made.subscribe('pointOut', () => setHovered(null));
      plot.current = made;
      await made.draw(
        inUnitSquare(
          xy,
          groups.map((group) => index.get(group) ?? 0),
        ),
      );
    };
    start().catch(toastError);
    return () => {
      alive = false;
      plot.current?.destroy();
      plot.current = null;
    };
  }, [xy, groups, colors]);

  const actions = useMemo(
    () => [
      {
        id: 'png',
        label: 'Save as PNG (2×)',
        run: () => {
          if (plot.current)
            titled(plot.current, name, summary).then(
              (png) => saveFile(png, `${fileStem(name)}.png`),
              toastError,
            );
        },
      },
    ],
    [name, summary],
  );
  return (
    <Output name={name} summary={summary} tools={tools} actions={actions} isWide>
      <div ref={host} className="big-map" role="img" aria-label={`${name}. ${summary}`} />
      <p className="small quiet big-map-text">{hovered === null ? ' ' : props.textOf(hovered)}</p>
    </Output>
  );
}

/** The picture at 2×, under its title and summary. */
async function titled(plot: Scatterplot, name: string, summary: string): Promise<Blob> {
  const image = await plot.export({ scale: 2 });
  const colors = plotColors();
  const canvas = new OffscreenCanvas(image.width, image.height + 120);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The browser gave no canvas for the picture.');
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colors.ink;
  context.font = '600 32px system-ui, sans-serif';
  context.fillText(name, 24, 52);
  context.font = '24px system-ui, sans-serif';
  context.fillText(summary, 24, 96, canvas.width - 48);
  context.putImageData(image, 0, 120);
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Both axes by one scale, so that distances stay comparable. */
function inUnitSquare(xy: Float32Array, values: readonly number[]): number[][] {
  let [xMin, xMax, yMin, yMax] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < xy.length; i += 2) {
    const [x, y] = [xy[i] as number, xy[i + 1] as number];
    [xMin, xMax, yMin, yMax] = [Math.min(xMin, x), Math.max(xMax, x), Math.min(yMin, y), Math.max(yMax, y)];
  }
  const half = Math.max(xMax - xMin, yMax - yMin, 1e-9) / 1.9;
  return values.map((value, i) => [
    ((xy[2 * i] as number) - (xMin + xMax) / 2) / half,
    ((xy[2 * i + 1] as number) - (yMin + yMax) / 2) / half,
    value,
  ]);
}

/** `rgb(…)` or `#…` as the library wants it. */
function hex(color: string): string {
  if (color.startsWith('#')) return color;
  const channels = (color.match(/[\d.]+/gu) ?? []).slice(0, 3).map(Number);
  return `#${channels.map((value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;
}
