import { useCallback, useMemo } from 'react';
import type { Measured } from '../../../notebook/keptExperiments/types.ts';
import { pieTemplate } from '../../../notebook/pieExperiments/templates.ts';
import type { PieExperiment, PieVariant } from '../../../notebook/pieExperiments/types.ts';
import { findings } from '../../../notebook/pieExperiments/words.ts';
import {
  seriesCollector,
  tableOf,
  VariantPlot,
  variantMargin,
  type Series,
} from '../../keptExperiments/VariantPlot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';

const mostFrequent = 'Most frequent';

/** Finished variants as bars or, over a number, as a line; TF-IDF in grey. */
export function PieExperimentPlot({ experiment }: { readonly experiment: PieExperiment }) {
  const template = pieTemplate(experiment.id);
  const series = useMemo(() => seriesOf(experiment), [experiment]);
  const isLine = experiment.id === 'length';
  // A probe reads several things of one embedding, so the things are the axis.
  const isByMetric = experiment.id === 'nuance' || experiment.id === 'steps';
  const yTitle = isByMetric ? 'Share of texts' : (template.metrics[0]?.name ?? '');
  const layout = useCallback(
    () => ({
      barmode: 'group' as const,
      showlegend: series.length > 1,
      margin: variantMargin(series),
      xaxis: {
        ...(isLine ? { rangemode: 'tozero' as const } : { type: 'category' as const }),
        title: { text: template.axis },
        automargin: true,
      },
      yaxis: { title: { text: yTitle }, rangemode: 'tozero' as const },
    }),
    [series, isLine, template.axis, yTitle],
  );
  return (
    <VariantPlot
      template={template}
      summary={findings(experiment)[0] ?? template.question}
      series={series}
      isLine={isLine}
      look={look}
      layout={layout}
      table={() =>
        tableOf<PieVariant>(experiment, template, { variant: ({ name }) => name, x: ({ x }) => x })
      }
    />
  );
}

function look({ name, isReference }: Series, at: number, colors: PlotColors) {
  const color =
    name === mostFrequent
      ? colors.hairline
      : isReference
        ? colors.ink3
        : at === 0
          ? colors.accent
          : (colors.categories[at] ?? colors.ink2);
  return { color, errorColor: colors.ink2, line: isReference ? null : ({ dash: 'solid' } as const), size: 8 };
}

function seriesOf(experiment: PieExperiment): readonly Series[] {
  const { metrics } = pieTemplate(experiment.id);
  const { put, all } = seriesCollector();
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
  return all();
}
