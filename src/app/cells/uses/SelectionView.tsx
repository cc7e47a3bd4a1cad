import type { Data } from 'plotly.js';
import { FileDown } from 'lucide-react';
import { useCallback, useMemo } from 'react';
import { formatCount, formatNumber, formatPercent } from '../../../notebook/format.ts';
import { fileStem, saveFile } from '../../files.ts';
import { Button } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { escapeHtml, Plot } from '../../ui/Plot.tsx';
import type { PlotColors } from '../../ui/plotTheme.ts';
import { jsonLines, type ChosenRow, type Selection, type SystemOutcome, type UseNumbers } from './store.ts';

/** Categories drawn: beyond these, bars are lines. */
const shownCategories = 60;

/** Merged categories by their first pair: the whole name is in the hover and the table. */
function shortened(category: string): string {
  const [first = '', ...merged] = category.split('##');
  return `${first.length > 22 ? `${first.slice(0, 21)}…` : first}${merged.length > 0 ? ' +' : ''}`;
}

/** The texts that stand for all, how their categories are spread, and how systems do on them. */
export function SelectionView(props: { readonly numbers: UseNumbers; readonly selection: Selection | null }) {
  const { numbers, selection } = props;
  return (
    <>
      {selection && <Spread selection={selection} />}
      <Systems numbers={numbers} />
      {selection && <ChosenTable selection={selection} numbers={numbers} />}
    </>
  );
}

function Spread({ selection }: { readonly selection: Selection }) {
  const shown = useMemo(() => selection.shares.slice(0, shownCategories), [selection]);
  const data = useCallback(
    (colors: PlotColors): Data[] => [
      {
        type: 'bar',
        name: 'all texts',
        x: shown.map((_, i) => i),
        text: shown.map(({ category }) => escapeHtml(category)),
        y: shown.map(({ whole }) => 100 * whole),
        marker: { color: colors.hairline },
        textposition: 'none',
        hovertemplate: '%{text}: %{y:.2f} % of all<extra></extra>',
      },
      {
        type: 'scatter',
        mode: 'markers',
        name: 'chosen',
        x: shown.map((_, i) => i),
        text: shown.map(({ category }) => escapeHtml(category)),
        y: shown.map(({ part }) => 100 * part),
        cliponaxis: false,
        marker: { color: colors.accent, size: 7 },
        hovertemplate: '%{text}: %{y:.2f} % of the chosen<extra></extra>',
      },
    ],
    [shown],
  );
  const layout = useCallback(
    () => ({
      // From zero up: markers alone would push the axis below the bars.
      yaxis: {
        tickformat: '.1~f',
        ticksuffix: ' %',
        title: { text: 'Share of texts' },
        range: [0, 108 * shown.reduce((most, { whole, part }) => Math.max(most, whole, part), 0.01)],
      },
      xaxis: {
        tickmode: 'array' as const,
        tickvals: shown.map((_, i) => i),
        ticktext: shown.map(({ category }) => escapeHtml(shortened(category))),
        tickangle: -60,
        tickfont: { size: 10 },
        automargin: true,
        showgrid: false,
      },
      margin: { t: 28, l: 64 },
    }),
    [shown],
  );
  const missed = selection.shares.filter(({ part }) => part === 0).length;
  return (
    <Plot
      name="Categories, all against chosen"
      summary={`${missed === 0 ? 'Every category is among the chosen' : `${formatCount(missed)} of ${formatCount(selection.shares.length)} categories are not among the chosen`}${shown.length < selection.shares.length ? `; the ${formatCount(shown.length)} largest are drawn` : ''}.`}
      data={data}
      layout={layout}
      height={320}
      table={() => ({
        header: ['category', 'share of all', 'share of chosen'],
        rows: selection.shares.map(({ category, whole, part }) => [category, whole, part]),
      })}
    />
  );
}

function Systems({ numbers }: { readonly numbers: UseNumbers }) {
  const { systems, ranking } = numbers;
  if (systems.length < 2) return null;
  const isOwn = systems.some(({ name }) => name.startsWith('Nearest neighbour by '));
  return (
    <DataTable
      name="Systems on all texts and on the chosen"
      summary={`${isOwn ? 'Accuracy of naming a text’s category' : 'Mean of the loaded scores'}. Means of the chosen, weighted by cluster, miss those of all by ${formatNumber(ranking.error, 2)} (random choices: ${formatNumber(ranking.randomError, 2)}).`}
      rows={systems}
      columns={systemColumns as Column<SystemOutcome>[]}
      getKey={({ name }) => name}
      initialSort={{ column: 'whole', direction: 'descending' }}
    />
  );
}

const score = (value: number) => formatNumber(value, 3);

const systemColumns: readonly Column<SystemOutcome>[] = [
  { id: 'name', header: 'System', value: ({ name }) => name, width: 'minmax(200px, 4fr)' },
  { id: 'whole', header: 'All texts', value: ({ whole }) => whole, format: score, width: '100px' },
  { id: 'part', header: 'Chosen', value: ({ part }) => part, format: score, width: '100px' },
  { id: 'random', header: 'At random', value: ({ random }) => random, format: score, width: '100px' },
];

const columns: readonly Column<ChosenRow>[] = [
  { id: 'text', header: 'Text', value: ({ text }) => text, width: 'minmax(240px, 5fr)' },
  { id: 'category', header: 'Category', value: ({ category }) => category, width: 'minmax(140px, 2fr)' },
  { id: 'weight', header: 'Stands for', value: ({ score }) => score, width: '96px', format: formatCount },
];

function ChosenTable({
  selection,
  numbers,
}: {
  readonly selection: Selection;
  readonly numbers: UseNumbers;
}) {
  return (
    <DataTable
      name="Chosen texts"
      summary={`${formatCount(selection.rows.length)} texts, ${formatPercent(selection.rows.length / numbers.available, 1)} of all, each nearest to the centre of its cluster.`}
      rows={selection.rows}
      columns={columns as Column<ChosenRow>[]}
      getKey={({ row }) => row}
      searchable
      tools={
        <Button
          icon={FileDown}
          tip="id, text, category and how many rows it stands for, one JSON object a line"
          onPress={() =>
            saveFile(
              jsonLines(selection.rows, 'weight'),
              `${fileStem(`chosen ${numbers.embedding}`)}.jsonl`,
              'application/x-ndjson',
            )
          }
        >
          Save .jsonl
        </Button>
      }
    />
  );
}
