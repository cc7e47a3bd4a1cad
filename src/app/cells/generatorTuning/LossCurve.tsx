import type { Data, Layout } from 'plotly.js';
import { useCallback } from 'react';
import type { CurvePoint } from '../../../notebook/generatorTuning.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';

/** The loss of a generator that is tuned, as it grows or as it was. */
export function LossCurve(props: {
  readonly name: string;
  readonly curve: readonly (CurvePoint & { readonly gradientNorm?: number })[];
}) {
  const { name, curve } = props;
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        type: 'scatter',
        mode: 'lines',
        x: curve.map(({ step }) => step),
        y: curve.map(({ loss }) => loss),
        line: { color: colors.accent, width: 2 },
        hovertemplate: 'update %{x}: %{y:.3f}<extra></extra>',
        showlegend: false,
      } as Data,
    ],
    [curve],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { title: { text: 'update' } },
      yaxis: { title: { text: 'loss a token (nats)' } },
    }),
    [],
  );
  const last = curve.at(-1);
  const hasNorms = last?.gradientNorm !== undefined;
  return (
    <Plot
      name={name}
      summary={`Cross-entropy a reply token over ${plural(last?.step ?? 0, 'update')}, at last ${formatNumber(last?.loss ?? Number.NaN, 3)}.`}
      data={data}
      layout={layout}
      height={240}
      table={() => ({
        header: ['update', 'loss', 'learning rate', 'tokens'].concat(hasNorms ? 'gradient norm' : []),
        rows: curve.map(({ step, loss, learningRate, tokens, gradientNorm }) =>
          [step, loss, learningRate, tokens].concat(gradientNorm ?? []),
        ),
      })}
    />
  );
}
