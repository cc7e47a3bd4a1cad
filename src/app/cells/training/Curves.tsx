import type { Data, Layout, LayoutAxis } from 'plotly.js';
import { useCallback, useMemo, useState } from 'react';
import { formatCount, formatNumber, formatShort } from '../../../notebook/format.ts';
import type { EvaluationPoint, Hyperparameters, StepPoint } from '../../../services/trainer/contract.ts';
import { evaluationLossName, trainingLossName } from '../../../training/describe.ts';
import { Switch } from '../../ui/fields.tsx';
import { SliderField } from '../../ui/SliderField.tsx';
import { Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { smooth, thin } from './curves.ts';
import { scientific } from './ScientificField.tsx';
import { useThrottled } from './useThrottled.ts';

export interface CurvesProps {
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly totalSteps: number;
  readonly bestStep: number | null;
  /** What training minimises: the curves say which loss they show. */
  readonly loss: Hyperparameters['loss'];
  readonly isLive: boolean;
}

/** More points than pixels only cost time; the CSV has them all. */
const shownPoints = 1200;

/** The curves of one run: loss large, the rest as small multiples on the same step axis. */
export function Curves({ steps, evaluations, totalSteps, bestStep, loss, isLive }: CurvesProps) {
  const [smoothing, setSmoothing] = useState(0.9);
  const [isLog, setLog] = useState(false);
  const validation = useMemo(() => evaluations.filter(({ split }) => split === 'validation'), [evaluations]);
  const xAxis = useMemo(() => stepAxis(totalSteps), [totalSteps]);
  const names = useMemo(
    () => ({ training: trainingLossName(loss), evaluation: evaluationLossName(loss) }),
    [loss],
  );
  // Uneven on purpose: five plots redrawn in one frame would be felt.
  const pace = (ms: number) => (isLive ? ms : 0);

  return (
    <>
      <LossPlot
        steps={steps}
        evaluations={validation}
        bestStep={bestStep}
        names={names}
        smoothing={smoothing}
        isLog={isLog}
        xAxis={xAxis}
        everyMs={pace(600)}
        tools={
          <div className="curve-tools">
            <SliderField
              label="Smoothing"
              value={smoothing}
              onChange={setSmoothing}
              min={0}
              max={0.99}
              step={0.01}
            />
            <Switch label="Log axis" value={isLog} onChange={setLog} />
          </div>
        }
      />
      <div className="pair">
        <ScorePlot evaluations={validation} bestStep={bestStep} xAxis={xAxis} everyMs={pace(1000)} />
        <StepPlot
          name="Speed"
          unit="tokens/s"
          steps={steps}
          of={tokensPerSecond}
          everyMs={pace(1300)}
          format={formatShort}
          axis={groupedAxis}
          xAxis={xAxis}
        />
        <StepPlot
          name="Learning rate"
          unit=""
          steps={steps}
          of={learningRate}
          everyMs={pace(2900)}
          format={(value) => scientific(Number(value.toPrecision(2)))}
          axis={scientificAxis}
          xAxis={xAxis}
        />
        <StepPlot
          name="Gradient norm"
          unit=""
          steps={steps}
          of={gradientNorm}
          everyMs={pace(1700)}
          format={formatNumber}
          xAxis={xAxis}
        />
      </div>
    </>
  );
}

const groupedAxis: Partial<LayoutAxis> = { tickformat: ',~f' };
const scientificAxis: Partial<LayoutAxis> = { exponentformat: 'e', minexponent: 2 };

const tokensPerSecond = (point: StepPoint) => point.tokensPerSecond;
const learningRate = (point: StepPoint) => point.learningRate;
const gradientNorm = (point: StepPoint) => point.gradientNorm;

function stepAxis(totalSteps: number): Partial<Layout> {
  // The whole run from the start: the curve grows into its axis instead of squeezing it. A little more, for the last point's mark.
  return { xaxis: { title: { text: 'step' }, range: [0, totalSteps > 0 ? totalSteps * 1.015 : 1] } };
}

/** Before the first point plotly would number an axis from -1 to 4: there is nothing to read off yet. */
function emptyAxis(isEmpty: boolean): Partial<Layout['yaxis']> {
  return isEmpty ? { showticklabels: false, range: [0, 1], autorange: false, zeroline: false } : {};
}

const capital = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

function LossPlot(props: {
  readonly steps: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly bestStep: number | null;
  readonly names: { readonly training: string; readonly evaluation: string };
  readonly smoothing: number;
  readonly isLog: boolean;
  readonly xAxis: Partial<Layout>;
  readonly everyMs: number;
  readonly tools: React.ReactNode;
}) {
  const { bestStep, names, smoothing, isLog, xAxis, tools } = props;
  const isSame = names.training === names.evaluation;
  const steps = useThrottled(props.steps, props.everyMs);
  const evaluations = useThrottled(props.evaluations, props.everyMs);
  const curve = useMemo(() => {
    const raw = steps.map(({ loss }) => loss);
    const smoothed = smooth(raw, smoothing);
    const at = thin(raw, shownPoints);
    return {
      x: at.map((i) => (steps[i] as StepPoint).step),
      raw: at.map((i) => raw[i] as number),
      smoothed: at.map((i) => smoothed[i] as number),
      last: smoothed.at(-1) ?? null,
      first: smoothed[0] ?? null,
    };
  }, [steps, smoothing]);

  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        name: isSame ? 'Training, raw' : `Training, raw: ${names.training}`,
        x: curve.x,
        y: curve.raw,
        // A line of one point is not drawn.
        mode: curve.x.length > 2 ? 'lines' : 'lines+markers',
        line: { color: colors.muted, width: 1 },
        hovertemplate: 'step %{x}: %{y:.4f}<extra>raw</extra>',
      },
      {
        name: isSame ? 'Training, smoothed' : `Training, smoothed: ${names.training}`,
        x: curve.x,
        y: curve.smoothed,
        mode: 'lines',
        line: { color: colors.accent, width: 2 },
        hovertemplate: 'step %{x}: %{y:.4f}<extra>smoothed</extra>',
      },
      {
        name: isSame ? 'Validation' : `Validation: ${names.evaluation}`,
        x: evaluations.map(({ step }) => step),
        y: evaluations.map(({ loss }) => loss),
        mode: 'lines+markers',
        line: { color: colors.categories[1] as string, width: 1.5 },
        marker: {
          size: evaluations.map(({ step }) => (step === bestStep ? 11 : 6)),
          symbol: evaluations.map(({ step }) => (step === bestStep ? 'star' : 'circle')),
        },
        hovertemplate: 'step %{x}: %{y:.4f}<extra>validation</extra>',
      },
    ],
    [curve, evaluations, bestStep, names, isSame],
  );
  // Not the points themselves: the layout stays the same while they come in.
  const isEmpty = steps.length === 0;
  const layout = useCallback(
    (): Partial<Layout> => ({
      ...xAxis,
      yaxis: {
        title: { text: isSame ? names.training : 'loss' },
        type: isLog ? 'log' : 'linear',
        ...emptyAxis(isEmpty),
      },
      margin: { t: 28 },
      // Another one once there are points: plotly would keep the empty axis as if a person had set it.
      uirevision: isEmpty ? 'empty' : isLog ? 'log' : 'linear',
    }),
    [xAxis, isLog, names, isSame, isEmpty],
  );
  const lastValidation = evaluations.at(-1);
  const summary =
    curve.last === null || curve.first === null
      ? 'No step yet.'
      : `${capital(names.training)} ${formatNumber(curve.first)} at the first step, ${formatNumber(curve.last)} after step ${formatCount(steps.at(-1)?.step ?? 0)} (smoothed)` +
        (lastValidation
          ? `; validation ${isSame ? '' : `${names.evaluation} `}${formatNumber(lastValidation.loss)}.`
          : '.');
  const table = useCallback((): PlotTable => {
    const smoothed = smooth(
      steps.map(({ loss }) => loss),
      smoothing,
    );
    return {
      header: [
        'step',
        'epoch',
        'loss',
        'smoothed loss',
        'learning rate',
        'gradient norm',
        'tokens',
        'step ms',
        'tokens/s',
        'loss is',
      ],
      rows: steps.map((point, i) => [
        point.step,
        point.epoch,
        point.loss,
        smoothed[i] ?? null,
        point.learningRate,
        point.gradientNorm,
        point.tokens,
        point.stepMs,
        point.tokensPerSecond,
        names.training,
      ]),
    };
  }, [steps, smoothing, names]);
  return (
    <Plot
      name="Loss"
      summary={summary}
      data={data}
      layout={layout}
      table={table}
      height={340}
      tools={tools}
    />
  );
}

