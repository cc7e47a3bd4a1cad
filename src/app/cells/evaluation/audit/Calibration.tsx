import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo, useState } from 'react';
import { reliability, type Reliability } from '../../../../core/calibration/reliability.ts';
import { applyTemperatures, fitTemperatures } from '../../../../core/calibration/temperature.ts';
import { createEvaluator } from '../../../../core/metrics/evaluator.ts';
import { formatNumber } from '../../../../notebook/format.ts';
import { DataTable, type Column } from '../../../ui/DataTable.tsx';
import { Figure, FigureRow } from '../../../ui/Figure.tsx';
import { Select } from '../../../ui/fields.tsx';
import { Note } from '../../../ui/panels.tsx';
import { Plot, type PlotTable } from '../../../ui/Plot.tsx';
import type { PlotColors } from '../../../ui/plotTheme.ts';
import type { LoadedEvaluation } from '../store.ts';

interface CalibratedLabel {
  readonly label: string;
  readonly temperature: number;
  readonly isOwn: boolean;
  readonly errorBefore: number;
  readonly errorAfter: number;
}

const columns: readonly Column<CalibratedLabel>[] = [
  { id: 'label', header: 'Label', value: (row) => row.label, width: 'minmax(140px, 3fr)' },
  {
    id: 'temperature',
    header: 'Temperature',
    value: (row) => row.temperature,
    format: (value) => formatNumber(value, 2),
    width: '104px',
  },
  {
    id: 'own',
    header: 'Fitted on',
    value: (row) => (row.isOwn ? 'its own rows' : 'all labels'),
    width: '112px',
  },
  { id: 'before', header: 'ECE', value: (row) => row.errorBefore, format: formatNumber, width: '80px' },
  { id: 'after', header: 'ECE scaled', value: (row) => row.errorAfter, format: formatNumber, width: '96px' },
];

