import type { Data, Layout } from 'plotly.js';
import { useCallback, type ReactNode } from 'react';
import { templateOf } from '../../../notebook/experiments/templates.ts';
import type { Experiment, VariantScores } from '../../../notebook/experiments/types.ts';
import { formatCount } from '../../../notebook/format.ts';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import {
  finding,
  metricName,
  pointsOf,
  repeats,
  resultOf,
  scoresUnder,
  sharedReference,
  type Decision,
  type Point,
} from './model.ts';

export interface ExperimentPlotProps {
  readonly experiment: Experiment;
  readonly metric: keyof VariantScores;
  readonly decision: Decision;
  readonly tools: ReactNode;
}

/** The scores over what was varied, as far as they are in, beside what the models score that do not read. */
export function ExperimentPlot({ experiment, metric, decision, tools }: ExperimentPlotProps) {
  const template = templateOf(experiment.template);
  const data = useCallback(
    (colors: PlotColors): Data[] =>
      template.plot === 'line'
        ? lines(experiment, metric, decision, colors)
        : template.plot === 'bars'
          ? bars(experiment, metric, decision, colors)
          : dots(experiment, metric, decision, colors),
    [experiment, template, metric, decision],
  );
  const layout = useCallback(
    (colors: PlotColors): Partial<Layout> => layoutOf(experiment, metric, decision, colors),
    [experiment, metric, decision],
  );
  const table = (): PlotTable => ({
    header: [
      'variant',
      template.axis,
      'kind',
      metricName(metric),
      'predicting nothing',
      'label prior',
      'labels',
    ],
    rows: experiment.variants.flatMap((variant) => {
      const result = resultOf(variant);
      return result
        ? [
            [
              variant.name,
              variant.x,
              variant.kind,
              scoresUnder(result, decision)[metric],
              result.allZero[metric],
              result.labelPrior[metric],
              result.labels,
            ],
          ]
        : [];
    }),
  });
  return (
    <Plot
      name={`${experiment.title}: ${metricName(metric)}`}
      summary={finding(experiment, metric, decision) ?? 'No variant has ended yet.'}
      data={data}
      layout={layout}
      table={table}
      height={320}
      tools={tools}
    />
  );
}

type Drawn = (
  experiment: Experiment,
  metric: keyof VariantScores,
  decision: Decision,
  colors: PlotColors,
) => Data[];

const xs = (points: readonly Point[]) => points.map(({ x }) => x);

/** What models score that do not read, at each x. */
const unread: (experiment: Experiment, metric: keyof VariantScores, colors: PlotColors) => Data[] = (
  experiment,
  metric,
  colors,
) => {
  const at = pointsOf(experiment, 'network', metric, 'half');
  return (
    [
      ['Predicting nothing', 'allZero', 'dot'],
      ['Label prior', 'labelPrior', 'dash'],
    ] as const
  ).map(([name, key, dash]) => ({
    name,
    x: xs(at),
    y: at.map(({ result }) => result[key][metric]),
    mode: 'lines+markers',
    line: { color: colors.muted, width: 1.25, dash },
    marker: { size: 4, color: colors.muted },
    hovertemplate: `%{x}: %{y:.3f}<extra>${name}</extra>`,
  }));
};

const lines: Drawn = (experiment, metric, decision, colors) => {
  const networks = pointsOf(experiment, 'network', metric, decision);
  const references = pointsOf(experiment, 'reference', metric, decision);
  const shared = sharedReference(experiment);
  const named = experiment.template === 'threshold';
  return [
    // On an axis of their own, behind: what a threshold costs is labels.
    ...(named
      ? [
          {
            name: 'Labels kept',
            x: xs(networks),
            y: networks.map(({ result }) => result.labels),
            yaxis: 'y2',
            mode: 'lines+markers',
            line: { color: colors.categories[2] as string, width: 1.25, dash: 'dashdot' },
            marker: { size: 5, symbol: 'square' },
            hovertemplate: '%{x}: %{y} labels<extra></extra>',
          } satisfies Data,
        ]
      : []),
    {
      name: 'Network',
      x: xs(networks),
      y: networks.map(({ y }) => y),
      mode: 'lines+markers',
      line: { color: colors.accent, width: 2 },
      marker: { size: 8 },
      hovertemplate: '%{x}: %{y:.3f}<extra>network</extra>',
    },
    ...(references.length > 0
      ? [
          {
            name: 'TF-IDF + LR',
            x: xs(references),
            y: references.map(({ y }) => y),
            mode: 'lines+markers',
            line: { color: colors.categories[1] as string, width: 1.5 },
            marker: { size: 6, symbol: 'diamond' },
            hovertemplate: '%{x}: %{y:.3f}<extra>TF-IDF</extra>',
          } satisfies Data,
        ]
      : []),
    ...(shared && networks.length > 0
      ? [
          {
            name: 'TF-IDF + LR',
            x: xs(networks),
            y: networks.map(() => scoresUnder(shared, decision)[metric]),
            mode: 'lines',
            line: { color: colors.categories[1] as string, width: 1.5 },
            hovertemplate: '%{y:.3f}<extra>TF-IDF</extra>',
          } satisfies Data,
        ]
      : []),
    ...unread(experiment, metric, colors),
  ];
};