function ScorePlot(props: {
  readonly evaluations: readonly EvaluationPoint[];
  readonly bestStep: number | null;
  readonly xAxis: Partial<Layout>;
  readonly everyMs: number;
}) {
  const { bestStep, xAxis } = props;
  const evaluations = useThrottled(props.evaluations, props.everyMs);
  const data = useCallback(
    (colors: PlotColors): Data[] =>
      (
        [
          ['Micro-F1', 'microF1', 0],
          ['Macro-F1', 'macroF1', 1],
          ['Label-wise accuracy', 'labelAccuracy', 2],
        ] as const
      ).map(([name, key, color]) => ({
        name,
        x: evaluations.map(({ step }) => step),
        y: evaluations.map((point) => point[key]),
        mode: 'lines+markers',
        line: { width: 1.5, color: colors.categories[color] as string },
        marker: { size: 5 },
        hovertemplate: `step %{x}: %{y:.3f}<extra>${name}</extra>`,
      })),
    [evaluations],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({ ...xAxis, yaxis: { range: [-0.02, 1.02] }, margin: { t: 24 } }),
    [xAxis],
  );
  const best = evaluations.find(({ step }) => step === bestStep) ?? evaluations.at(-1);
  const table = (): PlotTable => ({
    header: ['step', 'loss', 'micro-F1', 'macro-F1', 'label-wise accuracy', 'best'],
    rows: evaluations.map((point) => [
      point.step,
      point.loss,
      point.microF1,
      point.macroF1,
      point.labelAccuracy,
      point.step === bestStep,
    ]),
  });
  return (
    <Plot
      name="Validation scores"
      summary={
        best
          ? `Best at step ${formatCount(best.step)}: micro-F1 ${formatNumber(best.microF1)}, macro-F1 ${formatNumber(best.macroF1)}.`
          : 'No evaluation yet.'
      }
      data={data}
      layout={layout}
      table={table}
      height={220}
    />
  );
}

