import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo } from 'react';
import { formatCount, formatNumber } from '../../../notebook/format.ts';
import type { ContrastivePoint } from '../../../services/embedderTuner/contract.ts';
import { Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { smooth, thin } from '../training/curves.ts';
import { useThrottled } from '../training/useThrottled.ts';
import type { ShownRun } from './store.ts';

const shownPoints = 1200;

/** Loss, and what it does to the space: pairs draw together (alignment) while the whole stays spread (uniformity). */
export function ContrastCurves({ run }: { readonly run: ShownRun }) {
  const { points, encoder, isLive } = run;
  const common = { points, totalSteps: encoder.totalSteps, name: encoder.name };
  return (
    <>
      <Curve
        {...common}
        title="Contrastive loss"
        unit="InfoNCE, nats"
        of="loss"
        everyMs={isLive ? 600 : 0}
        height={280}
      />
      <div className="pair">
        <Curve
          {...common}
          title="Alignment"
          unit="mean squared distance"
          of="alignment"
          everyMs={isLive ? 1100 : 0}
          height={210}
        />
        <Curve
          {...common}
          title="Uniformity"
          unit="ln mean exp(−2 d²)"
          of="uniformity"
          everyMs={isLive ? 1500 : 0}
          height={210}
        />
      </div>
    </>
  );
}

function Curve(props: {
  readonly title: string;
  readonly unit: string;
  readonly name: string;
  readonly of: 'loss' | 'alignment' | 'uniformity';
  readonly points: readonly ContrastivePoint[];
  readonly totalSteps: number;
  readonly everyMs: number;
  readonly height: number;
}) {
  const { title, unit, of, totalSteps, name, height } = props;
  const points = useThrottled(props.points, props.everyMs);
  const curve = useMemo(() => {
    const raw = points.map((point) => point[of]);
    const smoothed = smooth(raw, 0.9);
    const at = thin(raw, shownPoints);
    return {
      x: at.map((i) => points[i]?.step ?? 0),
      raw: at.map((i) => raw[i] ?? Number.NaN),
      smoothed: at.map((i) => smoothed[i] ?? Number.NaN),
      all: smoothed,
    };
  }, [points, of]);
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        name: 'a step',
        x: curve.x,
        y: curve.raw,
        mode: 'lines',
        line: { color: colors.muted, width: 1 },
        hovertemplate: 'step %{x}: %{y:.4f}<extra>a step</extra>',
      },
      {
        name: 'smoothed',
        x: curve.x,
        y: curve.smoothed,
        mode: 'lines',
        line: { color: colors.accent, width: 2 },
        hovertemplate: 'step %{x}: %{y:.4f}<extra>smoothed</extra>',
      },
    ],
    [curve],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { title: { text: 'step' }, ...(totalSteps > 0 ? { range: [0, totalSteps] } : {}) },
      yaxis: { title: { text: unit }, ...(of === 'uniformity' ? {} : { rangemode: 'tozero' }) },
      margin: { t: 28 },
      showlegend: of === 'loss',
    }),
    [totalSteps, unit, of],
  );
  const table = useCallback(
    (): PlotTable => ({
      header: [
        'step',
        'epoch',
        of,
        `smoothed ${of}`,
        'learning rate',
        'gradient norm',
        'hard negatives',
        'tokens',
        'step ms',
      ],
      rows: points.map((point, i) => [
        point.step,
        point.epoch,
        point[of],
        curve.all[i] ?? null,
        point.learningRate,
        point.gradientNorm,
        point.hardShare,
        point.tokens,
        point.stepMs,
      ]),
    }),
    [points, curve, of],
  );
  const [first, last] = [curve.all[0], curve.all.at(-1)];
  const summary =
    first === undefined || last === undefined
      ? 'No step yet.'
      : `${formatNumber(first, 3)} at the first step, ${formatNumber(last, 3)} after step ${formatCount(points.at(-1)?.step ?? 0)} (smoothed). ${of === 'loss' ? name : ''}`;
  return <Plot name={title} summary={summary} data={data} layout={layout} table={table} height={height} />;
}
