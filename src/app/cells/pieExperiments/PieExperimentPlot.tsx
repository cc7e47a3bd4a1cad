import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo } from 'react';
import { pieTemplate } from '../../../notebook/pieExperiments/templates.ts';
import type { Measured, PieExperiment, PieVariant } from '../../../notebook/pieExperiments/types.ts';
import { findings } from '../../../notebook/pieExperiments/words.ts';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';

const mostFrequent = 'Most frequent';

interface Mark {
  readonly x: string | number;
  readonly y: Measured;
  readonly name: string;
}

interface Series {
  readonly name: string;
  readonly isReference: boolean;
  readonly marks: readonly Mark[];
}

/** Finished variants as bars or, over a number, as a line; TF-IDF in grey. */
export function PieExperimentPlot({ experiment }: { readonly experiment: PieExperiment }) {
  const template = pieTemplate(experiment.id);
  const series = useMemo(() => seriesOf(experiment), [experiment]);
  const isLine = experiment.id === 'length';
  // A probe reads several things of one embedding, so the things are the axis.
  const isByMetric = experiment.id === 'nuance' || experiment.id === 'steps';
  const yTitle = isByMetric ? 'Share of texts' : (template.metrics[0]?.name ?? '');
  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const ink = (one: Series, i: number) =>
        one.name === mostFrequent
          ? colors.hairline
          : one.isReference
            ? colors.ink3
            : i === 0
              ? colors.accent
              : (colors.categories[i] ?? colors.ink2);
      return series.map((one, i): Data => {
        const color = ink(one, i);
        const common = {
          name: escapeHtml(one.name),
          x: one.marks.map(({ x }) => (typeof x === 'string' ? escapeHtml(x) : x)),
          y: one.marks.map(({ y }) => y.mean),
          text: one.marks.map(({ name }) => escapeHtml(name)),
          error_y: {
            type: 'data' as const,
            array: one.marks.map(({ y }) => y.deviation),
            color: colors.ink2,
            thickness: 1,
            width: 3,
          },
          hovertemplate: '%{text}: %{y:.3f}<extra></extra>',
        };
        if (!isLine) return { ...common, type: 'bar', textposition: 'none', marker: { color } } as Data;
        const mode = one.isReference ? 'markers' : 'lines+markers';
        return {
          ...common,
          type: 'scatter',
          mode,
          line: { color, width: 2 },
          marker: { color, size: 8 },
        } as Data;
      });
    },
    [series, isLine],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      barmode: 'group',
      showlegend: series.length > 1,
      margin: { t: series.length > 1 ? 36 : 12, b: 60 },
      xaxis: {
        ...(isLine ? { rangemode: 'tozero' } : { type: 'category' }),
        title: { text: template.axis },
        automargin: true,
      },
      yaxis: { title: { text: yTitle }, rangemode: 'tozero' },
    }),
    [series.length, isLine, template.axis, yTitle],
  );
  const table = (): PlotTable => ({
    header: ['variant', 'x', ...template.metrics.flatMap(({ name }) => [name, `${name} deviation`])],
    rows: experiment.variants.flatMap(({ name, x, state }) =>
      state.kind === 'done'
        ? [
            [
              name,
              x,
              ...template.metrics.flatMap(({ key }) => [
                state.values[key]?.mean ?? null,
                state.values[key]?.deviation ?? null,
              ]),
            ],
          ]
        : [],
    ),
  });
  return (
    <Plot
      name={`${template.title}: plot`}
      summary={findings(experiment)[0] ?? template.question}
      data={data}
      layout={layout}
      height={300}
      table={table}
    />
  );
}

function seriesOf(experiment: PieExperiment): readonly Series[] {
  const { metrics } = pieTemplate(experiment.id);
  const found = new Map<string, { isReference: boolean; marks: Mark[] }>();
  const put = (name: string, isReference: boolean, mark: Mark) => {
    const series = found.get(name) ?? { isReference, marks: [] };
    series.marks.push(mark);
    found.set(name, series);
  };
  const marksOf = (variant: PieVariant, values: Readonly<Record<string, Measured>>) => {
    const { series, isReference, name, x } = variant;
    if (experiment.id === 'nuance') {
      for (const metric of metrics) {
        const y = values[metric.key];
        if (y) put(series, isReference, { x: metric.name, y, name: `${name}, ${metric.name}` });
      }
      return;
    }
    const shown = experiment.id === 'steps' ? metrics : metrics.slice(0, 1);
    for (const metric of shown) {
      const y = values[metric.key];
      if (y) put(series, isReference, { x: shown.length > 1 ? `${metric.name}, ${x}` : x, y, name });
    }
  };
  for (const variant of experiment.variants)
    if (variant.state.kind === 'done') marksOf(variant, variant.state.values);
  // The most frequent answer: what reading nothing at all gets right.
  if (experiment.id === 'nuance') {
    const values = experiment.variants.flatMap(({ state }) =>
      state.kind === 'done' ? [state.values] : [],
    )[0];
    for (const metric of metrics) {
      const y = values?.[`${metric.key} majority`];
      if (y) put(mostFrequent, true, { x: metric.name, y, name: `Most frequent ${metric.name}` });
    }
  }
  return [...found].map(([name, { isReference, marks }]) => ({ name, isReference, marks }));
}
