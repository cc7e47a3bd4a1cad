import { Split as SplitIcon } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import type { Data } from 'plotly.js';
import { splitParts, type SplitPart } from '../../../core/split/split.ts';
import { formatCount, formatPercent, formatPoints, plural } from '../../../notebook/format.ts';
import { paperValues } from '../../../notebook/parameters.ts';
import { fractionsOf } from '../../../notebook/trainingData.ts';
import type { CorpusSummary } from '../../../services/corpus/contract.ts';
import { useParameters, useResult, useSession } from '../../hooks.ts';
import { lacksRecords } from '../../lacks.ts';
import { CellFrame } from '../../ui/CellFrame.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { Figure, FigureRow } from '../../ui/Figure.tsx';
import { NumberField, Select } from '../../ui/fields.tsx';
import { SliderField } from '../../ui/SliderField.tsx';
import { EmptyState, Note } from '../../ui/panels.tsx';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import { logTicks, type PlotColors } from '../../ui/plotTheme.ts';
import type { LabelsSummary } from '../labels/summary.ts';
import type { SplitSummary } from './task.ts';

const partNames: Readonly<Record<SplitPart, string>> = {
  train: 'Training',
  validation: 'Validation',
  test: 'Test',
};

/** Deals the kept records into training, validation and test so that every label keeps its share. */
export function SplitCell() {
  const [split, change] = useParameters('split');
  const result = useResult('split');
  const labels = useResult('labels');
  const hasData = useSession((state) => state.labelTable !== null);
  const corpus = useSession((state) => state.corpus);
  const kept = labels ? (labels.summary as unknown as LabelsSummary).recordsKept : 0;
  const summary = result ? (result.summary as unknown as SplitSummary) : null;
  const articles = corpus && articlesOf(corpus);
  const { train } = fractionsOf(split);
  const shares = [train, split.validation, split.test].map((share) => Math.round(share * 100)).join(' / ');

  return (
    <CellFrame
      cell="split"
      title="Split"
      purpose="Deals the kept records into training, validation and test rows, so that each part holds every label in the same share. Same seed, same split."
      controls={
        <>
          <SliderField
            label="Validation share"
            value={split.validation}
            min={0}
            max={0.4}
            step={0.01}
            isShare
            onChange={(validation) => change({ validation })}
          />
          <SliderField
            label="Test share"
            value={split.test}
            min={0.01}
            max={0.5}
            step={0.01}
            isShare
            onChange={(test) => change({ test })}
            paper={{ value: paperValues.test, text: formatPercent(paperValues.test, 0) }}
          />
          <NumberField
            label="Seed"
            value={split.seed}
            min={0}
            max={0xffff_ffff}
            step={1}
            format={{ useGrouping: false }}
            onChange={(seed) => change({ seed })}
          />
          <Select
            label="Kept in one part"
            value={split.groupArticles ? 'articles' : split.groupDuplicates ? 'copies' : 'nothing'}
            onChange={(value) =>
              change({
                groupDuplicates: value !== 'nothing',
                groupArticles: value === 'articles' ? true : undefined,
              })
            }
            options={[
              {
                value: 'copies',
                label: 'Copies of a text',
                description:
                  corpus && corpus.duplicateRows > 0
                    ? `${plural(corpus.duplicateRows, 'duplicate')}: none is trained on and tested with.`
                    : 'No text is trained on and tested with.',
              },
              {
                value: 'articles',
                label: 'Rows of an article',
                description: articles
                  ? `${plural(articles, 'article')}: the test asks about articles never seen.`
                  : 'Nothing in this data says which rows are of one article; copies are kept together.',
              },
              { value: 'nothing', label: 'Nothing', description: 'Each row for itself.' },
            ]}
            width={200}
          />
        </>
      }
      primary={{
        label: kept > 0 ? `Split ${plural(kept, 'record')} ${shares}` : 'Split the records',
        lacks: lacksRecords(hasData, kept),
      }}
    >
      {!summary && (
        <EmptyState icon={SplitIcon} title="Not split yet">
          <p>
            <strong>In:</strong> kept records and their labels. <strong>Out:</strong> three lists of rows, and
            how evenly each label fell. The paper names no split; 80 / 20 is its most likely reading.
          </p>
        </EmptyState>
      )}
      {summary && articles && !split.groupArticles && (
        <Note tone="warn">
          <p>
            The {plural(corpus.rowCount, 'row')} are of {plural(articles, 'article')}, and rows of one article
            share their labels. In this split a model may know a test row’s article from its training rows:
            scores are of known articles, and higher than on new ones. “Rows of an article” keeps them apart.
          </p>
        </Note>
      )}
      {summary && <Report summary={summary} />}
    </CellFrame>
  );
}