const bars: Drawn = (experiment, metric, decision, colors) => {
  const networks = pointsOf(experiment, 'network', metric, decision);
  const references = pointsOf(experiment, 'reference', metric, decision);
  const shared = sharedReference(experiment);
  const bar = (name: string, points: readonly Point[], color: string): Data => ({
    type: 'bar',
    name,
    x: points.map(({ x }) => escapeHtml(String(x))),
    y: points.map(({ y }) => y),
    marker: { color },
    text: points.map(({ y }) => y.toFixed(3)),
    textposition: 'outside',
    cliponaxis: false,
    hovertemplate: `%{x}: %{y:.3f}<extra>${name}</extra>`,
  });
  return [
    bar('Network', networks, colors.accent),
    ...(references.length > 0 ? [bar('TF-IDF + LR', references, colors.categories[1] as string)] : []),
    ...(shared && networks.length > 0
      ? [
          {
            name: 'TF-IDF + LR',
            x: networks.map(({ x }) => escapeHtml(String(x))),
            y: networks.map(() => scoresUnder(shared, decision)[metric]),
            mode: 'lines',
            line: { color: colors.categories[1] as string, width: 1.5 },
          } satisfies Data,
        ]
      : []),
    ...unread(experiment, metric, colors),
  ];
};

/** Folds or seeds as dots, with the mean as a line and one deviation as a bar on either side. */
const dots: Drawn = (experiment, metric, decision, colors) =>
  (['network', 'reference'] as const).flatMap((kind, at): Data[] => {
    const found = pointsOf(experiment, kind, metric, decision);
    const shared = kind === 'reference' ? sharedReference(experiment) : null;
    const name = kind === 'network' ? 'Network' : 'TF-IDF + LR';
    const color = kind === 'network' ? colors.accent : (colors.categories[1] as string);
    if (shared)
      return [
        {
          name,
          x: ['mean', ...experiment.variants.flatMap(({ x }) => (typeof x === 'string' ? [x] : []))],
          y: experiment.variants.map(() => scoresUnder(shared, decision)[metric]),
          mode: 'lines',
          line: { color, width: 1.5 },
        },
      ];
    const summary = repeats(experiment, kind, metric, decision);
    if (!summary) return [];
    return [
      {
        name,
        legendgroup: kind,
        x: xs(found),
        y: found.map(({ y }) => y),
        mode: 'markers',
        cliponaxis: false,
        marker: { color, size: 8, symbol: at === 0 ? 'circle' : 'diamond' },
        hovertemplate: `%{x}: %{y:.3f}<extra>${name}</extra>`,
      },
      {
        name: `${name}, mean ± deviation`,
        legendgroup: kind,
        showlegend: false,
        x: ['mean'],
        y: [summary.mean],
        error_y: {
          type: 'data',
          array: [summary.standardDeviation ?? 0],
          color,
          thickness: 1.5,
          width: 8,
        },
        mode: 'markers',
        cliponaxis: false,
        marker: { color, size: 12, symbol: 'line-ew-open', line: { width: 3 } },
        hovertemplate: `mean %{y:.3f}<extra>${name}</extra>`,
      },
    ];
  });

function layoutOf(
  experiment: Experiment,
  metric: keyof VariantScores,
  decision: Decision,
  colors: PlotColors,
): Partial<Layout> {
  const template = templateOf(experiment.template);
  const networks = experiment.variants.filter(
    ({ kind, state }) => kind === 'network' && state.kind !== 'skipped',
  );
  const planned = networks.flatMap(({ x }) => (x === null ? [] : [x]));
  const numbers = planned.flatMap((x) => (typeof x === 'number' && x > 0 ? [x] : []));
  const values = [
    ...pointsOf(experiment, 'network', metric, decision),
    ...pointsOf(experiment, 'reference', metric, decision),
  ].flatMap(({ y, result }) => [y, result.allZero[metric]]);
  const shared = sharedReference(experiment);
  if (shared) values.push(scoresUnder(shared, decision)[metric]);
  // Accuracies of sparse labels all lie near 1: from 0 they would look alike.
  const low = Math.min(1, ...values);
  const range =
    low > 0.8 ? [Math.max(0, low - (1 - low) * 0.25), 1.002] : [0, Math.max(0.1, ...values) * 1.15];
  const bounds = numbers.length > 0 ? [Math.min(...numbers), Math.max(...numbers)] : [1, 10];
  return {
    margin: { t: 28, b: 48 },
    yaxis: { range, title: { text: metricName(metric) } },
    xaxis:
      template.plot === 'line'
        ? {
            title: { text: template.axis },
            type: 'log',
            // The whole plan from the start: points come in, the axis stays.
            range: [Math.log10((bounds[0] as number) / 1.15), Math.log10((bounds[1] as number) * 1.15)],
            tickmode: 'array',
            tickvals: numbers,
            ticktext: numbers.map((value) => (value >= 1 ? formatCount(value) : value.toExponential(0))),
          }
        : {
            type: 'category',
            categoryorder: 'array',
            categoryarray: [
              ...(template.plot === 'repeats' ? ['mean'] : []),
              ...planned.map((x) => escapeHtml(String(x))),
            ],
            range: [-0.6, planned.length + (template.plot === 'repeats' ? 0.6 : -0.4)],
          },
    ...(experiment.template === 'threshold'
      ? {
          yaxis2: {
            overlaying: 'y',
            side: 'right',
            rangemode: 'tozero',
            showgrid: false,
            tickmode: 'auto',
            nticks: 5,
            tickformat: ',d',
            title: { text: 'labels kept', font: { size: 12, color: colors.ink2 } },
            tickfont: { size: 12, color: colors.ink2 },
            automargin: true,
          },
        }
      : {}),
  };
}
