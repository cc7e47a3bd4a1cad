import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo } from 'react';
import { incubatorTemplate } from '../../../notebook/incubatorExperiments/templates.ts';
import type { IncubatorExperiment, IncubatorVariant } from '../../../notebook/incubatorExperiments/types.ts';
import { findings } from '../../../notebook/incubatorExperiments/words.ts';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';

interface Series {
  readonly name: string;
  readonly isReference: boolean;
  readonly marks: readonly {
    readonly x: string | number;
    readonly y: number;
    readonly deviation: number;
    readonly name: string;
  }[];
}

/** Finished variants as lines over a number or as bars, with the deviation over seeds; what they are held against in grey. */
export function IncubatorExperimentPlot({ experiment }: { readonly experiment: IncubatorExperiment }) {
  const template = incubatorTemplate(experiment.id);
  const { isLine, isLogAxis = false, axis, metrics } = template;
  const series = useMemo(() => seriesOf(experiment), [experiment]);
  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const inks = series.filter(({ isReference }) => !isReference);
      return series.map((one): Data => {
        const at = inks.indexOf(one);
        const color =
          at < 0 ? colors.ink3 : at === 0 ? colors.accent : (colors.categories[at] ?? colors.ink2);
        const common = {
          name: escapeHtml(one.name),
          x: one.marks.map(({ x }) => (typeof x === 'string' ? escapeHtml(x) : x)),
          y: one.marks.map(({ y }) => y),
          text: one.marks.map(({ name }) => escapeHtml(name)),
          error_y: {
            type: 'data' as const,
            array: one.marks.map(({ deviation }) => deviation),
            color: isLine ? color : colors.ink2,
            thickness: 1,
            width: 3,
          },
          hovertemplate: '%{text}: %{y:.3f}<extra></extra>',
        };
        if (!isLine) return { ...common, type: 'bar', textposition: 'none', marker: { color } } as Data;
        const dash = one.isReference ? 'dot' : 'solid';
        return {
          ...common,
          type: 'scatter',
          mode: 'lines+markers',
          line: { color, width: 2, dash },
          marker: { color, size: 7 },
        } as Data;
      });
    },
    [series, isLine],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      barmode: 'group',
      showlegend: series.length > 1 && (isLine || series.some(({ marks }) => marks.length > 1)),
      margin: { t: series.length > 1 ? 36 : 12, b: 60 },
      xaxis: {
        ...(isLogAxis
          ? { type: 'log', tickvals: [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] }
          : isLine
            ? {}
            : { type: 'category' }),
        title: { text: axis },
        automargin: true,
      },
      yaxis: { title: { text: metrics[0]?.name ?? '' }, ...(isLine ? {} : { rangemode: 'tozero' }) },
    }),
    [series, isLine, isLogAxis, axis, metrics],
  );
  return (
    <Plot
      name={`${template.title}: plot`}
      summary={findings(experiment)[0] ?? template.question}
      data={data}
      layout={layout}
      height={300}
      table={() => tableOf(experiment)}
    />
  );
}

function seriesOf({ id, variants }: IncubatorExperiment): readonly Series[] {
  const [metric] = incubatorTemplate(id).metrics;
  const found = new Map<string, { isReference: boolean; marks: Series['marks'][number][] }>();
  const put = (name: string, isReference: boolean, mark: Series['marks'][number]) => {
    const own = found.get(name) ?? { isReference, marks: [] };
    own.marks.push(mark);
    found.set(name, own);
  };
  const mark = ({ x, name, state }: IncubatorVariant, key: string) => {
    const value = state.kind === 'done' ? state.values[key] : undefined;
    return value ? { x, y: value.mean, deviation: value.deviation, name } : null;
  };
  for (const variant of variants) {
    const own = metric ? mark(variant, metric.key) : null;
    if (own) put(variant.series, variant.isReference, own);
    // Of every semantics the same: what a ranking by chance gets.
    const chance = id === 'compound' && variant.series === 'Product' ? mark(variant, 'chance') : null;
    if (chance) put('Chance', true, { ...chance, name: `chance, ${variant.x}` });
  }
  return [...found].map(([name, { isReference, marks }]) => ({
    name,
    isReference,
    marks: marks.some(({ x }) => typeof x === 'string')
      ? marks
      : marks.sort((a, b) => Number(a.x) - Number(b.x)),
  }));
}

function tableOf({ id, variants }: IncubatorExperiment): PlotTable {
  const { metrics } = incubatorTemplate(id);
  return {
    header: [
      'variant',
      'series',
      'x',
      ...metrics.flatMap(({ name }) => [name, `${name} deviation`]),
      'judged by',
    ],
    rows: variants.flatMap(({ name, series, x, state }) =>
      state.kind === 'done'
        ? [
            [
              name,
              series,
              x,
              ...metrics.flatMap(({ key }) => [
                state.values[key]?.mean ?? null,
                state.values[key]?.deviation ?? null,
              ]),
              state.judges,
            ],
          ]
        : [],
    ),
  };
}
