import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo, useState } from 'react';
import { reliability, type Reliability } from '../../../../core/calibration/reliability.ts';
import { calibratedLogits } from '../../../../core/calibration/modelCalibration.ts';
import { applyTemperatures, fitTemperatures } from '../../../../core/calibration/temperature.ts';
import { rowCrossEntropies } from '../../../../core/metrics/crossEntropy.ts';
import { createEvaluator, type Evaluator } from '../../../../core/metrics/evaluator.ts';
import { whyUncalibrated } from '../../../../notebook/calibration.ts';
import { formatNumber, plural } from '../../../../notebook/format.ts';
import { probabilityFamily } from '../../../../training/describe.ts';
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
  {
    id: 'before',
    header: 'ECE, uncalibrated',
    value: (row) => row.errorBefore,
    format: formatNumber,
    width: '144px',
  },
  {
    id: 'after',
    header: 'ECE, calibrated',
    value: (row) => row.errorAfter,
    format: formatNumber,
    width: '128px',
  },
];

/** Mean negative log-likelihood as the run's evaluations have it: over rows and labels, or over rows that have one label each. */
function meanLoss(evaluator: Evaluator, logits: Float32Array | Float64Array, isSoftmax: boolean): number {
  if (!isSoftmax) return evaluator.loss();
  const losses = rowCrossEntropies(logits, evaluator.targets, evaluator.labels.length);
  return losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length);
}

/** How far probabilities can be taken at their word, before and after the temperature that validation rows give the model. */
export function Calibration({ loaded }: { readonly loaded: LoadedEvaluation }) {
  const { model, validation, run } = loaded;
  const { evaluator } = model;
  const [chosen, setChosen] = useState('');
  const [binning, setBinning] = useState<'equal-width' | 'equal-mass'>('equal-mass');
  const [wanted, setWanted] = useState<'one' | 'per-label'>('one');
  const at = run.labels.indexOf(chosen);
  const label = at < 0 ? null : at;
  const outcome = useMemo(() => loaded.calibration(), [loaded]);
  const one = outcome.kind === 'fitted' ? outcome.calibration : null;
  const isSoftmax = probabilityFamily(run.hyperparameters.loss) === 'softmax';
  const isSame = validation?.labels.every((name, i) => name === run.labels[i]) ?? false;
  const canPerLabel = isSame && one !== null && !isSoftmax;
  const perLabel = useMemo(
    () => (wanted === 'per-label' && canPerLabel && validation ? fitTemperatures(validation) : null),
    [wanted, canPerLabel, validation],
  );
  const { scaled, losses } = useMemo(() => {
    const { labels, targets, logits } = model.evaluation;
    const before = meanLoss(evaluator, logits, isSoftmax);
    if (!one) return { scaled: null, losses: { before, after: null } };
    const own = perLabel
      ? applyTemperatures(logits, perLabel.temperatures)
      : calibratedLogits(logits, labels.length, one);
    const made = createEvaluator({ labels, targets, logits: own });
    return { scaled: made, losses: { before, after: meanLoss(made, own, isSoftmax) } };
  }, [model.evaluation, evaluator, one, perLabel, isSoftmax]);
  const before = useMemo(() => reliability(evaluator, label, { binning }), [evaluator, label, binning]);
  const after = useMemo(() => scaled && reliability(scaled, label, { binning }), [scaled, label, binning]);
  const rows = useMemo(
    (): CalibratedLabel[] =>
      one && scaled
        ? run.labels.map((name, i) => ({
            label: name,
            temperature: perLabel?.temperatures[i] ?? one.temperature,
            isOwn: Boolean(perLabel?.perLabel[i]),
            errorBefore: reliability(evaluator, i, { binning }).expectedError,
            errorAfter: reliability(scaled, i, { binning }).expectedError,
          }))
        : [],
    [one, perLabel, scaled, run.labels, evaluator, binning],
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
      trace('Uncalibrated', before, colors.categories[0] as string),
      ...(after ? [trace('Calibrated', after, colors.categories[1] as string)] : []),
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
        ...before.bins.map((bin) => binCells('uncalibrated', bin)),
        ...(after?.bins ?? []).map((bin) => binCells('calibrated', bin)),
      ],
    }),
    [before, after],
  );
  const onFitted = loaded.split === 'validation';
  return (
    <div className="stack">
      <FigureRow>
        <Figure
          label="Log loss (NLL)"
          term="logLoss"
          value={formatNumber(losses.before)}
          baseline={beside(losses.after)}
        />
        <Figure
          label="Calibration error"
          term="calibrationError"
          value={formatNumber(before.expectedError)}
          baseline={beside(after?.expectedError ?? null)}
        />
        <Figure
          label="Largest gap"
          value={formatNumber(before.maximumError)}
          baseline={beside(after?.maximumError ?? null)}
        />
        <Figure
          label="Brier score"
          value={formatNumber(before.brier)}
          baseline={
            <>
              {after && (
                <>
                  {beside(after.brier)}
                  <br />
                </>
              )}
              {formatNumber(before.brierOfBaseRate)} always saying the base rate
            </>
          }
        />
        <Figure
          label="Temperature"
          term="temperature"
          value={one ? formatNumber(one.temperature, 2) : null}
          baseline={
            one ? (
              <>
                {one.temperature > 1 ? 'the model is too sure' : 'the model is too shy'}
                <br />
                fitted on {plural(one.rows, 'validation row')}
              </>
            ) : (
              ' '
            )
          }
        />
      </FigureRow>
      {outcome.kind === 'none' && (
        <Note tone="warn">
          <p>{whyUncalibrated[outcome.why]}</p>
        </Note>
      )}
      {onFitted && one && (
        <Note tone="warn">
          <p>Temperatures are fitted on validation rows: judge them on the test rows.</p>
        </Note>
      )}
      <Plot
        name="Reliability"
        summary={`Of cells told about ${formatNumber(before.bins.at(-1)?.meanProbability ?? 0, 2)}, ${formatNumber(before.bins.at(-1)?.observed ?? 0, 2)} are true; calibration error ${formatNumber(before.expectedError)}${after ? `, ${formatNumber(after.expectedError)} calibrated` : ''}.`}
        data={data}
        layout={layout}
        table={table}
        height={320}
        tools={
          <div className="row">
            {canPerLabel && (
              <Select
                label="Temperatures"
                hideLabel
                value={wanted}
                onChange={setWanted}
                width={184}
                options={[
                  { value: 'one', label: 'One temperature', description: 'As Use the model has it.' },
                  { value: 'per-label', label: 'One a label', description: 'Where it has 20 true rows.' },
                ]}
              />
            )}
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
          name="Calibration by label"
          summary={
            perLabel
              ? 'Fitted on validation rows; labels with fewer than 20 true rows share one temperature'
              : 'One temperature, fitted on the validation rows of all labels'
          }
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

const beside = (after: number | null) => (after === null ? ' ' : `${formatNumber(after)} calibrated`);

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
