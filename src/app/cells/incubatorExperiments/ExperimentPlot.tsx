import { useCallback, useMemo } from 'react';
import { incubatorTemplate } from '../../../notebook/incubatorExperiments/templates.ts';
import type { IncubatorExperiment, IncubatorVariant } from '../../../notebook/incubatorExperiments/types.ts';
import { findings } from '../../../notebook/incubatorExperiments/words.ts';
import {
  seriesCollector,
  tableOf,
  VariantPlot,
  variantMargin,
  type Series,
} from '../../keptExperiments/VariantPlot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';

/** Finished variants as lines over a number or as bars, with the deviation over seeds; what they are held against in grey. */
export function IncubatorExperimentPlot({ experiment }: { readonly experiment: IncubatorExperiment }) {
  const template = incubatorTemplate(experiment.id);
  const { isLine, isLogAxis = false, axis, metrics } = template;
  const series = useMemo(() => seriesOf(experiment), [experiment]);
  const look = useCallback(
    (one: Series, _at: number, colors: PlotColors) => {
      const at = series.filter(({ isReference }) => !isReference).indexOf(one);
      const color = at < 0 ? colors.ink3 : at === 0 ? colors.accent : (colors.categories[at] ?? colors.ink2);
      const dash = one.isReference ? ('dot' as const) : ('solid' as const);
      return { color, errorColor: isLine ? color : colors.ink2, line: { dash }, size: 7 };
    },
    [series, isLine],
  );
  const layout = useCallback(
    () => ({
      barmode: 'group' as const,
      showlegend: series.length > 1 && (isLine || series.some(({ marks }) => marks.length > 1)),
      margin: variantMargin(series),
      xaxis: {
        ...(isLogAxis
          ? { type: 'log' as const, tickvals: [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] }
          : isLine
            ? {}
            : { type: 'category' as const }),
        title: { text: axis },
        automargin: true,
      },
      yaxis: {
        title: { text: metrics[0]?.name ?? '' },
        ...(isLine ? {} : { rangemode: 'tozero' as const }),
        // Nothing is more than all: where every variant is right, plotly would draw up to 2.
        ...(series.every(({ marks }) => marks.every(({ y }) => y.mean <= 1))
          ? { autorangeoptions: { clipmax: 1.02 } }
          : {}),
      },
    }),
    [series, isLine, isLogAxis, axis, metrics],
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
        tableOf<IncubatorVariant>(
          experiment,
          template,
          { variant: ({ name }) => name, series: (variant) => variant.series, x: ({ x }) => x },
          { 'judged by': ({ state }) => (state.kind === 'done' ? state.judges : null) },
        )
      }
    />
  );
}

function seriesOf({ id, variants }: IncubatorExperiment): readonly Series[] {
  const [metric] = incubatorTemplate(id).metrics;
  const { put, all } = seriesCollector();
  const mark = ({ x, name, state }: IncubatorVariant, key: string) => {
    const y = state.kind === 'done' ? state.values[key] : undefined;
    return y ? { x, y, name } : null;
  };
  for (const variant of variants) {
    const own = metric ? mark(variant, metric.key) : null;
    if (own) put(variant.series, variant.isReference, own);
    // Of every semantics the same: what a ranking by chance gets.
    const chance = id === 'compound' && variant.series === 'Product' ? mark(variant, 'chance') : null;
    if (chance) put('Chance', true, { ...chance, name: `chance, ${variant.x}` });
  }
  return all().map(({ name, isReference, marks }) => ({
    name,
    isReference,
    marks: marks.some(({ x }) => typeof x === 'string')
      ? marks
      : marks.toSorted((a, b) => Number(a.x) - Number(b.x)),
  }));
}
