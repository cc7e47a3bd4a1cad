import type { Data, Layout } from 'plotly.js';
import { useCallback, useMemo, useState } from 'react';
import { formatNumber, plural } from '../../../notebook/format.ts';
import { Select } from '../../ui/fields.tsx';
import { escapeHtml, Plot, type PlotTable } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { evaluationStore } from '../evaluation/store.ts';
import { shortNames, thresholdOf, type ComparedModel } from './model.ts';
import type { ShownComparison } from './store.ts';

/** F1 of every label under two of the models: above the diagonal the second is better. A press on a label finds it in the audit. */
export function LabelScatter({ shown: { compared, decision } }: { readonly shown: ShownComparison }) {
  const { models } = compared;
  const [chosen, setChosen] = useState<readonly [string, string] | null>(null);
  const keyAt = (at: number) => models[at]?.candidate.key ?? '';
  const [xKey, yKey] = chosen ?? [keyAt(0), keyAt(1)];
  const names = useMemo(() => shortNames(models), [models]);
  const found = useMemo(() => {
    const of = (key: string) => {
      const at = Math.max(
        0,
        models.findIndex(({ candidate }) => candidate.key === key),
      );
      const model = models[at] as ComparedModel;
      return {
        name: names[at] ?? '',
        model,
        perLabel: model.evaluator.at(thresholdOf(model, decision)).perLabel,
      };
    };
    return { x: of(xKey), y: of(yKey) };
  }, [models, names, xKey, yKey, decision]);
  const { x, y } = found;

  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        x: [0, 1],
        y: [0, 1],
        mode: 'lines',
        line: { color: colors.hairline, width: 1, dash: 'dot' },
        hoverinfo: 'skip',
        showlegend: false,
      },
      {
        x: x.perLabel.map(({ f1 }) => f1),
        y: y.perLabel.map(({ f1 }) => f1),
        text: x.perLabel.map(({ label, support }) => `${escapeHtml(label)} (${plural(support, 'row')})`),
        mode: 'markers',
        marker: {
          color: colors.accent,
          opacity: 0.7,
          // By area: a label with four times the rows has twice the radius.
          size: x.perLabel.map(({ support }) => Math.min(22, 5 + Math.sqrt(support) / 1.5)),
        },
        hovertemplate: '%{text}: %{x:.3f} against %{y:.3f}<extra></extra>',
        showlegend: false,
      },
    ],
    [x, y],
  );
  const layout = useCallback(
    (): Partial<Layout> => ({
      xaxis: { range: [-0.04, 1.04], title: { text: `F1, ${escapeHtml(x.name)}` } },
      yaxis: { range: [-0.04, 1.04], title: { text: `F1, ${escapeHtml(y.name)}` } },
      margin: { t: 12, b: 48 },
    }),
    [x.name, y.name],
  );
  const better = y.perLabel.filter(({ f1 }, i) => f1 > (x.perLabel[i]?.f1 ?? 0)).length;
  const worse = y.perLabel.filter(({ f1 }, i) => f1 < (x.perLabel[i]?.f1 ?? 0)).length;
  const largest = y.perLabel
    .map(({ label, f1 }, i) => ({ label, difference: f1 - (x.perLabel[i]?.f1 ?? 0) }))
    .reduce((a, b) => (Math.abs(b.difference) > Math.abs(a.difference) ? b : a), {
      label: '',
      difference: 0,
    });
  const table = (): PlotTable => ({
    header: ['label', 'test rows', `F1 ${x.name}`, `F1 ${y.name}`, 'difference'],
    rows: x.perLabel.map(({ label, support, f1 }, i) => {
      const other = y.perLabel[i]?.f1 ?? 0;
      return [label, support, f1, other, other - f1];
    }),
  });
  const options = models.map(({ candidate }, at) => ({ value: candidate.key, label: names[at] ?? '' }));
  return (
    <Plot
      name="F1 of each label, two models"
      summary={`${y.name} is better on ${plural(better, 'label')}, ${x.name} on ${worse}${largest.label === '' ? '' : `; furthest apart: ${largest.label} (${largest.difference > 0 ? '+' : '−'}${formatNumber(Math.abs(largest.difference), 2)})`}. A press on a label finds it in the audit.`}
      data={data}
      layout={layout}
      table={table}
      height={380}
      onPoint={(curve, point) => {
        const label = x.perLabel[point]?.label;
        if (curve === 1 && label !== undefined) showInAudit(label, [y.model, x.model]);
      }}
      tools={
        <div className="scatter-tools">
          <Select
            label="Across"
            hideLabel
            value={xKey}
            onChange={(key) => setChosen([key, yKey])}
            options={options}
            width={168}
          />
          <span className="small quiet">against</span>
          <Select
            label="Upwards"
            hideLabel
            value={yKey}
            onChange={(key) => setChosen([xKey, key])}
            options={options}
            width={168}
          />
        </div>
      }
    />
  );
}

/** Opens the evaluation of the first of these that is a network, with the audit searched for the label. */
function showInAudit(label: string, models: readonly ComparedModel[]): void {
  const run = models.find(({ run }) => run !== null)?.run;
  evaluationStore.setState({
    auditQuery: { text: label },
    ...(run ? { chosenRunId: run.runId } : {}),
  });
  const evaluation = document.getElementById('evaluation');
  const audit = evaluation?.querySelector('[role=table][aria-label="Label audit"]');
  (audit ?? evaluation)?.scrollIntoView({ block: 'center' });
}
