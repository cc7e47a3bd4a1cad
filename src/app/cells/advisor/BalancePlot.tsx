import type { Data } from 'plotly.js';
import { useCallback, useMemo } from 'react';
import type { Advice } from '../../../core/advisor/types.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { useNotebook } from '../../hooks.ts';
import type { PlotMark } from '../../ui/marks.ts';
import { Plot } from '../../ui/Plot.tsx';
import { logTicks, type PlotColors } from '../../ui/plotTheme.ts';

/** What each threshold keeps and what of it is learned, with the range where both are high. */
export function BalancePlot({ advice }: { readonly advice: Advice }) {
  const { candidates } = advice.evidence;
  const threshold = useNotebook(({ parameters }) => parameters.labels.threshold);
  const thresholds = useMemo(() => candidates.map((candidate) => candidate.threshold), [candidates]);
  const data = useCallback(
    (colors: PlotColors): Data[] =>
      (
        [
          ['Balance of both', 'balance', colors.accent, 'solid', 2.5],
          ['Expected macro-F1', 'expectedMacroF1', colors.categories[1], 'solid', 1.5],
          ['Label assignments kept', 'assignmentShare', colors.categories[2], 'dash', 1.5],
          ['Expected F1 of the rarest', 'expectedRarestF1', colors.muted, 'dot', 1.25],
        ] as const
      ).map(([name, key, color, dash, width]) => ({
        type: 'scatter',
        mode: 'lines+markers',
        name,
        x: thresholds,
        y: candidates.map((candidate) => candidate[key]),
        text: candidates.map(({ labelsKept }) => plural(labelsKept, 'label')),
        hovertemplate: `threshold %{x:,}, %{text}<br><b>%{y:.3f}</b><extra>${name}</extra>`,
        line: { color: color as string, width, dash },
        marker: { color: color as string, size: key === 'balance' ? 6 : 4 },
      })),
    [candidates, thresholds],
  );
  const layout = useCallback(() => {
    const [first = 1, last = 10] = [thresholds[0], thresholds.at(-1)];
    return {
      margin: { l: 48, r: 16, t: 12, b: 44 },
      xaxis: {
        type: 'log' as const,
        title: { text: 'Label threshold (records)' },
        range: [Math.log10(first) - 0.05, Math.log10(last) + 0.05],
        ...logTicks(first, last),
      },
      yaxis: { range: [0, 1.02], title: { text: 'Share, F1' } },
      legend: { orientation: 'h' as const, y: 1.1, x: 0 },
    };
  }, [thresholds]);
  const marks = useMemo((): PlotMark[] => {
    const { low, high } = advice;
    const [first = 1, last = low] = [thresholds[0], thresholds.at(-1)];
    const isShown = threshold >= first && threshold <= last;
    return [
      { kind: 'band', from: low === high ? low / 1.04 : low, to: low === high ? high * 1.04 : high },
      ...(isShown
        ? [
            {
              kind: 'x' as const,
              at: threshold,
              text: `now ${formatCount(threshold)}`,
              side: threshold > Math.sqrt(first * last) ? ('left' as const) : ('right' as const),
            },
          ]
        : []),
    ];
  }, [advice, threshold, thresholds]);
  const { low, high, recommended } = advice;
  const summary =
    low === high
      ? `What is kept and what is learned of it balance best at ${plural(recommended, 'record')}.`
      : `What is kept and what is learned of it balance best at ${plural(recommended, 'record')}; from ${formatCount(low)} to ${formatCount(high)} the balance is within 3 % of it.`;
  return (
    <Plot
      name="What a threshold keeps and teaches"
      summary={summary}
      data={data}
      layout={layout}
      marks={marks}
      table={() => ({
        header: [
          'threshold',
          'labels kept',
          'share of labels',
          'share of records',
          'share of assignments',
          'imbalance',
          'expected macro-F1',
          'expected F1 of the rarest',
          'balance',
          'beyond what was measured',
        ],
        rows: candidates.map((candidate) => [
          candidate.threshold,
          candidate.labelsKept,
          candidate.labelShare,
          candidate.recordShare,
          candidate.assignmentShare,
          candidate.imbalance,
          candidate.expectedMacroF1,
          candidate.expectedRarestF1,
          candidate.balance,
          candidate.isExtrapolated ? 'yes' : 'no',
        ]),
      })}
    />
  );
}
