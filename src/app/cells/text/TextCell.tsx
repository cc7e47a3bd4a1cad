import { Text as TextIcon } from 'lucide-react';
import { useCallback } from 'react';
import type { Data } from 'plotly.js';
import { cleaningOrder, paperCleaning } from '../../../core/text/steps.ts';
import { formatCount, formatNumber, formatPercent, formatShort, plural } from '../../../notebook/format.ts';
import { paperValues } from '../../../notebook/parameters.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { lacksRecords } from '../../lacks.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { Select, Switch } from '../../ui/fields.tsx';
import { SliderField } from '../../ui/SliderField.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import type { LabelsSummary } from '../labels/summary.ts';
import { Examples } from './Examples.tsx';
import { ModelPicker } from './ModelPicker.tsx';
import { stepNames } from './steps.ts';
import type { TextSummary } from './task.ts';
import './text.css';

/** Cleaning switches with their effect on real rows, the tokenizer, and how long the rows are for the model. */
export function TextCell() {
  const [text, change] = useParameters('text');
  const result = useResult('text');
  const labels = useResult('labels');
  const hasData = useSession((state) => state.labelTable !== null);
  const kept = labels ? (labels.summary as unknown as LabelsSummary).recordsKept : 0;
  const summary = result ? (result.summary as unknown as TextSummary) : null;

  return (
    <CellFrame
      cell="text"
      title="Text"
      purpose="Cleans each record, if asked to, and cuts it into the model’s tokens. The paper turns all four cleaning steps on; a cased XLNet vocabulary needs none of them."
      controls={
        <>
          <ModelPicker />
          <SliderField
            label="Length limit (tokens)"
            value={text.maxLength}
            min={16}
            max={4096}
            scale="log"
            onChange={(maxLength) => change({ maxLength })}
            paper={{ value: paperValues.maxLength, text: String(paperValues.maxLength) }}
            text={(value) => `${value} tokens`}
          />
          <Select
            label="Of longer records keep"
            value={text.keeps ?? 'head'}
            onChange={(keeps) => change({ keeps: keeps === 'head' ? undefined : keeps })}
            options={[
              { value: 'head', label: 'The beginning' },
              { value: 'tail', label: 'The end' },
              {
                value: 'head-tail',
                label: 'Beginning and end',
                description: 'Three quarters of the room for the beginning, one for the end.',
              },
            ]}
          />
          <fieldset className="switches">
            <legend className="field-label">Cleaning</legend>
            {cleaningOrder.map((step) => (
              <Switch
                key={step}
                label={stepNames[step]}
                value={text.cleaning[step]}
                onChange={(value) => change({ cleaning: { ...text.cleaning, [step]: value } })}
                paper={{ value: paperCleaning[step], text: 'on' }}
              />
            ))}
          </fieldset>
        </>
      }
      primary={{
        label: kept > 0 ? `Tokenise ${plural(kept, 'record')}` : 'Tokenise the records',
        lacks: lacksRecords(hasData, kept),
      }}
    >
      {hasData && kept > 0 && <Examples />}
      {!summary && !hasData && (
        <EmptyState icon={TextIcon} title="Text appears when data is open">
          <p>
            <strong>In:</strong> the kept records. <strong>Out:</strong> token ids, their lengths, and what
            the length limit cuts off.
          </p>
        </EmptyState>
      )}
      {summary && <Lengths summary={summary} />}
    </CellFrame>
  );
}

