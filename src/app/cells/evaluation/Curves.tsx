import type { Data, Layout } from 'plotly.js';
import { memo, useCallback, useMemo, useState } from 'react';
import { thresholdCurve, type ThresholdCurve } from '../../../core/metrics/tuning.ts';
import type { EvaluationReport } from '../../../core/metrics/types.ts';
import { formatNumber } from '../../../notebook/format.ts';
import { Select } from '../../ui/fields.tsx';
import type { PlotMark } from '../../ui/marks.ts';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { precisionRecallCurve, type EvaluationModel } from './model.ts';

/** Scores against the decision threshold; a press on the curve moves it. */
export const ThresholdPlot = memo(function ThresholdPlot(props: {
  readonly model: EvaluationModel;
  readonly threshold: number;
  readonly isGlobal: boolean;
  readonly onThreshold: (threshold: number) => void;
}) {
  const { model, threshold, isGlobal, onThreshold } = props;
  const curve = useMemo(() => thresholdCurve(model.evaluator), [model]);
  const data = useCallback(
    (colors: PlotColors): Data[] =>
      (
        [
          ['Micro-F1', 'microF1', 0, 2],
          ['Macro-F1', 'macroF1', 1, 2],
          ['Micro precision', 'microPrecision', 6, 1],
          ['Micro recall', 'microRecall', 2, 1],
        ] as const
      ).map(([name, key, color, width]) => ({
        name,
        x: Array.from(curve.thresholds),
        y: Array.from(curve[key]),
        mode: 'lines',
        line: { width, color: colors.categories[color] as string },
        hovertemplate: `threshold %{x:.2f}: %{y:.3f}<extra>${name}</extra>`,
      })),
    [curve],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { title: { text: 'decision threshold' }, range: [0, 1] },
      yaxis: { range: [0, 1.02] },
      margin: { t: 40 },
    }),
    [],
  );
  const marks = useMemo(
    (): PlotMark[] => (isGlobal ? [{ kind: 'x', at: threshold }] : []),
    [threshold, isGlobal],
  );
  const table = useCallback((): PlotTable => tableOf(curve), [curve]);
  const at = nearest(curve, threshold);
  return (
    <Plot
      name="Scores by threshold"
      summary={`At ${formatNumber(threshold, 2)}: micro-F1 ${formatNumber(curve.microF1[at] ?? 0)}, macro-F1 ${formatNumber(curve.macroF1[at] ?? 0)}.`}
      data={data}
      layout={layout}
      marks={marks}
      table={table}
      height={300}
      onPoint={(_curve, point) => {
        const pressed = curve.thresholds[point];
        if (pressed !== undefined) onThreshold(pressed);
      }}
    />
  );
});

function nearest({ thresholds }: ThresholdCurve, threshold: number): number {
  return Math.min(thresholds.length - 1, Math.max(0, Math.round(threshold * (thresholds.length + 1)) - 1));
}

function tableOf(curve: ThresholdCurve): PlotTable {
  return {
    header: ['threshold', 'micro-F1', 'macro-F1', 'micro precision', 'micro recall'],
    rows: Array.from(curve.thresholds, (threshold, i) => [
      threshold,
      curve.microF1[i],
      curve.macroF1[i],
      curve.microPrecision[i],
      curve.microRecall[i],
    ]),
  };
}

/** Precision against recall: all labels pooled, or one of them. */
export const PrecisionRecallPlot = memo(function PrecisionRecallPlot(props: {
  readonly model: EvaluationModel;
  readonly report: EvaluationReport;
}) {
  const { model, report } = props;
  const { labels } = model.evaluation;
  const [chosen, setChosen] = useState('');
  const label = labels.indexOf(chosen);
  const options = useMemo(
    () => [
      { value: '', label: 'All labels, pooled' },
      ...labels.map((name) => ({ value: name, label: name })),
    ],
    [labels],
  );
  const curve = useMemo(() => {
    if (label >= 0) return precisionRecallCurve(model.evaluator, label);
    const { microRecall, microPrecision } = thresholdCurve(model.evaluator, 99);
    // From the strictest threshold to the laxest, so that the line runs from left to right. Where nothing is predicted
    // there is no precision: scikit-learn's 0 would draw a wall at the left.
    const at = Array.from(microRecall.keys())
      .reverse()
      .filter((i) => (microRecall[i] as number) > 0);
    return {
      recall: at.map((i) => microRecall[i] as number),
      precision: at.map((i) => microPrecision[i] as number),
    };
  }, [model, label]);
  const here = label >= 0 ? (report.perLabel[label] ?? report.micro) : report.micro;
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        name: label >= 0 ? escapeHtml(chosen) : 'All labels',
        x: curve.recall,
        y: curve.precision,
        mode: 'lines',
        line: { width: 2, color: colors.accent },
        hovertemplate: 'recall %{x:.3f}, precision %{y:.3f}<extra></extra>',
      },
    ],
    [curve, label, chosen],
  );
  const marks = useMemo(
    (): PlotMark[] => [{ kind: 'point', x: here.recall, y: here.precision }],
    [here.recall, here.precision],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { title: { text: 'recall' }, range: [0, 1.02] },
      yaxis: { title: { text: 'precision' }, range: [0, 1.02] },
      margin: { t: 40 },
    }),
    [],
  );
  const table = useCallback(
    (): PlotTable => ({
      header: ['recall', 'precision'],
      rows: curve.recall.map((recall, i) => [recall, curve.precision[i]]),
    }),
    [curve],
  );
  const tools = useMemo(
    () => (
      <Select
        label="Curve of"
        hideLabel
        value={label >= 0 ? chosen : ''}
        onChange={setChosen}
        options={options}
        width={180}
      />
    ),
    [label, chosen, options],
  );
  return (
    <Plot
      name="Precision and recall"
      summary={`In force: precision ${formatNumber(here.precision)}, recall ${formatNumber(here.recall)}${label >= 0 ? `; average precision ${formatNumber(model.evaluator.ranking().averagePrecision[label] ?? 0)}` : ''}.`}
      data={data}
      layout={layout}
      marks={marks}
      table={table}
      height={300}
      tools={tools}
    />
  );
});