/** Articles, where several rows are of one; null else. */
function articlesOf({ articles, rowCount }: CorpusSummary): number | null {
  return articles !== undefined && articles < 0.95 * rowCount ? articles : null;
}

interface ReportRow {
  readonly label: string;
  readonly total: number;
  readonly train: number;
  readonly validation: number;
  readonly test: number;
  /** Largest |share − wanted| over the parts. */
  readonly deviation: number;
}

const columns: readonly Column<ReportRow>[] = [
  { id: 'label', header: 'Label', value: ({ label }) => label, width: 'minmax(160px, 3fr)' },
  { id: 'total', header: 'Records', value: ({ total }) => total },
  ...splitParts.map((part): Column<ReportRow> => ({
    id: part,
    header: partNames[part],
    value: (row) => row[part],
  })),
  {
    id: 'deviation',
    header: 'Off by',
    value: ({ deviation }) => deviation,
    format: (value) => formatPoints(value),
  },
];

function Report({ summary }: { readonly summary: SplitSummary }) {
  const { rows, fractions, meanDeviation, worst, missing, labels } = summary;
  const total = rows.train + rows.validation + rows.test;
  const lines = useMemo(
    () =>
      labels.map((line): ReportRow => {
        const all = line.train + line.validation + line.test;
        const deviation = Math.max(
          ...splitParts.map((part) => Math.abs(line[part] / Math.max(1, all) - fractions[part])),
        );
        return { ...line, total: all, deviation };
      }),
    [labels, fractions],
  );
  const sentence = worst
    ? `Label shares are off by ${formatPoints(meanDeviation)} on average; the worst is “${worst.label}” in ${worst.part}, by ${formatPoints(worst.deviation)}.`
    : 'No labels.';

  const data = useCallback(
    (colors: PlotColors): Data[] =>
      splitParts
        .filter((part) => fractions[part] > 0)
        .map((part, at) => ({
          type: 'scatter',
          mode: 'markers',
          name: partNames[part],
          x: lines.map((line) => line.total),
          y: lines.map((line) => (line[part] / Math.max(1, line.total) - fractions[part]) * 100),
          text: lines.map(({ label }) => escapeHtml(label)),
          hovertemplate: `<b>%{text}</b><br>${partNames[part].toLowerCase()} %{y:+.2f} points<extra></extra>`,
          marker: {
            color: colors.categories[at] as string,
            size: 7,
            symbol: ['circle', 'diamond', 'square'][at] as string,
            opacity: 0.8,
          },
        })),
    [lines, fractions],
  );
  const layout = useCallback(() => {
    const totals = lines.map((line) => line.total);
    const [low, high] = [Math.max(1, Math.min(1e9, ...totals) / 1.3), Math.max(10, ...totals) * 1.3];
    return {
      margin: { t: 36 },
      xaxis: {
        type: 'log' as const,
        title: { text: 'Records of the label' },
        // As the ticks: of labels that are equally frequent plotly's own range holds none of them.
        range: [Math.log10(low), Math.log10(high)],
        ...logTicks(low, high),
      },
      yaxis: { title: { text: 'Share against wanted (points)' }, zeroline: true },
    };
  }, [lines]);

  return (
    <>
      <FigureRow>
        {splitParts.map((part) => (
          <Figure
            key={part}
            label={partNames[part]}
            value={formatCount(rows[part])}
            unit="rows"
            baseline={`${formatPercent(rows[part] / Math.max(1, total))}, asked ${formatPercent(fractions[part], 0)}`}
          />
        ))}
        <Figure
          label="Label shares off by"
          term="stratified"
          value={formatPoints(meanDeviation)}
          baseline={worst ? `worst ${formatPoints(worst.deviation)}` : ''}
        />
      </FigureRow>
      {missing > 0 && (
        <Note tone="warn">
          <p>
            {plural(missing, 'label')} with too few records to stand in every part: scores on that part say
            nothing of them. A higher label threshold removes them.
          </p>
        </Note>
      )}
      <Plot
        name="How evenly each label fell"
        summary={sentence}
        data={data}
        layout={layout}
        height={280}
        table={() => ({
          header: ['label', 'records', ...splitParts],
          rows: lines.map((line) => [line.label, line.total, line.train, line.validation, line.test]),
        })}
      />
      <DataTable
        name="Labels by part"
        summary={sentence}
        rows={lines}
        columns={columns}
        getKey={({ label }) => label}
        initialSort={{ column: 'deviation', direction: 'descending' }}
        searchable
        maxHeight={304}
      />
    </>
  );
}