function StepPlot(props: {
  readonly name: string;
  readonly unit: string;
  readonly steps: readonly StepPoint[];
  readonly of: (point: StepPoint) => number;
  readonly format: (value: number) => string;
  readonly axis?: Partial<LayoutAxis>;
  readonly xAxis: Partial<Layout>;
  readonly everyMs: number;
}) {
  const { name, unit, of, format, axis, xAxis } = props;
  const steps = useThrottled(props.steps, props.everyMs);
  const curve = useMemo(() => {
    const values = steps.map(of);
    const at = thin(values, shownPoints / 2);
    return {
      x: at.map((i) => (steps[i] as StepPoint).step),
      y: at.map((i) => values[i] as number),
      last: values.at(-1) ?? null,
    };
  }, [steps, of]);
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        name,
        x: curve.x,
        y: curve.y,
        mode: curve.x.length > 2 ? 'lines' : 'lines+markers',
        line: { color: colors.categories[6] as string, width: 1.25 },
        hovertemplate: 'step %{x}: %{y}<extra></extra>',
      },
    ],
    [curve, name],
  );
  const isEmpty = curve.y.length === 0;
  const layout = useCallback(
    (): Partial<Layout> => ({
      ...xAxis,
      yaxis: {
        title: { text: unit },
        rangemode: 'tozero',
        ...emptyAxis(isEmpty),
        ...axis,
      },
      margin: { t: 24 },
      showlegend: false,
    }),
    [xAxis, unit, axis, isEmpty],
  );
  const table = useCallback(
    (): PlotTable => ({
      header: ['step', name.toLowerCase()],
      rows: steps.map((point) => [point.step, of(point)]),
    }),
    [steps, of, name],
  );
  const summary =
    curve.last === null ? 'No step yet.' : `Now ${format(curve.last)}${unit === '' ? '' : ` ${unit}`}.`;
  return <Plot name={name} summary={summary} data={data} layout={layout} table={table} height={220} />;
}
