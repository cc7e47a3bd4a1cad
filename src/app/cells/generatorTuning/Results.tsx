import type { Data, Layout } from 'plotly.js';
import { useCallback } from 'react';
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatPercent,
  plural,
} from '../../../notebook/format.ts';
import { sweepWords, type Sweep, type TuningRun } from '../../../notebook/generatorTuning.ts';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { Output } from '../../ui/Output.tsx';
import { Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { SimpleTable } from '../../ui/SimpleTable.tsx';
import { LossCurve } from './LossCurve.tsx';

const percentOrDash = (share: number | null) => (share === null ? '–' : formatPercent(share, 0));

/** What the last tuning came to: figures, and the same prompt before and after. */
export function RunView({ run }: { readonly run: TuningRun }) {
  const { heldOutLoss, parse, lossBefore, lossAfter } = run;
  return (
    <>
      <FigureRow>
        <Figure
          label="Held-out loss"
          term="heldOutLoss"
          value={formatNumber(heldOutLoss?.after ?? Number.NaN, 3)}
          unit="nats a token"
          baseline={`${formatNumber(heldOutLoss?.before ?? Number.NaN, 3)} before; ${plural(run.heldOutPairs, 'description')} never learned`}
        />
        <Figure
          label="Loss on the pairs"
          value={formatNumber(lossAfter, 3)}
          baseline={`${formatNumber(lossBefore, 3)} before; ${plural(run.examples, 'example')}`}
        />
        <Figure
          label="Replies that parse"
          value={percentOrDash(parse.after)}
          baseline={`${percentOrDash(parse.before)} before; ${plural(parse.replies, 'reply', 'replies')} without constraint`}
        />
        <Figure
          label="Updates"
          value={formatCount(run.updates)}
          baseline={`${formatDuration(run.elapsedMs)}${run.isStopped ? ', stopped before the end' : ''}`}
        />
        <Figure
          label="Parameters trained"
          value={formatCount(run.trainedParameters)}
          baseline={`of ${formatCount(run.parameters)}, ${run.model}`}
        />
      </FigureRow>
      {run.cut > 0 && (
        <p className="small quiet">
          {plural(run.cut, 'example')} cut at the length limit: what stands beyond it was not learned.
        </p>
      )}
      <LossCurve name="Loss on the pairs" curve={run.curve} />
      {run.before.length > 0 && (
        <Output name="Before and after" summary={`Replies to: ${run.instruction}`}>
          <div className="incubator-samples-pair">
            <Replies title="As published" texts={run.before} />
            <Replies title="Tuned, same prompt and seeds" texts={run.after} />
          </div>
        </Output>
      )}
    </>
  );
}

function Replies({ title, texts }: { readonly title: string; readonly texts: readonly string[] }) {
  return (
    <section aria-label={title}>
      <p className="field-label">{title}</p>
      {texts.length === 0 && <p className="small quiet">Stopped before any were drawn.</p>}
      {texts.map((text, at) => (
        // eslint-disable-next-line react/no-array-index-key -- replies have no identity but their place
        <pre key={at} className="incubator-reply" tabIndex={0}>
          {text}
        </pre>
      ))}
    </section>
  );
}

const quarters = [0, 0.25, 0.5, 0.75, 1];

/** Held-out loss and parse rate against the number of pairs. */
export function SweepView({ sweep }: { readonly sweep: Sweep }) {
  const done = sweep.points.flatMap(({ pairs, state }) =>
    state.kind === 'done' ? [{ pairs, tuned: state.tuned }] : [],
  );
  const data = useCallback(
    (colors: PlotColors): Data[] => {
      const finished = sweep.points.flatMap(({ pairs, state }) =>
        state.kind === 'done' ? [{ pairs, tuned: state.tuned }] : [],
      );
      const line = (name: string, y: readonly (number | null)[], color: string | undefined, more: object) =>
        ({
          type: 'scatter',
          mode: 'lines+markers',
          name,
          x: finished.map(({ pairs }) => pairs),
          y,
          line: { color, width: 2 },
          marker: { color, size: 7 },
          ...more,
        }) as Data;
      return [
        line(
          'held-out loss',
          finished.map(({ tuned }) => tuned.heldOutLoss?.after ?? null),
          colors.accent,
          {},
        ),
        line(
          'replies that parse',
          finished.map(({ tuned }) => tuned.parse.after),
          colors.categories[1],
          { yaxis: 'y2' },
        ),
      ];
    },
    [sweep],
  );
  const layout = useCallback(
    (colors: PlotColors): Partial<Layout> => ({
      showlegend: true,
      margin: { t: 36, r: 64 },
      xaxis: { title: { text: 'pairs tuned on' }, rangemode: 'tozero' },
      yaxis: { title: { text: 'held-out loss a token (nats)' } },
      yaxis2: {
        title: { text: 'replies that parse', font: { size: 12, color: colors.ink2 } },
        tickfont: { size: 11, color: colors.ink2 },
        overlaying: 'y',
        side: 'right',
        range: [0, 1.05],
        tickmode: 'array',
        tickvals: quarters,
        ticktext: quarters.map((share) => formatPercent(share, 0)),
        automargin: true,
        showgrid: false,
      },
    }),
    [],
  );
  const words = sweepWords(sweep);
  return (
    <Output
      name="Size of the tuning set"
      summary={`${done.length} of ${sweep.points.length} sizes tuned, each from the published model on a subset that holds the smaller ones.`}
    >
      {words.length > 0 && (
        <ul className="tuning-findings">
          {words.map((sentence) => (
            <li key={sentence}>{sentence}</li>
          ))}
        </ul>
      )}
      {done.length > 0 && (
        <Plot
          name="Size of the tuning set: plot"
          summary={words[0] ?? 'Held-out loss and replies that parse, against the pairs tuned on.'}
          data={data}
          layout={layout}
          height={280}
          table={() => ({
            header: [
              'pairs',
              'examples',
              'updates',
              'held-out loss',
              'loss on the pairs',
              'replies that parse',
              'ms',
            ],
            rows: done.map(({ pairs, tuned }) => [
              pairs,
              tuned.examples,
              tuned.updates,
              tuned.heldOutLoss?.after ?? null,
              tuned.lossAfter,
              tuned.parse.after,
              tuned.elapsedMs,
            ]),
          })}
        />
      )}
      <SimpleTable
        caption="Tunings by size of the set"
        header={[
          'Pairs',
          'Examples',
          'Updates',
          'Held-out loss',
          'Loss on the pairs',
          'Replies that parse',
          'Time',
        ]}
        rows={sweep.points.map(({ pairs, state }) => ({
          key: String(pairs),
          cells:
            state.kind === 'done'
              ? [
                  formatCount(pairs),
                  formatCount(state.tuned.examples),
                  formatCount(state.tuned.updates),
                  formatNumber(state.tuned.heldOutLoss?.after ?? Number.NaN, 3),
                  formatNumber(state.tuned.lossAfter, 3),
                  percentOrDash(state.tuned.parse.after),
                  formatDuration(state.tuned.elapsedMs),
                ]
              : [
                  formatCount(pairs),
                  state.kind === 'failed' ? `failed: ${state.error.message}` : 'waiting',
                  ...Array.from({ length: 5 }, () => '–'),
                ],
        }))}
      />
    </Output>
  );
}
