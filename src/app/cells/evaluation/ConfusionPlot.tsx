import type { Data, Layout } from 'plotly.js';
import { memo, useCallback, useMemo, useState } from 'react';
import { labelConfusion, topConfusion, type ConfusionView } from '../../../core/metrics/confusion.ts';
import type { DecisionThreshold } from '../../../core/metrics/types.ts';
import { plural } from '../../../notebook/format.ts';
import { Select } from '../../ui/fields.tsx';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import type { EvaluationModel } from './model.ts';

const views = [
  { value: 'instead', label: 'Predicted instead', description: 'Missed one label, predicted the other.' },
  { value: 'together', label: 'True together', description: 'Rows that carry both.' },
  { value: 'predictedTogether', label: 'Predicted together', description: 'Rows given both.' },
] as const;

/** More labels than this cannot be told apart on a screen; the CSV has them all. */
const shownLabels = 40;

/** Which labels are taken for which, and which go together: a heat map over the labels with the largest counts. */
export const ConfusionPlot = memo(function ConfusionPlot(props: {
  readonly model: EvaluationModel;
  readonly threshold: DecisionThreshold;
}) {
  const { model, threshold } = props;
  const { labels } = model.evaluation;
  const [view, setView] = useState<ConfusionView>('instead');
  const { shown: top, matrix } = useMemo(
    () => topConfusion(model.evaluator, threshold, view, shownLabels),
    [model, threshold, view],
  );
  // The same list while the same labels are shown: the axes need not be drawn again then.
  const key = top.join(',');
  const shown = useMemo(
    () =>
      key
        .split(',')
        .filter((id) => id !== '')
        .map(Number),
    [key],
  );
  /** Counts by places in `shown`. */
  const cell = useCallback(
    (i: number, j: number) => (i === j ? 0 : (matrix[i * shown.length + j] as number)),
    [matrix, shown],
  );
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        type: 'heatmap',
        x: shown.map((_, at) => at),
        y: shown.map((_, at) => at),
        z: shown.map((_, i) => shown.map((_, j) => cell(i, j))),
        customdata: shown.map((i) =>
          shown.map((j) => [escapeHtml(labels[i] ?? ''), escapeHtml(labels[j] ?? '')]),
        ) as never,
        // Without bounds a matrix of zeros is drawn in the middle of the ramp.
        zmin: 0,
        zmax: Math.max(1, ...shown.flatMap((_, i) => shown.map((_, j) => cell(i, j)))),
        colorscale: colors.ramp.map(([at, color]) => [at, color] as [number, string]),
        xgap: 1,
        ygap: 1,
        hovertemplate:
          view === 'instead'
            ? '%{customdata[0]} missed, %{customdata[1]} predicted: %{z} rows<extra></extra>'
            : '%{customdata[0]} and %{customdata[1]}: %{z} rows<extra></extra>',
        showscale: matrix.some((count) => count > 0),
        colorbar: { thickness: 10, outlinewidth: 0, tickfont: { size: 11, color: colors.ink2 } },
      },
    ],
    [shown, cell, matrix, labels, view],
  );
  const layout = useCallback((): Partial<Layout> => {
    const ticks = {
      tickmode: 'array' as const,
      tickvals: shown.map((_, at) => at),
      ticktext: shown.map((label) => escapeHtml(short(labels[label] ?? ''))),
      showgrid: false,
      zeroline: false,
      // Names are cut to what the margins hold: measuring eighty of them takes ten times as long as drawing the cells.
      automargin: false,
      ticklabeloverflow: 'allow' as const,
    };
    return {
      xaxis: { ...ticks, tickangle: -55, title: { text: view === 'instead' ? 'predicted instead' : '' } },
      yaxis: { ...ticks, autorange: 'reversed', title: { text: view === 'instead' ? 'missed' : '' } },
      margin: { t: 8, l: 184, b: 164 },
    };
  }, [shown, labels, view]);
  const worst = useMemo(() => topPair(shown, cell), [shown, cell]);
  // All labels: made when it is asked for.
  const table = useCallback((): PlotTable => {
    const whole = labelConfusion(model.evaluator, threshold)[view];
    const rows = (i: number, j: number) => (i === j ? 0 : (whole[i * labels.length + j] as number));
    return {
      header: view === 'instead' ? ['missed', 'predicted instead', 'rows'] : ['label', 'with', 'rows'],
      rows: labels.flatMap((from, i) =>
        labels.flatMap((to, j) => (rows(i, j) > 0 ? [[from, to, rows(i, j)]] : [])),
      ),
    };
  }, [model, threshold, labels, view]);
  const count =
    shown.length < labels.length
      ? `The ${shown.length} of ${labels.length} labels with the largest counts. `
      : '';
  const summary = worst
    ? `${count}Most often: ${labels[shown[worst.from] ?? 0]} ${view === 'instead' ? 'taken for' : 'with'} ${labels[shown[worst.to] ?? 0]}, ${plural(worst.rows, 'row')}.`
    : `${count}No such pair at this threshold.`;
  return (
    <Plot
      name="Label confusion"
      summary={summary}
      data={data}
      layout={layout}
      table={table}
      height={Math.max(280, 194 + shown.length * 16)}
      tools={<Select label="Shows" hideLabel value={view} onChange={setView} options={views} width={176} />}
    />
  );
});

function short(label: string): string {
  return label.length > 22 ? `${label.slice(0, 21)}…` : label;
}

function topPair(shown: readonly number[], cell: (i: number, j: number) => number) {
  let best: { readonly from: number; readonly to: number; readonly rows: number } | null = null;
  for (const from of shown.keys())
    for (const to of shown.keys()) {
      const rows = cell(from, to);
      if (rows > (best?.rows ?? 0)) best = { from, to, rows };
    }
  return best;
}
