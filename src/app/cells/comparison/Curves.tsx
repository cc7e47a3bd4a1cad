import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo } from 'react';
import { evaluationLossName, trainingLossName } from '../../../training/describe.ts';
import { formatNumber, plural } from '../../../notebook/format.ts';
import type { RunSummary } from '../../../services/trainer/contract.ts';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { smooth, thin } from '../training/curves.ts';
import { shortNames, type ComparedModel } from './model.ts';

interface Named {
  readonly name: string;
  readonly run: RunSummary;
  /** The same colour in both plots. */
  readonly color: number;
}

/** Training loss and validation score of every run over the same steps. References have none. */
export function ComparedCurves({ models }: { readonly models: readonly ComparedModel[] }) {
  const runs = useMemo((): Named[] => {
    const names = shortNames(models);
    return models.flatMap(({ run }, at) => (run ? [{ name: names[at] ?? '', run, color: at }] : []));
  }, [models]);
  const kinds = useMemo(
    () => [...new Set(runs.map(({ run }) => trainingLossName(run.hyperparameters.loss)))],
    [runs],
  );
  const isOneKind = kinds.length === 1;
  const loss = useCallback(
    (colors: PlotColors): Data[] =>
      runs.map(({ name, run, color }) => {
        const raw = run.steps.map((step) => step.loss);
        const smoothed = smooth(raw, 0.9);
        const at = thin(raw, 600);
        return line(
          isOneKind ? name : `${name}: ${trainingLossName(run.hyperparameters.loss)}`,
          at.map((i) => run.steps[i]?.step ?? 0),
          at.map((i) => smoothed[i] ?? null),
          colors.categories[color % 8] as string,
        );
      }),
    [runs, isOneKind],
  );
  const score = useCallback(
    (colors: PlotColors): Data[] =>
      runs.map(({ name, run, color }) => {
        const validation = run.evaluations.filter(({ split }) => split === 'validation');
        return {
          ...line(
            name,
            validation.map(({ step }) => step),
            validation.map(({ microF1 }) => microF1),
            colors.categories[color % 8] as string,
          ),
          mode: 'lines+markers',
          marker: { size: 5 },
        } as Data;
      }),
    [runs],
  );
  const layout = useCallback(
    (title: string) => (): Partial<Layout> => ({
      margin: { t: 28 },
      xaxis: { title: { text: 'step' } },
      yaxis: { title: { text: title }, rangemode: 'tozero' },
    }),
    [],
  );
  const [lossLayout, scoreLayout] = useMemo(
    () => [layout(`${isOneKind ? (kinds[0] ?? 'loss') : 'loss'}, smoothed`), layout('micro-F1')] as const,
    [layout, isOneKind, kinds],
  );
  if (runs.length === 0) return null;
  const lossTable = (): PlotTable => ({
    header: ['run', 'step', 'epoch', 'loss', 'loss is'],
    rows: runs.flatMap(({ name, run }) =>
      run.steps.map(
        (step) =>
          [name, step.step, step.epoch, step.loss, trainingLossName(run.hyperparameters.loss)] as const,
      ),
    ),
  });
  const scoreTable = (): PlotTable => ({
    header: ['run', 'step', 'split', 'micro-F1', 'macro-F1', 'loss', 'loss is'],
    rows: runs.flatMap(({ name, run }) =>
      run.evaluations.map(
        (point) =>
          [
            name,
            point.step,
            point.split,
            point.microF1,
            point.macroF1,
            point.loss,
            evaluationLossName(run.hyperparameters.loss),
          ] as const,
      ),
    ),
  });
  const best = runs.map(({ name, run }) => {
    const validation = run.evaluations.filter(({ split }) => split === 'validation');
    const top = validation.length === 0 ? null : Math.max(...validation.map(({ microF1 }) => microF1));
    return `${name} ${top === null ? '–' : formatNumber(top)}`;
  });
  return (
    <div className="pair">
      <Plot
        name="Training loss, compared"
        summary={`Smoothed over about ten steps; ${runs.map(({ name, run }) => `${name} ${plural(run.step, 'step')}`).join(', ')}. ${isOneKind ? `All minimised ${kinds[0]}.` : 'They minimised different losses, whose heights do not compare.'}`}
        data={loss}
        layout={lossLayout}
        table={lossTable}
        height={260}
      />
      <Plot
        name="Validation micro-F1, compared"
        summary={`Highest at 0.5: ${best.join(', ')}.`}
        data={score}
        layout={scoreLayout}
        table={scoreTable}
        height={260}
      />
    </div>
  );
}

function line(name: string, x: readonly number[], y: readonly (number | null)[], color: string): Data {
  return {
    name: escapeHtml(name),
    x: [...x],
    y: [...y],
    mode: 'lines',
    line: { width: 1.5, color },
    hovertemplate: `step %{x}: %{y:.4f}<extra>${escapeHtml(name)}</extra>`,
  };
}
