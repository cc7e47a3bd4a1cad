import type { Data } from 'plotly.js';
import { useCallback } from 'react';
import type { Advice } from '../../../core/advisor/types.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import { logTicks, type PlotColors } from '../../ui/plotTheme.ts';

/** F1 of each measured label over its training rows, and the rising curve through them. */
export function LearningPlot(props: {
  readonly advice: Advice;
  readonly names: readonly string[];
  readonly trainShare: number;
}) {
  const { names, trainShare } = props;
  const { curve, points, gainPerDoubling, recordsForAuditF1 } = props.advice.evidence;
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        type: 'scatter',
        mode: 'markers',
        name: 'A label at a share of the rows',
        x: points.map(({ trainSupport }) => trainSupport),
        y: points.map(({ f1 }) => f1),
        text: points.map(
          ({ labelId, testSupport }) =>
            `<b>${escapeHtml(names[labelId] ?? '')}</b><br>${plural(testSupport, 'judged row')}`,
        ),
        hovertemplate: '%{text}<br>%{x:,} training rows, F1 %{y:.3f}<extra></extra>',
        marker: { color: colors.muted, size: 5, opacity: 0.6 },
      },
      {
        type: 'scatter',
        mode: 'lines',
        name: 'Expected F1 (isotonic)',
        x: [...curve.support],
        y: [...curve.f1],
        hovertemplate: '%{x:,.0f} training rows<br><b>%{y:.3f}</b><extra></extra>',
        line: { color: colors.accent, width: 2.5 },
      },
    ],
    [curve, points, names],
  );
  const layout = useCallback(() => {
    const supports = points.map(({ trainSupport }) => trainSupport);
    const [low, high] = [Math.min(...supports), Math.max(...supports)];
    return {
      margin: { l: 48, r: 16, t: 12, b: 44 },
      xaxis: {
        type: 'log' as const,
        title: { text: 'Training rows of the label' },
        range: [Math.log10(low) - 0.06, Math.log10(high) + 0.06],
        ...logTicks(low, high),
      },
      yaxis: { range: [-0.02, 1.02], title: { text: 'F1 of TF-IDF' } },
      legend: { orientation: 'h' as const, y: 1.1, x: 0 },
    };
  }, [points]);
  const gain =
    gainPerDoubling === null
      ? ''
      : ` Doubling a label’s rows gains ${formatNumber(100 * gainPerDoubling, 2)} points.`;
  const audit =
    recordsForAuditF1 === null
      ? 'No measured support is expected to reach an F1 of 0.7.'
      : `An F1 of 0.7 is expected from ${plural(recordsForAuditF1, 'record')} on.`;
  return (
    <Plot
      name="How labels are learned"
      summary={`${audit}${gain}`}
      data={data}
      layout={layout}
      height={280}
      table={() => ({
        header: ['label', 'training rows', 'records of as many training rows', 'judged rows', 'F1'],
        rows: points.map(({ labelId, trainSupport, testSupport, f1 }) => [
          names[labelId] ?? '',
          trainSupport,
          Math.round(trainSupport / trainShare),
          testSupport,
          f1,
        ]),
      })}
    />
  );
}