/** How far probabilities can be taken at their word, before and after a temperature a label fitted on validation rows. */
export function Calibration({ loaded }: { readonly loaded: LoadedEvaluation }) {
  const { model, validation, run } = loaded;
  const { evaluator } = model;
  const [chosen, setChosen] = useState('');
  const [binning, setBinning] = useState<'equal-width' | 'equal-mass'>('equal-mass');
  const at = run.labels.indexOf(chosen);
  const label = at < 0 ? null : at;
  const scaling = useMemo(() => {
    const isSame = validation?.labels.every((name, i) => name === run.labels[i]) ?? false;
    return validation && isSame ? fitTemperatures(validation) : null;
  }, [validation, run.labels]);
  const scaled = useMemo(() => {
    const { labels, targets, logits } = model.evaluation;
    return (
      scaling && createEvaluator({ labels, targets, logits: applyTemperatures(logits, scaling.temperatures) })
    );
  }, [model.evaluation, scaling]);
  const before = useMemo(() => reliability(evaluator, label, { binning }), [evaluator, label, binning]);
  const after = useMemo(() => scaled && reliability(scaled, label, { binning }), [scaled, label, binning]);
  const rows = useMemo(
    (): CalibratedLabel[] =>
      scaling && scaled
        ? run.labels.map((name, i) => ({
            label: name,
            temperature: scaling.temperatures[i] as number,
            isOwn: scaling.perLabel[i] !== null,
            errorBefore: reliability(evaluator, i, { binning }).expectedError,
            errorAfter: reliability(scaled, i, { binning }).expectedError,
          }))
        : [],
    [scaling, scaled, run.labels, evaluator, binning],
  );
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        name: 'Ideal',
        x: [0, 1],
        y: [0, 1],
        mode: 'lines',
        line: { width: 1, dash: 'dot', color: colors.muted },
        hoverinfo: 'skip',
      },
      trace('As it is', before, colors.categories[0] as string),
      ...(after ? [trace('Temperature', after, colors.categories[1] as string)] : []),
    ],
    [before, after],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { title: { text: 'mean probability' }, range: [0, 1.02] },
      yaxis: { title: { text: 'share that is true' }, range: [0, 1.02] },
      margin: { t: 40 },
    }),
    [],
  );
  const table = useCallback(
    (): PlotTable => ({
      header: ['which', 'from', 'to', 'cells', 'mean probability', 'share true', '95 % low', '95 % high'],
      rows: [
        ...before.bins.map((bin) => binCells('as it is', bin)),
        ...(after?.bins ?? []).map((bin) => binCells('temperature', bin)),
      ],
    }),
    [before, after],
  );
  const onFitted = loaded.split === 'validation';
  return (
    <div className="stack">
      <FigureRow>
        <Figure
          label="Calibration error (ECE)"
          value={formatNumber(before.expectedError)}
          baseline={
            after ? `${formatNumber(after.expectedError)} with temperatures` : 'no validation outputs'
          }
        />
        <Figure
          label="Largest gap of a bin"
          value={formatNumber(before.maximumError)}
          baseline={after ? `${formatNumber(after.maximumError)} with temperatures` : ' '}
        />
        <Figure
          label="Brier score"
          value={formatNumber(before.brier)}
          baseline={`${formatNumber(before.brierOfBaseRate)} always saying the base rate`}
        />
        <Figure
          label="Temperature, all labels"
          value={scaling ? formatNumber(scaling.global.temperature, 2) : null}
          baseline={
            scaling
              ? scaling.global.temperature > 1
                ? 'the model is too sure'
                : 'the model is too shy'
              : ' '
          }
        />
      </FigureRow>
      {onFitted && scaling && (
        <Note tone="warn">
          <p>Temperatures are fitted on validation rows: judge them on the test rows.</p>
        </Note>
      )}
      <Plot
        name="Reliability"
        summary={`Of cells told about ${formatNumber(before.bins.at(-1)?.meanProbability ?? 0, 2)}, ${formatNumber(before.bins.at(-1)?.observed ?? 0, 2)} are true; calibration error ${formatNumber(before.expectedError)}.`}
        data={data}
        layout={layout}
        table={table}
        height={320}
        tools={
          <div className="row">
            <Select
              label="Label"
              hideLabel
              value={at < 0 ? '' : chosen}
              onChange={setChosen}
              width={180}
              options={[
                { value: '', label: 'All labels, pooled' },
                ...run.labels.map((name) => ({ value: name, label: name })),
              ]}
            />
            <Select
              label="Bins"
              hideLabel
              value={binning}
              onChange={setBinning}
              width={168}
              options={[
                { value: 'equal-mass', label: 'Equally full bins' },
                { value: 'equal-width', label: 'Equally wide bins' },
              ]}
            />
          </div>
        }
      />
      {rows.length > 0 && (
        <DataTable
          name="Temperatures"
          summary="Fitted on validation rows; labels with fewer than 20 true rows share one"
          rows={rows}
          columns={columns}
          getKey={(row) => row.label}
          initialSort={{ column: 'before', direction: 'descending' }}
          maxHeight={300}
        />
      )}
    </div>
  );
}

function binCells(which: string, bin: Reliability['bins'][number]) {
  return [which, bin.low, bin.high, bin.count, bin.meanProbability, bin.observed, ...bin.interval];
}

function trace(name: string, { bins }: Reliability, color: string): Data {
  return {
    name,
    x: bins.map((bin) => bin.meanProbability),
    y: bins.map((bin) => bin.observed),
    mode: 'lines+markers',
    line: { width: 2, color },
    error_y: {
      type: 'data',
      symmetric: false,
      array: bins.map((bin) => bin.interval[1] - bin.observed),
      arrayminus: bins.map((bin) => bin.observed - bin.interval[0]),
      thickness: 1,
      width: 2,
      color,
    },
    customdata: bins.map((bin) => bin.count),
    hovertemplate: `told %{x:.3f}, true %{y:.3f}, %{customdata:,} cells<extra>${name}</extra>`,
  };
}
