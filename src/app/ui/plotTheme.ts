import { isObject } from '../../base/json.ts';
import type { Layout } from 'plotly.js';
import { formatCount, formatNumber } from '../../notebook/format.ts';

/** Token values as plots need them: resolved colours, since SVG attributes know no `light-dark()`. */
export interface PlotColors {
  readonly paper: string;
  readonly ink: string;
  readonly ink2: string;
  readonly ink3: string;
  readonly grid: string;
  readonly hairline: string;
  readonly muted: string;
  readonly accent: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
  /** Colour-blind-safe, for categories; see `categoryColor`. */
  readonly categories: readonly string[];
  /** One perceptually even ramp, low to high. */
  readonly ramp: readonly (readonly [number, string])[];
}

/** Reads the tokens in force at this moment. */
export function plotColors(): PlotColors {
  const probe = document.createElement('span');
  probe.style.display = 'none';
  document.body.append(probe);
  const read = (token: string) => {
    probe.style.color = `var(--${token})`;
    return getComputedStyle(probe).color;
  };
  const paper = read('paper');
  const accent = read('accent');
  const colors: PlotColors = {
    paper,
    ink: read('ink'),
    ink2: read('ink-2'),
    ink3: read('ink-3'),
    grid: read('plot-grid'),
    hairline: read('hairline-strong'),
    muted: read('plot-muted'),
    accent,
    good: read('good'),
    warn: read('warn'),
    bad: read('bad'),
    categories: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => read(`plot-${n}`)),
    ramp: [
      [0, paper],
      [0.5, mix(paper, accent, 0.5)],
      [1, accent],
    ],
  };
  probe.remove();
  return colors;
}

/** The same name has the same colour in every cell, whatever its position. */
export function categoryColor(name: string, colors: PlotColors): string {
  let hash = 0;
  for (const character of name) hash = (Math.imul(hash, 31) + (character.codePointAt(0) ?? 0)) >>> 0;
  return colors.categories[hash % colors.categories.length] as string;
}

/** House style of every plot: hairline axes, quiet grid, no frame, tabular type. */
export function baseLayout(colors: PlotColors): Partial<Layout> {
  const axis = {
    gridcolor: colors.grid,
    linecolor: colors.hairline,
    tickcolor: colors.hairline,
    zerolinecolor: colors.hairline,
    zerolinewidth: 1,
    tickfont: { size: 12, color: colors.ink2 },
    title: { font: { size: 12, color: colors.ink2 }, standoff: 8 },
    automargin: true,
    fixedrange: false,
  };
  return {
    paper_bgcolor: colors.paper,
    plot_bgcolor: colors.paper,
    font: { family: 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif', size: 12, color: colors.ink },
    // The same array every time: plotly compares arrays by identity, and another one makes it draw everything again.
    colorway: colors.categories as string[],
    margin: { l: 48, r: 16, t: 12, b: 40 },
    hoverlabel: {
      bgcolor: colors.paper,
      bordercolor: colors.hairline,
      font: { size: 12, color: colors.ink },
      align: 'left',
    },
    legend: {
      orientation: 'h',
      x: 0,
      y: 1.02,
      xanchor: 'left',
      yanchor: 'bottom',
      font: { size: 12, color: colors.ink2 },
      bgcolor: 'rgba(0,0,0,0)',
    },
    hovermode: 'closest',
    dragmode: 'zoom',
    bargap: 0.12,
    xaxis: { ...axis, zeroline: false },
    yaxis: axis,
  };
}

/** Ticks of a log axis at round values, written out: plotly's own leave bare digits between the powers of ten. */
export function logTicks(low: number, high: number) {
  const decades = Math.log10(high / low);
  const steps = decades > 3.5 ? [1] : decades > 1.2 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 7];
  const tickvals: number[] = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++)
    for (const step of steps) {
      const value = step * 10 ** power;
      // These axes count things: between 1 and 2 there is none, and 1.5 would be written as a second 2.
      if (value >= low && value <= high && (value < 1 || Number.isInteger(value))) tickvals.push(value);
    }
  // Counts that nearly agree lie between two round ones: an axis without numbers would say nothing.
  if (tickvals.length < 2) tickvals.splice(0, tickvals.length, ...evenTicks(low, high));
  return {
    tickmode: 'array' as const,
    tickvals,
    ticktext: tickvals.map((value) => (value >= 1 ? formatCount(value) : formatNumber(value))),
  };
}

/** About four round numbers in a range, whole ones where it is of counts. */
function evenTicks(low: number, high: number): number[] {
  const rough = Math.max((high - low) / 4, low >= 1 ? 1 : 0);
  if (rough === 0) return [low];
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(n * step);
  return ticks.length > 0 ? ticks : [Math.round(low)];
}

/** Two levels deep is where layouts meet: `xaxis`, `yaxis`, `margin`, `legend` and their titles. */
export function mergeLayout(base: Partial<Layout>, over: Partial<Layout>): Partial<Layout> {
  return merge(base, over, 3) as Partial<Layout>;
}

function merge(base: unknown, over: unknown, depth: number): unknown {
  if (!isObject(base) || !isObject(over) || depth === 0) return over;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over))
    result[key] = key in base ? merge(base[key], value, depth - 1) : value;
  return result;
}

function mix(a: string, b: string, share: number): string {
  const [x, y] = [channels(a), channels(b)];
  return `rgb(${x.map((value, i) => Math.round(value + ((y[i] ?? value) - value) * share)).join(',')})`;
}

function channels(color: string): number[] {
  return (color.match(/[\d.]+/g) ?? []).slice(0, 3).map(Number);
}
