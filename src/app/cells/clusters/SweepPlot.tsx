import type { Data } from 'plotly.js';
import { useCallback, useMemo } from 'react';
import { useStore } from 'zustand';
import { formatCount } from '../../../notebook/format.ts';
import type { PlotMark } from '../../ui/marks.ts';
import { Button } from '../../ui/Button.tsx';
import { Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { ProgressPill } from '../../ui/StatePill.tsx';
import { clustersStore, sweepK } from './store.ts';

/** How tight clusters get with their number, where that stops paying, and the silhouette beside it. */
export function SweepPlot() {
  const { sweep, sweeping } = useStore(clustersStore);
  const points = sweep?.points;
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        x: points?.map(({ k }) => k) ?? [],
        y: points?.map(({ inertia }) => inertia) ?? [],
        mode: 'lines+markers',
        name: 'inertia',
        line: { color: colors.accent, width: 2 },
        hovertemplate: 'k %{x:,}: inertia %{y:.4~g}<extra></extra>',
      },
      {
        x: points?.map(({ k }) => k) ?? [],
        y: points?.map(({ silhouette }) => silhouette) ?? [],
        yaxis: 'y2',
        mode: 'lines+markers',
        name: 'silhouette',
        line: { color: colors.ink2, width: 2, dash: 'dot' },
        hovertemplate: 'k %{x:,}: silhouette %{y:.3f}<extra></extra>',
      },
    ],
    [points],
  );
  const layout = useCallback(
    (colors: PlotColors) => ({
      xaxis: { title: { text: 'Clusters (k)' } },
      yaxis: { title: { text: 'Inertia' }, tickformat: ',~f' },
      yaxis2: {
        overlaying: 'y' as const,
        side: 'right' as const,
        title: { text: 'Silhouette', font: { size: 12, color: colors.ink2 } },
        tickfont: { size: 12, color: colors.ink2 },
        // Round values of its own: plotly would carry the other axis' lines over.
        tickmode: 'auto' as const,
        nticks: 5,
        showgrid: false,
      },
      margin: { t: 28, r: 64 },
    }),
    [],
  );
  const elbow = sweep?.elbow ?? null;
  const marks = useMemo(
    (): PlotMark[] => (elbow === null ? [] : [{ kind: 'x', at: elbow, text: `elbow ${formatCount(elbow)}` }]),
    [elbow],
  );
  if (sweeping) return <ProgressPill progress={sweeping.progress} etaMs={null} onStop={sweeping.stop} />;
  if (!sweep)
    return (
      <div className="row">
        <Button onPress={() => void sweepK()}>Try other numbers of clusters</Button>
      </div>
    );
  return (
    <Plot
      name="Number of clusters"
      summary={`${elbow === null ? 'The curve has no elbow' : `The elbow is at ${formatCount(elbow)}`}; the silhouette is largest at ${sweep.bestSilhouette === null ? 'no k' : formatCount(sweep.bestSilhouette)}.`}
      data={data}
      layout={layout}
      marks={marks}
      height={280}
      table={() => ({
        header: ['k', 'inertia', 'silhouette'],
        rows: sweep.points.map(({ k, inertia, silhouette }) => [k, inertia, silhouette]),
      })}
    />
  );
}
