import { memo, useCallback, useMemo } from 'react';
import type { Data } from 'plotly.js';
import type { LabelExplorer, LabelStatistics } from '../../../core/labels/explorer.ts';
import { formatCount } from '../../../notebook/format.ts';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import { logTicks, type PlotColors } from '../../ui/plotTheme.ts';
import { labelsSentence } from './summary.ts';

/** Records of each label by rank on log axes, with the threshold's cut. */
export const FrequencyPlot = memo(function FrequencyPlot(props: {
  readonly explorer: LabelExplorer;
  readonly statistics: LabelStatistics;
}) {
  const { explorer, statistics } = props;
  const { threshold, labelsKept } = statistics;

  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const { labelIds, counts } = explorer.frequency;
      const ranks = Array.from(counts, (_, i) => i + 1);
      return [
        {
          type: 'scatter',
          mode: counts.length < 400 ? 'lines+markers' : 'lines',
          name: 'labels',
          x: ranks,
          y: [...counts],
          text: Array.from(labelIds, (id) => escapeHtml(explorer.table.labels[id] ?? '')),
          hovertemplate: '<b>%{text}</b><br>rank %{x:,}, %{y:,} records<extra></extra>',
          line: { color: colors.accent, width: 2 },
          marker: { color: colors.accent, size: 5 },
          showlegend: false,
        },
      ];
    },
    [explorer],
  );

  // Apart from the cut, because plotly compares arrays by identity: while these stay the same, only the cut is drawn again.
  const axes = useMemo(() => {
    const most = explorer.frequency.counts[0] ?? 1;
    const least = explorer.frequency.counts.at(-1) ?? 1;
    const ranks = Math.max(2, explorer.frequency.counts.length);
    return {
      xaxis: {
        type: 'log' as const,
        title: { text: 'Rank of the label' },
        range: [-0.03, Math.log10(ranks) + 0.03],
        ...logTicks(1, ranks),
      },
      yaxis: {
        type: 'log' as const,
        title: { text: 'Records' },
        range: [Math.log10(least) - 0.12, Math.log10(most) + 0.12],
        ...logTicks(least / 1.3, most * 1.3),
      },
    };
  }, [explorer]);

  const layout = useCallback(
    (colors: PlotColors) => {
      const log = Math.log10;
      const ranks = Math.max(2, explorer.frequency.counts.length);
      const edge = Math.max(1, labelsKept);
      return {
        margin: { l: 56, r: 16, t: 12, b: 44 },
        ...axes,
        shapes: [
          {
            type: 'rect' as const,
            layer: 'below' as const,
            xref: 'x' as const,
            yref: 'paper' as const,
            x0: 0.5,
            x1: edge,
            y0: 0,
            y1: 1,
            fillcolor: colors.accent,
            opacity: labelsKept > 0 ? 0.08 : 0,
            line: { width: 0 },
          },
          {
            type: 'line' as const,
            xref: 'paper' as const,
            yref: 'y' as const,
            x0: 0,
            x1: 1,
            y0: threshold,
            y1: threshold,
            line: { color: colors.ink2, width: 1, dash: 'dot' as const },
          },
          {
            type: 'line' as const,
            xref: 'x' as const,
            yref: 'paper' as const,
            x0: edge,
            x1: edge,
            y0: 0,
            y1: 1,
            line: { color: colors.ink2, width: labelsKept > 0 ? 1 : 0, dash: 'dot' as const },
          },
        ],
        annotations: [
          {
            xref: 'paper' as const,
            yref: 'y' as const,
            x: 1,
            y: log(threshold),
            xanchor: 'right' as const,
            yanchor: 'bottom' as const,
            text: `threshold ${formatCount(threshold)}`,
            showarrow: false,
            font: { size: 12, color: colors.ink2 },
          },
          {
            xref: 'x' as const,
            yref: 'paper' as const,
            x: log(edge),
            y: 0,
            xanchor: labelsKept > ranks ** 0.6 ? ('right' as const) : ('left' as const),
            yanchor: 'bottom' as const,
            xshift: labelsKept > ranks ** 0.6 ? -4 : 4,
            text: `${formatCount(labelsKept)} kept`,
            showarrow: false,
            font: { size: 12, color: colors.accent },
          },
        ],
      };
    },
    [explorer, axes, threshold, labelsKept],
  );

  return (
    <Plot
      name="Label frequency"
      summary={labelsSentence(statistics)}
      data={data}
      layout={layout}
      table={() => ({
        header: ['rank', 'label', 'records'],
        rows: Array.from(explorer.frequency.labelIds, (id, i) => [
          i + 1,
          explorer.table.labels[id] ?? '',
          explorer.frequency.counts[i] ?? 0,
        ]),
      })}
    />
  );
});
