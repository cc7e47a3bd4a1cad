import type { Data, Layout } from 'plotly.js';
import { memo, useCallback, useMemo, useState } from 'react';
import { labelConfusion } from '../../../core/metrics/confusion.ts';
import type { DecisionThreshold } from '../../../core/metrics/types.ts';
import { formatCount } from '../../../notebook/format.ts';
import { Select } from '../../ui/fields.tsx';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { labelsInMistakes, type EvaluationModel } from './model.ts';

type View = 'instead' | 'together' | 'predictedTogether';

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
  const [view, setView] = useState<View>('instead');
  const confusion = useMemo(() => labelConfusion(model.evaluator, threshold), [model, threshold]);
  const matrix = confusion[view];
  const shown = useMemo(() => labelsInMistakes(matrix, labels.length, shownLabels), [matrix, labels.length]);
  const cell = useCallback(
    (i: number, j: number) => (i === j ? 0 : (matrix[i * labels.length + j] as number)),
    [matrix, labels.length],
  );
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        type: 'heatmap',
        x: shown.map((_, at) => at),
        y: shown.map((_, at) => at),
        z: shown.map((i) => shown.map((j) => cell(i, j))),
        customdata: shown.map((i) =>
          shown.map((j) => [escapeHtml(labels[i] ?? ''), escapeHtml(labels[j] ?? '')]),
        ) as never,
        // Without bounds a matrix of zeros is drawn in the middle of the ramp.
        zmin: 0,
        zmax: Math.max(1, ...shown.flatMap((i) => shown.map((j) => cell(i, j)))),
        colorscale: colors.ramp.map(([at, color]) => [at, color] as [number, string]),
        xgap: 1,
        ygap: 1,
        hovertemplate:
          view === 'instead'
            ? '%{customdata[0]} missed, %{customdata[1]} predicted: %{z} rows<extra></extra>'
            : '%{customdata[0]} and %{customdata[1]}: %{z} rows<extra></extra>',
        colorbar: { thickness: 10, outlinewidth: 0, tickfont: { size: 11, color: colors.ink2 } },
      },
    ],
    [shown, cell, labels, view],
  );
  const layout = useCallback((): Partial<Layout> => {
    const ticks = {
      tickmode: 'array' as const,
      tickvals: shown.map((_, at) => at),
      ticktext: shown.map((label) => escapeHtml(short(labels[label] ?? ''))),
      showgrid: false,
      zeroline: false,
    };
    return {
      xaxis: { ...ticks, tickangle: -55, title: { text: view === 'instead' ? 'predicted instead' : '' } },
      yaxis: { ...ticks, autorange: 'reversed', title: { text: view === 'instead' ? 'missed' : '' } },
      margin: { t: 8, l: 130, b: 120 },
    };
  }, [shown, labels, view]);
  const worst = useMemo(() => topPair(shown, cell), [shown, cell]);
  const table = useCallback(
    (): PlotTable => ({
      header: view === 'instead' ? ['missed', 'predicted instead', 'rows'] : ['label', 'with', 'rows'],
      rows: labels.flatMap((from, i) =>
        labels.flatMap((to, j) => (cell(i, j) > 0 ? [[from, to, cell(i, j)]] : [])),
      ),
    }),
    [labels, cell, view],
  );
  const count =
    shown.length < labels.length
      ? `The ${shown.length} of ${labels.length} labels with the largest counts. `
      : '';
  const summary = worst
    ? `${count}Most often: ${labels[worst.from]} ${view === 'instead' ? 'taken for' : 'with'} ${labels[worst.to]}, ${formatCount(worst.rows)} rows.`
    : `${count}No such pair at this threshold.`;
  return (
    <Plot
      name="Label confusion"
      summary={summary}
      data={data}
      layout={layout}
      table={table}
      height={Math.max(280, 150 + shown.length * 16)}
      tools={<Select label="Shows" hideLabel value={view} onChange={setView} options={views} width={176} />}
    />
  );
});

function short(label: string): string {
  return label.length > 22 ? `${label.slice(0, 21)}…` : label;
}

function topPair(shown: readonly number[], cell: (i: number, j: number) => number) {
  let best: { readonly from: number; readonly to: number; readonly rows: number } | null = null;
  for (const from of shown)
    for (const to of shown) {
      const rows = cell(from, to);
      if (rows > (best?.rows ?? 0)) best = { from, to, rows };
    }
  return best;
}
