import type { Annotations, Layout, Shape } from 'plotly.js';
import type { PlotColors } from './plotTheme.ts';

/**
 * What moves over a plot with a slider: lines, a band, a point, in data coordinates. On the page it is drawn over the plot
 * without plotly, whose smallest redraw takes several milliseconds; into pictures it goes as plotly's shapes.
 */
export type PlotMark =
  /** A line across, with words at its right end. */
  | { readonly kind: 'y'; readonly at: number; readonly text?: string }
  /** An upright line, with words beside its foot. */
  | { readonly kind: 'x'; readonly at: number; readonly text?: string; readonly side?: 'left' | 'right' }
  /** A tint from one x to another. */
  | { readonly kind: 'band'; readonly from: number; readonly to: number }
  /** A ring. */
  | { readonly kind: 'point'; readonly x: number; readonly y: number };

/** Where an axis lies in its plot, CSS pixels; `range` is in powers of ten on a log axis, as plotly has it. */
export interface AxisPlace {
  readonly type: 'linear' | 'log';
  readonly range: readonly [number, number];
  readonly offset: number;
  readonly length: number;
}

export interface PlotPlace {
  readonly x: AxisPlace;
  readonly y: AxisPlace;
}

/** Pixels from the left (x) or the bottom (y) end of the axis; outside of it below 0 or above its length. */
export function alongAxis({ type, range: [low, high], length }: AxisPlace, value: number): number {
  const at = type === 'log' ? Math.log10(value) : value;
  return ((at - low) / (high - low)) * length;
}

/** Where plotly has put its axes; null before the first drawing, or where they are neither linear nor logarithmic. */
export function plotPlace(element: HTMLElement): PlotPlace | null {
  const full = (element as { _fullLayout?: { xaxis?: unknown; yaxis?: unknown } })._fullLayout;
  const [x, y] = [axisPlace(full?.xaxis), axisPlace(full?.yaxis)];
  return x && y ? { x, y } : null;
}

function axisPlace(axis: unknown): AxisPlace | null {
  const { type, range, _offset, _length } = (axis ?? {}) as {
    type?: string;
    range?: readonly [unknown, unknown];
    _offset?: number;
    _length?: number;
  };
  if ((type !== 'linear' && type !== 'log') || !range || _offset === undefined || _length === undefined)
    return null;
  return { type, range: [Number(range[0]), Number(range[1])], offset: _offset, length: _length };
}

const dotted = (color: string) => ({ color, width: 1, dash: 'dot' as const });

/** The same marks for a picture. `isLog` tells which axes are logarithmic: there plotly places words by the power of ten. */
export function marksLayout(
  marks: readonly PlotMark[],
  colors: PlotColors,
  isLog: { readonly x: boolean; readonly y: boolean },
): Pick<Partial<Layout>, 'shapes' | 'annotations'> {
  const shapes: Partial<Shape>[] = [];
  const annotations: Partial<Annotations>[] = [];
  const words = { showarrow: false, yanchor: 'bottom' as const };
  for (const mark of marks) {
    if (mark.kind === 'band')
      shapes.push({
        type: 'rect',
        layer: 'below',
        xref: 'x',
        yref: 'paper',
        x0: mark.from,
        x1: mark.to,
        y0: 0,
        y1: 1,
        fillcolor: colors.accent,
        opacity: 0.08,
        line: { width: 0 },
      });
    else if (mark.kind === 'point')
      shapes.push({
        type: 'circle',
        xref: 'x',
        yref: 'y',
        xsizemode: 'pixel',
        ysizemode: 'pixel',
        xanchor: mark.x,
        yanchor: mark.y,
        x0: -5,
        x1: 5,
        y0: -5,
        y1: 5,
        line: { color: colors.ink, width: 2 },
      });
    else if (mark.kind === 'y') {
      const { at, text } = mark;
      shapes.push({
        type: 'line',
        xref: 'paper',
        yref: 'y',
        x0: 0,
        x1: 1,
        y0: at,
        y1: at,
        line: dotted(colors.ink2),
      });
      if (text !== undefined)
        annotations.push({
          ...words,
          xref: 'paper',
          yref: 'y',
          x: 1,
          y: isLog.y ? Math.log10(at) : at,
          xanchor: 'right',
          text,
          font: { size: 12, color: colors.ink2 },
        });
    } else {
      const { at, text, side = 'right' } = mark;
      shapes.push({
        type: 'line',
        xref: 'x',
        yref: 'paper',
        x0: at,
        x1: at,
        y0: 0,
        y1: 1,
        line: dotted(colors.ink2),
      });
      if (text !== undefined)
        annotations.push({
          ...words,
          xref: 'x',
          yref: 'paper',
          x: isLog.x ? Math.log10(at) : at,
          y: 0,
          xanchor: side === 'left' ? 'right' : 'left',
          xshift: side === 'left' ? -4 : 4,
          text,
          font: { size: 12, color: colors.accent },
        });
    }
  }
  return { shapes, annotations };
}
