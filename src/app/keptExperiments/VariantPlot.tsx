import type { Data, Layout } from 'plotly.js';
import { useCallback } from 'react';
import type {
  KeptExperiment,
  KeptTemplate,
  KeptVariant,
  Measured,
} from '../../notebook/keptExperiments/types.ts';
import { deviationOf } from '../../notebook/keptExperiments/words.ts';
import { escapeHtml, Plot, type PlotTable } from '../ui/Plot.tsx';
import type { PlotColors } from '../ui/plotTheme.ts';

export interface Mark {
  readonly x: string | number;
  readonly y: Measured;
  /** On hover. */
  readonly name: string;
}

export interface Series {
  readonly name: string;
  readonly isReference: boolean;
  readonly marks: readonly Mark[];
}

/** Marks put in one by one, by the series that they belong to. */
export function seriesCollector() {
  const found = new Map<string, { isReference: boolean; marks: Mark[] }>();
  return {
    put(name: string, isReference: boolean, mark: Mark): void {
      const own = found.get(name) ?? { isReference, marks: [] };
      own.marks.push(mark);
      found.set(name, own);
    },
    all: (): readonly Series[] =>
      [...found].map(([name, { isReference, marks }]) => ({ name, isReference, marks })),
  };
}

export interface SeriesLook {
  readonly color: string;
  /** Of the deviation's bar. */
  readonly errorColor: string;
  /** Of a line's points and stroke. */
  readonly line?: { readonly dash: 'solid' | 'dot' } | null;
  readonly size: number;
}

/** Finished variants as bars or, over a number, as lines, with the deviation over seeds. Keep `look` and `layout` stable. */
export function VariantPlot(props: {
  readonly template: KeptTemplate;
  readonly summary: string;
  readonly series: readonly Series[];
  readonly isLine: boolean;
  /** `line: null`: points alone. */
  readonly look: (series: Series, at: number, colors: PlotColors) => SeriesLook;
  readonly layout: () => Partial<Layout>;
  readonly table: () => PlotTable;
}) {
  const { template, summary, series, isLine, look, layout, table } = props;
  const data = useCallback(
    (colors: PlotColors): Data[] =>
      series.map((one, at): Data => {
        const { color, errorColor, line = null, size } = look(one, at, colors);
        const common = {
          name: escapeHtml(one.name),
          x: one.marks.map(({ x }) => (typeof x === 'string' ? escapeHtml(x) : x)),
          y: one.marks.map(({ y }) => y.mean),
          text: one.marks.map(({ name }) => escapeHtml(name)),
          error_y: {
            type: 'data' as const,
            array: one.marks.map(({ y }) => y.deviation),
            color: errorColor,
            thickness: 1,
            width: 3,
          },
          hovertemplate: '%{text}: %{y:.3f}<extra></extra>',
        };
        if (!isLine) return { ...common, type: 'bar', textposition: 'none', marker: { color } } as Data;
        return {
          ...common,
          type: 'scatter',
          mode: line ? 'lines+markers' : 'markers',
          line: { color, width: 2, ...line },
          marker: { color, size },
        } as Data;
      }),
    [series, isLine, look],
  );
  return (
    <Plot
      name={`${template.title}: plot`}
      summary={summary}
      data={data}
      layout={layout}
      height={300}
      table={table}
    />
  );
}

/** Room for the legend above, and for slanted names below. */
export const variantMargin = (series: readonly Series[]) => ({ t: series.length > 1 ? 36 : 12, b: 60 });

/** Every finished variant with all its metrics; `facts` stand before them, `rest` behind. */
export function tableOf<Variant extends KeptVariant>(
  experiment: KeptExperiment<Variant>,
  { metrics }: KeptTemplate,
  facts: Readonly<Record<string, (variant: Variant) => string | number | null>>,
  rest: Readonly<Record<string, (variant: Variant) => string | number | null>> = {},
): PlotTable {
  return {
    header: [
      ...Object.keys(facts),
      ...metrics.flatMap(({ name }) => [name, `${name} deviation`]),
      ...Object.keys(rest),
    ],
    rows: experiment.variants.flatMap((variant) => {
      const { state } = variant;
      if (state.kind !== 'done') return [];
      const values = metrics.flatMap(({ key }) => {
        const measured = state.values[key];
        return measured ? [measured.mean, deviationOf(experiment, measured)] : [null, null];
      });
      const read = (columns: typeof facts) => Object.values(columns).map((value) => value(variant));
      return [[...read(facts), ...values, ...read(rest)]];
    }),
  };
}
