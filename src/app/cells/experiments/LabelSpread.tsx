import type { Data, Layout } from 'plotly.js';
import { useCallback } from 'react';
import { random } from '../../../base/random.ts';
import type { Experiment } from '../../../notebook/experiments/types.ts';
import { formatNumber } from '../../../notebook/format.ts';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { labelF1, resultOf, type Decision } from './model.ts';

/** F1 of every label in every finished network, one dot a label: a mean hides which labels pay for it. */
export function LabelSpread(props: {
  readonly experiment: Experiment;
  readonly axis: string;
  readonly decision: Decision;
}) {
  const { experiment, axis, decision } = props;
  const { variants, title } = experiment;
  const data = useCallback(
    (colors: PlotColors): Data[] =>
      variants.flatMap((variant) => {
        const result = variant.kind === 'network' ? resultOf(variant) : null;
        if (!result) return [];
        const { names, support } = result.perLabel;
        const f1 = labelF1(result, decision);
        return [
          {
            type: 'box',
            name: escapeHtml(String(variant.x)),
            y: [...f1],
            text: names.map((name, i) => `${escapeHtml(name)} (${support[i] ?? 0} rows)`),
            boxpoints: 'all',
            // The same places at every draw.
            jitter: 0.3 + 0.2 * random(7, names.length).next(),
            pointpos: 0,
            marker: { color: colors.accent, size: 4, opacity: 0.55 },
            line: { color: colors.hairline, width: 1 },
            fillcolor: 'rgba(0,0,0,0)',
            hovertemplate: '%{text}: F1 %{y:.3f}<extra></extra>',
          } as Data,
        ];
      }),
    [variants, decision],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      showlegend: false,
      margin: { t: 12, b: 44 },
      xaxis: { type: 'category', title: { text: axis } },
      yaxis: { range: [-0.03, 1.03], title: { text: 'F1 of a label' } },
    }),
    [axis],
  );
  const table = (): PlotTable => ({
    header: ['variant', 'label', 'test rows', 'F1'],
    rows: variants.flatMap((variant) => {
      const result = variant.kind === 'network' ? resultOf(variant) : null;
      if (!result) return [];
      const { names, support } = result.perLabel;
      const f1 = labelF1(result, decision);
      return names.map((name, i) => [variant.name, name, support[i] ?? 0, f1[i] ?? 0]);
    }),
  });
  const summary = variants
    .flatMap((variant) => {
      const result = variant.kind === 'network' ? resultOf(variant) : null;
      if (!result) return [];
      const sorted = [...labelF1(result, decision)].sort((a, b) => a - b);
      const zero = sorted.filter((value) => value === 0).length;
      const median = sorted[sorted.length >> 1] ?? 0;
      return [`${variant.name}: median ${formatNumber(median, 2)}, ${zero} of ${result.labels} labels at 0`];
    })
    .join('; ');
  return (
    <Plot
      name={`${title}: F1 of each label`}
      summary={`${summary}.`}
      data={data}
      layout={layout}
      table={table}
      height={280}
    />
  );
}
