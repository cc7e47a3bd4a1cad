import type { Data, Layout } from 'plotly.js';
import { useCallback, useEffect, useState } from 'react';
import { toWire, type ErrorWire } from '../../../../base/errors.ts';
import {
  gainPerDoubling,
  labelCurves,
  type LabelCurve,
  type LabelResult,
} from '../../../../core/calibration/learningCurves.ts';
import { createEvaluator } from '../../../../core/metrics/evaluator.ts';
import type { DecisionThreshold } from '../../../../core/metrics/types.ts';
import { formatNumber, plural } from '../../../../notebook/format.ts';
import { Note } from '../../../ui/panels.tsx';
import { escapeHtml, Plot, type PlotTable } from '../../../ui/Plot.tsx';
import { logTicks, type PlotColors } from '../../../ui/plotTheme.ts';
import { trainerService, trainingSession } from '../../training/trainer.ts';
import type { LoadedEvaluation } from '../store.ts';

/** Runs looked at; each is read from storage. */
const mostRuns = 12;
/** Labels with a line of their own, those with most test rows first. */
const mostLines = 40;

interface Curves {
  readonly curves: readonly LabelCurve[];
  readonly runs: number;
}

/** F1 of each label over the training rows it had: one point a label, lines where kept runs on this data gave it more or fewer. */
export function SupportCurves(props: {
  readonly loaded: LoadedEvaluation;
  readonly threshold: DecisionThreshold;
}) {
  const { loaded, threshold } = props;
  const { labels } = loaded.run;
  const [found, setFound] = useState<Curves | null>(null);
  const [error, setError] = useState<ErrorWire | null>(null);
  const shared = typeof threshold === 'number' ? threshold : 0.5;
  useEffect(() => {
    let alive = true;
    curvesOf(loaded, shared).then(
      (curves) => alive && setFound(curves),
      (cause: unknown) => alive && setError(toWire(cause)),
    );
    return () => {
      alive = false;
    };
  }, [loaded, shared]);
  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const curves = found?.curves ?? [];
      const several = curves
        .filter(({ support }) => support.length > 1)
        .sort((a, b) => b.testSupport - a.testSupport)
        .slice(0, mostLines);
      const name = ({ labelId }: LabelCurve) => escapeHtml(labels[labelId] ?? '');
      return [
        ...several.map((curve): Data => ({
          name: name(curve),
          x: [...curve.support],
          y: [...curve.f1],
          mode: 'lines',
          line: { width: 1, color: colors.muted },
          hoverinfo: 'skip',
          showlegend: false,
        })),
        {
          name: 'Labels',
          x: curves.flatMap(({ support }) => support),
          y: curves.flatMap(({ f1 }) => f1),
          text: curves.flatMap((curve) => curve.support.map(() => name(curve))),
          mode: 'markers',
          marker: { size: 7, color: colors.accent, opacity: 0.7 },
          hovertemplate: '%{text}: F1 %{y:.3f} from %{x:,} training rows<extra></extra>',
          showlegend: false,
        },
      ];
    },
    [found, labels],
  );
  const layout = useCallback((): Partial<Layout> => {
    const support = (found?.curves ?? []).flatMap((curve) => curve.support);
    const least = support.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    const most = support.reduce((a, b) => Math.max(a, b), 0);
    return {
      xaxis: {
        title: { text: 'training rows that have the label' },
        type: 'log',
        ...(most > 0 ? logTicks(least / 1.2, most * 1.2) : {}),
      },
      yaxis: { title: { text: 'F1' }, range: [-0.02, 1.02] },
    };
  }, [found]);
  const table = useCallback(
    (): PlotTable => ({
      header: ['label', 'training rows', 'F1', 'judged rows', 'gain a doubling', 'still rising'],
      rows: (found?.curves ?? []).flatMap((curve) =>
        curve.support.map((support, i) => [
          labels[curve.labelId],
          support,
          curve.f1[i],
          curve.testSupport,
          curve.gainPerDoubling,
          curve.isStillRising,
        ]),
      ),
    }),
    [found, labels],
  );
  if (error)
    return (
      <Note tone="warn">
        <p>
          <strong>{error.message}</strong> {error.remedy}
        </p>
      </Note>
    );
  return (
    <Plot
      name="F1 by support"
      summary={summaryOf(found)}
      data={data}
      layout={layout}
      table={table}
      height={340}
    />
  );
}

function summaryOf(found: Curves | null): string {
  if (!found) return 'Reading the runs on this data.';
  const gain = gainPerDoubling(found.curves);
  const rising = found.curves.filter(({ isStillRising }) => isStillRising).length;
  const from = `${plural(found.curves.length, 'label')}, ${plural(found.runs, 'run')} on this data`;
  return gain === null
    ? `${from}; lines appear where runs trained on different shares of it.`
    : `${from}; F1 gains ${formatNumber(gain, 3)} where a label’s rows double, and ${plural(rising, 'label')} still rise.`;
}

async function curvesOf({ run, split }: LoadedEvaluation, threshold: number): Promise<Curves> {
  const trainer = trainerService();
  const runs = (trainingSession().store.getState().runs ?? [])
    .filter(
      ({ dataHash, runId, evaluations }) =>
        runId === run.runId || (dataHash === run.dataHash && evaluations.length > 0),
    )
    .slice(0, mostRuns);
  const idOf = new Map(run.labels.map((label, id) => [label, id]));
  const results: LabelResult[] = [];
  let read = 0;
  for (const { runId } of runs) {
    // A damaged run says nothing; the others still do.
    const [rows, logits] = await Promise.all([
      trainer.runRows(runId).catch(() => null),
      trainer.logits(runId, split, 'best').catch(() => null),
    ]);
    if (!rows || !logits) continue;
    read++;
    for (const scored of createEvaluator(logits).at(threshold).perLabel) {
      const labelId = idOf.get(scored.label);
      if (labelId === undefined || scored.support === 0) continue;
      const trainSupport = rows.trainCounts[scored.labelId] as number;
      results.push({ labelId, trainSupport, testSupport: scored.support, f1: scored.f1 });
    }
  }
  return { curves: labelCurves(results), runs: read };
}