function Lengths({ summary }: { readonly summary: TextSummary }) {
  const {
    rows,
    tokens,
    meanLength,
    medianLength,
    p95Length,
    maxLength,
    limit,
    limitedByModel,
    truncatedRows,
    lostTokens,
    bins,
  } = summary;
  const truncated = rows === 0 ? 0 : truncatedRows / rows;
  const sentence = `Half of the records have at most ${formatCount(medianLength)} tokens, 95 % at most ${formatCount(p95Length)}; ${formatPercent(truncated, truncated > 0 && truncated < 0.001 ? 3 : 1)} are longer than ${formatCount(limit)}.`;

  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        type: 'bar',
        name: 'records',
        x: bins.counts.map((_, i) => (i + 0.5) * bins.width - 0.5),
        y: [...bins.counts],
        width: bins.counts.map(() => bins.width * 0.92),
        customdata: bins.counts.map((_, i) =>
          bins.width === 1 ? `${i} tokens` : `${i * bins.width} to ${(i + 1) * bins.width - 1} tokens`,
        ),
        hovertemplate: '%{customdata}<br><b>%{y:,} records</b><extra></extra>',
        marker: { color: bins.counts.map((_, i) => (i * bins.width > limit ? colors.warn : colors.accent)) },
        showlegend: false,
      },
    ],
    [bins, limit],
  );
  const layout = useCallback(
    (colors: PlotColors) => {
      const inside = limit <= bins.counts.length * bins.width;
      return {
        margin: { l: 56 },
        xaxis: {
          title: { text: 'Tokens, special tokens included' },
          range: [-0.5, bins.counts.length * bins.width],
          showgrid: false,
        },
        yaxis: { title: { text: 'Records' } },
        shapes: inside
          ? [
              {
                type: 'line' as const,
                xref: 'x' as const,
                yref: 'paper' as const,
                x0: limit,
                x1: limit,
                y0: 0,
                y1: 1,
                line: { color: colors.ink2, width: 1, dash: 'dot' as const },
              },
            ]
          : [],
        annotations: [
          {
            xref: inside ? ('x' as const) : ('paper' as const),
            yref: 'paper' as const,
            x: inside ? limit : 1,
            y: 1,
            xanchor: 'right' as const,
            yanchor: 'top' as const,
            xshift: inside ? -4 : 0,
            text: inside ? `limit ${formatCount(limit)}` : `limit ${formatCount(limit)} →`,
            showarrow: false,
            font: { size: 12, color: colors.ink2 },
          },
        ],
      };
    },
    [bins, limit],
  );

  return (
    <>
      <FigureRow>
        <Figure
          label="Tokens"
          term="tokens"
          value={formatShort(tokens)}
          baseline={`over ${plural(rows, 'record')}`}
        />
        <Figure
          label="Tokens per record"
          value={formatNumber(meanLength, 3)}
          baseline={`median ${formatCount(medianLength)}, longest ${formatCount(maxLength)}`}
        />
        <Figure
          label="Truncated"
          term="truncated"
          value={formatPercent(truncated)}
          baseline={
            truncatedRows === 0
              ? `none over ${formatCount(limit)}`
              : `${plural(truncatedRows, 'record')}, ${plural(lostTokens, 'token')} lost`
          }
          {...(truncated > 0.05 ? { tone: 'warn' as const } : {})}
        />
        <Figure
          label="Padding saved"
          value={formatPercent(1 - tokens / Math.max(1, rows * limit))}
          baseline={`against padding all to ${formatCount(limit)}`}
        />
      </FigureRow>
      {limitedByModel && (
        <Note>
          <p>
            {summary.model} has {formatCount(limit)} positions, so texts are cut there. XLNet’s positions are
            relative: it reads longer ones.
          </p>
        </Note>
      )}
      {truncated > 0.05 && !limitedByModel && (
        <Note tone="warn">
          <p>
            More than one record in twenty is cut off. A longer limit costs time only for the records that are
            long: Verbena packs sequences without padding. Under Training, “Long texts: in segments” has XLNet
            read a long text piece by piece, with memory.
          </p>
        </Note>
      )}
      <Plot
        name="Token lengths"
        summary={sentence}
        data={data}
        layout={layout}
        height={260}
        table={() => ({
          header: ['from tokens', 'to tokens', 'records'],
          rows: bins.counts.map((count, i) => [i * bins.width, (i + 1) * bins.width - 1, count]),
        })}
      />
    </>
  );
}
