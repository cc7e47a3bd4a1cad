import { memo, useCallback, useMemo } from 'react';
import type { Data } from 'plotly.js';
import type { LabelExplorer, LabelStatistics } from '../../../core/labels/explorer.ts';
import { formatCount } from '../../../notebook/format.ts';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import type { PlotMark } from '../../ui/marks.ts';
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

  const layout = useCallback(() => {
    const most = explorer.frequency.counts[0] ?? 1;
    const least = explorer.frequency.counts.at(-1) ?? 1;
    const ranks = Math.max(2, explorer.frequency.counts.length);
    // Below the rarest label, room for the words at the cut's foot.
    const foot = 0.08 + 0.14 * Math.log10(most / least);
    return {
      margin: { l: 56, r: 16, t: 12, b: 44 },
      xaxis: {
        type: 'log' as const,
        title: { text: 'Rank of the label' },
        range: [-0.03, Math.log10(ranks) + 0.03],
        ...logTicks(1, ranks),
      },
      yaxis: {
        type: 'log' as const,
        title: { text: 'Records' },
        range: [Math.log10(least) - foot, Math.log10(most) + 0.12],
        ...logTicks(least / 10 ** foot, most * 1.3),
      },
    };
  }, [explorer]);

  const marks = useMemo((): PlotMark[] => {
    const cut: PlotMark = { kind: 'y', at: threshold, text: `threshold ${formatCount(threshold)}` };
    if (labelsKept === 0) return [cut];
    const ranks = Math.max(2, explorer.frequency.counts.length);
    return [
      cut,
      { kind: 'band', from: 0.5, to: labelsKept },
      {
        kind: 'x',
        at: labelsKept,
        text: `${formatCount(labelsKept)} kept`,
        side: labelsKept > ranks ** 0.6 ? 'left' : 'right',
      },
    ];
  }, [explorer, threshold, labelsKept]);

  return (
    <Plot
      name="Label frequency"
      summary={labelsSentence(statistics)}
      data={data}
      layout={layout}
      marks={marks}
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
